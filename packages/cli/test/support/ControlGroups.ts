import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, rmdirSync } from "node:fs"

/** Where the control group is that this process is in, if there are any of version 2. */
export const own = (): string | undefined => {
  if (!existsSync("/proc/self/cgroup")) return undefined
  const group = /^0::(\/.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1]
  const mount = /^\S+ (\S+) cgroup2 /m.exec(readFileSync("/proc/mounts", "utf8"))?.[1]
  return group === undefined || mount === undefined ? undefined : `${mount}${group === "/" ? "" : group}`
}

/** The directory of all control groups of the daemon at this socket, whether it is there or not. */
export const base = (socket: string): string =>
  `${own()}/clinit-${createHash("sha256").update(socket).digest("hex").slice(0, 16)}`

const below = (directory: string): ReadonlyArray<string> =>
  children(directory).flatMap((child) => [child, ...below(child)])

const children = (directory: string): ReadonlyArray<string> => {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${directory}/${entry.name}`)
  } catch {
    return [] // it was removed a moment ago
  }
}

/** Those that are there, each before those below it. */
export const of = (socket: string): ReadonlyArray<string> =>
  existsSync(base(socket)) ? [base(socket), ...below(base(socket))] : []

/** Removes them all; those in which somebody is who was killed, as soon as he is quite gone. */
export const remove = (socket: string): void => {
  for (const directory of of(socket).toReversed()) removeSoon(directory)
}

const removeSoon = (directory: string): void => {
  for (let attempts = 0; attempts < 100; attempts++) {
    try {
      return rmdirSync(directory)
    } catch {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    }
  }
}
