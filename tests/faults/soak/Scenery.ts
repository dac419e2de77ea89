import * as os from "node:os"

/** Where a group is to go at the beginning, and again in the end. */
export const home = "1"
export const levels = ["1", "2", "12", "none"]
export const groups = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]

/** The environment variable that tells what an entry's process was started as. */
export const entryName = "SOAK_ENTRY"

const isRoot = process.geteuid?.() === 0

/** Each group's processes when it is at its first level and none of the crashers is between two lives. */
export const lastingEntries = 4
/** A logger, and the child of the crasher's shell. */
export const lastingCompanions = 2

/**
 * Eight entries in each of ten groups, one with a logger and two that are set up by a chain of programs; what comes after an edit has another generation. Those that crash do so more than
 * a second apart, so that the throttle never holds them up for its minute.
 */
export const lines = (generations: ReadonlyMap<string, number>): ReadonlyArray<string> =>
  groups.flatMap((group, index) => {
    const entry = (name: string, levels: string, mode: string, command: string) => {
      const tag = group + name
      return `${group}:${tag}:${levels}:${mode}:${entryName}=${tag}@${generations.get(group) ?? 0} ${command}`
    }
    const setting = (name: string, setting: string) => `:::${group}/${group}${name}/${setting}`
    return [
      entry("log", "12", "respawn", "sleep 100000"),
      setting("log", "output:pipe:exec cat > /dev/null"),
      setting("log", "stop:TERM 5s, KILL"),
      entry("set", "1", "respawn", "sleep 100000"),
      setting("set", `nice:${os.getPriority() + 1 + index % 5}`),
      setting("set", "limit.nofile:256"),
      setting("set", "umask:027"),
      setting("set", `env.SOAK_GENERATION:${generations.get(group) ?? 0}`),
      ...(isRoot ? [setting("set", "user:nobody")] : []),
      setting("wait", "limit.core:0"),
      setting("wait", "timeout:30s"),
      entry("wait", "12", "wait", "sh -c 'exit 0'"),
      entry("stay", "12", "respawn", "sleep 100000"),
      entry("crash", "1", "respawn", `sh -c 'sleep ${(1.05 + index / 20).toFixed(2)}; exit 1'`),
      entry("tree", "2", "respawn", "sh -c 'setsid -f sleep 100000; exec sleep 100000'"),
      entry("test", "12", "test", `sh -c 'exit ${index % 2}'`),
      entry("once", "2", "once", "sh -c 'sleep 0.2; echo said something'")
    ]
  })
