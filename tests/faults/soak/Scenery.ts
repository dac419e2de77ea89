/** Where a group is to go at the beginning, and again in the end. */
export const home = "1"
export const levels = ["1", "2", "12", "none"]
export const groups = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]

/** The environment variable that tells what an entry's process was started as. */
export const entryName = "SOAK_ENTRY"

/**
 * Six entries in each of ten groups; what comes after an edit has another generation. Those that crash do so more than
 * a second apart, so that the throttle never holds them up for its minute.
 */
export const lines = (generations: ReadonlyMap<string, number>): ReadonlyArray<string> =>
  groups.flatMap((group, index) => {
    const entry = (name: string, levels: string, mode: string, command: string) => {
      const tag = group + name
      return `${group}:${tag}:${levels}:${mode}:${entryName}=${tag}@${generations.get(group) ?? 0} ${command}`
    }
    return [
      entry("wait", "12", "wait", "sh -c 'exit 0'"),
      entry("stay", "12", "respawn", "sleep 100000"),
      entry("crash", "1", "respawn", `sh -c 'sleep ${(1.05 + index / 20).toFixed(2)}; exit 1'`),
      entry("tree", "2", "respawn", "sh -c 'setsid -f sleep 100000; exec sleep 100000'"),
      entry("test", "12", "test", `sh -c 'exit ${index % 2}'`),
      entry("once", "2", "once", "sh -c 'sleep 0.2; echo said something'")
    ]
  })
