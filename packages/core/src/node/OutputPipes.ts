import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import * as path from "node:path"
import { promisify } from "node:util"
import { cleanPath } from "../ProgramSearch.ts"
import * as OpenFiles from "./OpenFiles.ts"

/** A pipe that stays open whoever reads or writes it: what was written and not read waits for the next reader. */
export interface OutputPipe {
  /** A new descriptor to read from. It is at the end of its input when the pipe is closed and nobody else can write. */
  readonly reader: () => number
  /** A new descriptor to write to. */
  readonly writer: () => number
  readonly close: () => void
}

/** The pipes of one daemon: files in a directory, so that a daemon that comes after a killed one finds them again. */
export interface OutputPipes {
  /** The pipe with this name, made if it is not there. Fails if what is there is not ours alone. */
  readonly open: (name: string) => Promise<OutputPipe>
  /** Removes the directory with the pipes that a daemon which was killed may have left in it. */
  readonly end: () => void
}

const ours = (what: string, stat: fs.Stats, isKind: boolean) => {
  if (!isKind || stat.uid !== process.geteuid?.() || (stat.mode & 0o077) !== 0) {
    throw new Error(`${what} is not ours alone: remove it`)
  }
}

const prepare = (directory: string) => {
  try {
    fs.mkdirSync(directory, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
  }
  const stat = fs.lstatSync(directory)
  ours(directory, stat, stat.isDirectory())
}

const run = promisify(execFile)

// Names of groups and tags may be longer than those of files, and have slashes.
const fileOf = (directory: string, name: string) =>
  path.join(directory, createHash("sha256").update(name).digest("hex").slice(0, 32))

const isFile = (name: string): boolean => /^[0-9a-f]{32}$/.test(name)

const open = (file: string): OutputPipe => {
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = fs.constants
  // Both ends at once: neither opening one nor losing the last reader ever blocks or kills anybody.
  const hold = fs.openSync(file, O_RDWR | O_NOFOLLOW | O_NONBLOCK)
  try {
    const stat = fs.fstatSync(hold)
    ours(file, stat, stat.isFIFO())
  } catch (error) {
    fs.closeSync(hold)
    throw error
  }
  let isOpen = true
  // By way of the descriptor where that can be: the file may have been removed meanwhile.
  const again = (flags: number) => {
    try {
      return fs.openSync(`/proc/self/fd/${hold}`, flags)
    } catch {
      return fs.openSync(file, flags | O_NOFOLLOW)
    }
  }
  return {
    reader: () => again(O_RDONLY),
    writer: () => again(O_WRONLY),
    close() {
      if (!isOpen) return
      isOpen = false
      fs.closeSync(hold)
      fs.rmSync(file, { force: true })
    }
  }
}

/** The pipes in this directory, which is made, for its owner alone, with the first of them. */
export const make = (directory: string): OutputPipes => ({
  async open(name) {
    prepare(directory)
    const file = fileOf(directory, name)
    if (!fs.existsSync(file)) {
      OpenFiles.ensureRoomForPipes()
      await run("mkfifo", ["-m", "600", "--", file], { env: { PATH: cleanPath } })
    }
    return open(file)
  },
  end() {
    try {
      for (const file of fs.readdirSync(directory)) {
        if (isFile(file)) fs.rmSync(path.join(directory, file), { force: true })
      }
      fs.rmdirSync(directory)
    } catch {
      // It was never there, or somebody keeps something in it.
    }
  }
})
