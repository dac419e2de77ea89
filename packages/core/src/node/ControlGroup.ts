import { createHash } from "node:crypto"
import * as fs from "node:fs"
import type { Mark } from "../Spawner.ts"

// Control groups of version 2, see cgroups(7) and the kernel's Documentation/admin-guide/cgroup-v2.rst.

const unescaped = (text: string) =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))

/** Where control groups are mounted, and which of them is there; the fields of /proc/self/mountinfo that say so. */
export interface Mount {
  readonly root: string
  readonly directory: string
}

/** The mounts of the unified hierarchy, as /proc/self/mountinfo lists them; see proc_pid_mountinfo(5). */
export const mounts = (mountinfo: string): ReadonlyArray<Mount> =>
  mountinfo.split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ")
    const [, , , root, directory] = before.split(" ")
    return after.startsWith("cgroup2 ") && root !== undefined && directory !== undefined
      ? [{ root: unescaped(root), directory: unescaped(directory) }]
      : []
  })

/** The control group of a process in the unified hierarchy, as /proc/PID/cgroup has it. */
export const ownOf = (cgroup: string): string | undefined => /^0::(\/.*)$/m.exec(cgroup)?.[1]

const isPlain = (directory: string) =>
  directory.startsWith("/") && directory.slice(1).split("/").every((part) => !["", ".", ".."].includes(part))

/** The directory of a control group below the mount, or nothing if it is not there. */
export const directoryOf = ({ directory, root }: Mount, group: string): string | undefined => {
  if (root !== "/" && group !== root && !group.startsWith(`${root}/`)) return undefined
  const below = root === "/" ? group : group.slice(root.length)
  const path = below === "/" ? directory : `${directory}${below}`
  return isPlain(path) ? path : undefined
}

const longest = 200

/**
 * A directory name for the word, different for different words, of characters that mean nothing to a shell or to the
 * kernel.
 */
export const nameFor = (word: string): string => {
  const name = word.replace(
    /[^A-Za-z0-9._-]|^\.|^(?=cgroup\.)/gu,
    (character) => `%${(character.codePointAt(0) ?? 0).toString(16)}.`
  )
  return name.length <= longest
    ? name
    : `${name.slice(0, longest - 33)}%${createHash("sha256").update(word).digest("hex").slice(0, 32)}`
}

/** The directory of all trees of the daemon with this name, below the daemon's own control group. */
export const baseIn = (own: string, name: string): string => `${own}/clinit-${nameFor(name)}`

/**
 * The directory of all trees for a daemon in the control group `own`. One that was started by a process of such a
 * tree takes the base of that tree, so that no tree is in another.
 */
export const baseAround = (own: string, name: string): string => {
  const base = baseIn("", name)
  const at = own.indexOf(`${base}/`)
  return at < 0 ? baseIn(own, name) : own.slice(0, at + base.length)
}

/** The directory of the tree with this mark, which it does not tell: who knows a mark can pass for one of the tree. */
export const treeIn = (base: string, mark: Mark): string =>
  `${base}/${createHash("sha256").update(mark).digest("hex").slice(0, 32)}`

/** The directory of a tree whose mark nobody knows yet, by a word of 32 hexadecimal digits that nobody can tell. */
export const spareIn = (base: string, word: string): string => `${base}/p${word}`

const spareName = /^p[0-9a-f]{32}$/

/**
 * Whether a directory that was recorded is one that we would have made for this mark, wherever below the mount, or one
 * that we had made before there was the mark.
 */
export const isTreeOf = (directory: string, mount: Mount, name: string, mark: Mark): boolean => {
  const base = baseIn("", name)
  const at = directory.lastIndexOf("/")
  return isPlain(directory) && directory.startsWith(`${mount.directory}/`) && mark !== "" &&
    (directory.endsWith(treeIn(base, mark)) ||
      (spareName.test(directory.slice(at + 1)) && directory.slice(0, at).endsWith(base)))
}

/** Whether a control group is this one or below it. */
export const isWithin = (directory: string, ancestor: string): boolean =>
  directory === ancestor || directory.startsWith(`${ancestor}/`)

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code

const isGone = (error: unknown) => codeOf(error) === "ENOENT" || codeOf(error) === "ENODEV"

/** Makes that of all trees, if it is not there yet. */
export const makeBase = (base: string): void => {
  try {
    fs.mkdirSync(base)
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error
  }
}

/** Makes it; one that is there already, and has no process, will do. */
export const make = (directory: string): void => {
  try {
    fs.mkdirSync(directory)
  } catch (error) {
    if (codeOf(error) !== "EEXIST" || isPopulated(directory)) throw error
  }
}

/**
 * Whether a live process is in it or in one below it. One that is gone has none. Throws if that cannot be told.
 */
export const isPopulated = (directory: string): boolean => {
  try {
    return !/^populated 0$/m.test(fs.readFileSync(`${directory}/cgroup.events`, "utf8"))
  } catch (error) {
    if (isGone(error)) return false
    throw error
  }
}

/** The links of a directory that has none below it: its name and its own `.`. Some file systems do not count. */
const linksOfOne = 2

/** Those directly below it. Throws if they cannot be told. */
export const below = (directory: string): ReadonlyArray<string> => {
  try {
    if (fs.statSync(directory).nlink === linksOfOne) return []
    return fs.readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${directory}/${entry.name}`)
  } catch (error) {
    if (isGone(error)) return []
    throw error
  }
}

const direct = (directory: string): ReadonlyArray<number> => {
  try {
    // 0 stands for a process of another pid namespace.
    return fs.readFileSync(`${directory}/cgroup.procs`, "utf8").split("\n").map(Number).filter((pid) =>
      pid > 1
    )
  } catch (error) {
    // A threaded one has no processes of its own: they are the next domain's above it.
    if (isGone(error) || codeOf(error) === "EOPNOTSUPP") return []
    throw error
  }
}

/** The pids of all processes in it and in those below it. Throws if they cannot be told. */
export const members = (directory: string): ReadonlyArray<number> => [
  ...new Set([...direct(directory), ...below(directory).flatMap(members)])
]

/**
 * Kills every process in it and below it, also those that are being forked. Throws if that cannot be done: kernels can
 * from 5.14 on.
 */
export const kill = (directory: string): void => {
  // Its owner may only write it.
  const file = fs.openSync(`${directory}/cgroup.kill`, fs.constants.O_WRONLY)
  try {
    fs.writeSync(file, "1")
  } finally {
    fs.closeSync(file)
  }
}

/** Removes it, unless there are processes in it or others below it. */
export const removeIfEmpty = (directory: string): void => {
  try {
    fs.rmdirSync(directory)
  } catch {
    // it stays
  }
}

/** Removes it with those below it; whether it is gone. Processes in one of them keep it. */
export const remove = (directory: string): boolean => {
  const attempt = () => {
    try {
      fs.rmdirSync(directory)
      return true
    } catch (error) {
      return isGone(error)
    }
  }
  try {
    return attempt() || (!isPopulated(directory) && below(directory).every(remove) && attempt())
  } catch {
    return false
  }
}

/**
 * What to put before a script of a shell so that the shell moves into the control group first, and ends with 126 if
 * it is not let in. It adds no line, and the script's end stays the end.
 */
export const entrance = (directory: string): string =>
  `echo 0 >'${directory.replaceAll("'", String.raw`'\''`)}/cgroup.procs'||exit 126;`

/**
 * The directory of the tree with this mark in which a process with this control group's directory is, if it is. One that
 * was made before there was a mark is that of the processes' innermost mark.
 */
export const treeAround = (
  directory: string,
  name: string,
  mark: Mark,
  isInnermost: boolean
): string | undefined => {
  const base = baseIn("", name)
  const tree = treeIn(base, mark)
  const at = `${directory}/`.indexOf(`${tree}/`)
  if (at >= 0) return directory.slice(0, at + tree.length)
  const baseAt = isInnermost ? directory.indexOf(`${base}/p`) : -1
  if (baseAt < 0) return undefined
  const [word = ""] = directory.slice(baseAt + base.length + 1).split("/")
  return spareName.test(word) ? directory.slice(0, baseAt + base.length + 1 + word.length) : undefined
}
