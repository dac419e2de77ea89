import type { Stats } from "node:fs"
import * as fs from "node:fs/promises"
import { crc32 } from "node:zlib"
import * as ReplacedFile from "./ReplacedFile.ts"

/** A file that is replaced as a whole, or added to; for one writer at a time. */
export interface JournalFile extends ReplacedFile.Restored {
  /** Makes this the content, as `ReplacedFile` does. */
  readonly replace: (content: Uint8Array) => Promise<void>
  /**
   * Adds the bytes to what was replaced last; false, and nothing is written, unless that is still at its place, for the owner
   * only, and as long as it was. After an error a part of them may be there, and nothing more is added.
   */
  readonly append: (content: Uint8Array) => Promise<boolean>
}

const isSame = (a: Stats, b: Stats) => a.ino === b.ino && a.dev === b.dev

/**
 * The file at this path. What was written last stays open, so that it can be written again though somebody removed it, and
 * need not be kept in memory for that; unless it is no longer what was written.
 */
export const make = (file: string, mode: number): JournalFile => {
  const replaced = ReplacedFile.make(file, mode)
  /** With the length and the checksum of all that was written. */
  let open: { readonly handle: fs.FileHandle; length: number; sum: number } | undefined

  const letGo = async () => {
    const before = open
    open = undefined
    await before?.handle.close().catch(() => {}) // all that matters was written
  }

  const replace = async (content: Uint8Array) => {
    const handle = await replaced.replaceOpen(content)
    await letGo()
    open = { handle, length: content.length, sum: crc32(content) }
  }

  const isSound = async ({ handle, length }: NonNullable<typeof open>) => {
    const ours = await handle.stat()
    if (ours.size !== length || ours.uid !== process.geteuid?.() || (ours.mode & 0o777 & ~mode) !== 0) {
      return false
    }
    return fs.lstat(file).then((there) => isSame(there, ours), () => false)
  }

  const content = async ({ handle, length }: NonNullable<typeof open>) => {
    const bytes = Buffer.alloc(length)
    const { bytesRead } = await handle.read(bytes, 0, length, 0)
    return bytes.subarray(0, bytesRead)
  }

  return {
    replace,
    async append(bytes) {
      const present = open
      if (present === undefined || !await isSound(present)) return false
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await present.handle.write(
          bytes,
          done,
          bytes.length - done,
          present.length + done
        )
        done += bytesWritten
      }
      present.length += bytes.length
      present.sum = crc32(bytes, present.sum)
      return true
    },
    async restore() {
      if (open === undefined || await ReplacedFile.exists(file)) return
      const bytes = await content(open)
      // Whoever cut it off or altered it before it was removed: nothing can be added to it, and the next change replaces it.
      if (bytes.length === open.length && crc32(bytes) === open.sum) await replace(bytes)
      else await letGo()
    },
    letGo
  }
}
