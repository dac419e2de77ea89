import * as fs from "node:fs/promises"

/** The programs that can be executed without waiting for anything but this machine. */
export interface LocalPrograms {
  /**
   * Whether this is known to be one, looked for in these directories unless it is a path. Who asks for the first time, or
   * for the first time in a while, is told no, and has it looked at.
   */
  readonly has: (program: string, path: string | undefined) => boolean
}

/** Starts that come in a burst share one look. */
const knownMillis = 10_000

/** Of statfs(2), from linux/magic.h: ext, XFS, Btrfs, F2FS, ZFS, tmpfs, overlay, SquashFS, EROFS and ramfs. */
const localFileSystems = new Set([
  0xef53,
  0x58465342,
  0x9123683e,
  0xf2f52010,
  0x2fc12fc1,
  0x01021994,
  0x794c7630,
  0x73717368,
  0xe0f5e1e2,
  0x858458f6
])

const isLocal = async (path: string) => localFileSystems.has((await fs.statfs(path)).type >>> 0)

const elf = "\x7fELF"

/** Whether the file is a program for the kernel: of a script, the interpreter may be anywhere. */
const isBinary = async (file: string) => {
  const handle = await fs.open(file)
  try {
    return (await handle.read(Buffer.alloc(elf.length), 0, elf.length, 0)).buffer.toString("latin1") === elf
  } finally {
    await handle.close()
  }
}

const isThere = (file: string) => fs.access(file, fs.constants.X_OK).then(() => true, () => false)

/** Whether execvp(3) meets none but local file systems on its way to the program. */
const find = async (program: string, path: string | undefined) => {
  if (program.includes("/")) {
    return program.startsWith("/") && await isLocal(program) && await isBinary(program)
  }
  for (const directory of path?.split(":") ?? []) {
    if (!directory.startsWith("/")) return false
    const file = `${directory}/${program}`
    if (await isThere(file)) return await isLocal(file) && await isBinary(file)
    if (!await isLocal(directory).catch(() => true)) return false
  }
  return false
}

/** At most so many are known at a time. */
const most = 1_000

export const make = (): LocalPrograms => {
  const known = new Map<string, { readonly is: boolean; readonly until: number }>()
  /** What hangs keeps one of Node's few threads for files: only one. */
  let isLooking = false
  return {
    has: (program, path) => {
      const key = program.includes("/") ? program : `${program}\n${path}`
      const now = performance.now()
      const found = known.get(key)
      if (found !== undefined && now < found.until) return found.is
      if (!isLooking) {
        isLooking = true
        void find(program, path).catch(() => false).then((is) => {
          isLooking = false
          if (known.size >= most) known.clear()
          known.set(key, { is, until: performance.now() + knownMillis })
        })
      }
      return false
    }
  }
}
