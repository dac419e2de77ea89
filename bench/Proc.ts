import { readdirSync, readFileSync } from "node:fs"

const read = (file: string): string => {
  try {
    return readFileSync(file, "latin1")
  } catch {
    return "" // it ended while we were looking
  }
}

const names = (directory: string): ReadonlyArray<string> => {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

export const pids = (): ReadonlyArray<number> =>
  names("/proc").filter((name) => /^\d+$/.test(name)).map(Number)

/** The words of its command line; none of a zombie. */
export const words = (pid: number): ReadonlyArray<string> =>
  read(`/proc/${pid}/cmdline`).split("\0").slice(0, -1)

/** The value of the variable in its environment as it was started; nothing of a zombie. */
export const variable = (pid: number, name: string): string | undefined =>
  read(`/proc/${pid}/environ`).split("\0").find((text) => text.startsWith(`${name}=`))?.slice(name.length + 1)

const parent = (pid: number): number => {
  const stat = read(`/proc/${pid}/stat`)
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1])
}

/** All that descend from the process, in no order. */
export const descendants = (root: number): ReadonlyArray<number> => {
  const children = Map.groupBy(pids(), parent)
  const found: Array<number> = []
  const visit = (pid: number) =>
    children.get(pid)?.forEach((child) => {
      found.push(child)
      visit(child)
    })
  visit(root)
  return found
}

const sum = (values: ReadonlyArray<number>) => values.reduce((one, other) => one + other, 0)

/** What all threads of these processes have used since they began: milliseconds on a processor, and how often they were put on one. */
export const use = (
  pids: ReadonlyArray<number>
): { readonly cpuMillis: number; readonly switches: number } => {
  const threads = pids.flatMap((pid) =>
    names(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`)
  )
  return {
    cpuMillis: sum(threads.map((thread) => Number(read(`${thread}/schedstat`).split(" ")[0]) / 1e6)),
    switches: sum(
      threads.flatMap((thread) =>
        [...read(`${thread}/status`).matchAll(/ctxt_switches:\s+(\d+)/g)].map(([, count]) => Number(count))
      )
    )
  }
}

/** The memory of these processes in MiB: their share of it, what is nobody else's file, and all that is mapped. */
export const memory = (pids: ReadonlyArray<number>) => {
  const rollups = pids.map((pid) => read(`/proc/${pid}/smaps_rollup`))
  const mebibytes = (field: string) =>
    sum(rollups.map((text) => Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0) / 1024))
  return { pss: mebibytes("Pss"), anonymous: mebibytes("Anonymous"), rss: mebibytes("Rss") }
}
