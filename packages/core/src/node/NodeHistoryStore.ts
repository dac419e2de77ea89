import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import { constants } from "node:fs"
import type { Stats } from "node:fs"
import * as fs from "node:fs/promises"
import type { Found } from "../HistoryStore.ts"
import { HistoryStore, HistoryUnwritable } from "../HistoryStore.ts"
import * as ReplacedFile from "./ReplacedFile.ts"

/** Of a larger file only the end is read. */
const maxBytes = 16 * 1024 * 1024

const { O_APPEND, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === "ENOENT"

/** Why the file is none of ours, if it is none. */
const strangeness = (stat: Stats): string | undefined => {
  if (!stat.isFile()) return "is not a regular file"
  if (stat.uid !== process.geteuid?.()) return `belongs to another user (uid ${stat.uid})`
  return (stat.mode & 0o077) === 0 ? undefined : "is open to others than its owner"
}

/** Looks at the descriptor, not at the path: that may lead elsewhere a moment later. */
const read = async (file: string): Promise<Found> => {
  let handle: fs.FileHandle
  try {
    handle = await fs.open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    return isMissing(error)
      ? { text: "" }
      : { text: "", problem: `cannot be read: ${ReplacedFile.reason(error)}` }
  }
  try {
    const stat = await handle.stat()
    const strange = strangeness(stat)
    if (strange !== undefined) return { text: "", problem: strange }
    const from = Math.max(0, stat.size - maxBytes)
    const buffer = Buffer.alloc(stat.size - from)
    let filled = 0
    for (let more = 1; more > 0 && filled < buffer.length; filled += more) {
      more = (await handle.read(buffer, filled, buffer.length - filled, from + filled)).bytesRead
    }
    const text = buffer.subarray(0, filled).toString("utf8")
    return from === 0
      ? { text }
      : {
        text: text.slice(text.indexOf("\n") + 1),
        problem: `is larger than ${maxBytes / 1024 / 1024} MiB and read from there only`
      }
  } catch (error) {
    return { text: "", problem: `cannot be read: ${ReplacedFile.reason(error)}` }
  } finally {
    await handle.close()
  }
}

/**
 * The history at this path, which is written and removed only as long as that place is ours. What is there and not ours
 * is not read, and replaced by the first writing.
 */
export const layer = (file: string, isOurs: () => boolean = () => true): Layer.Layer<HistoryStore> =>
  Layer.effect(
    HistoryStore,
    Effect.gen(function*() {
      const replaced = ReplacedFile.make(file, 0o600)
      const oneAtATime = yield* Semaphore.make(1)
      /** How many bytes our file has; another file is not one to add to. */
      let bytes = -1
      const change = <A>(work: () => Promise<A>): Effect.Effect<A, HistoryUnwritable> =>
        Effect.tryPromise({
          try: () => {
            if (!isOurs()) throw new Error("another daemon may have this place: the lock is gone")
            return work()
          },
          catch: (error) => new HistoryUnwritable({ reason: `${file}: ${ReplacedFile.reason(error)}` })
        }).pipe(Effect.uninterruptible, oneAtATime.withPermit)

      const append = async (text: string): Promise<boolean> => {
        const added = Buffer.from(text)
        let handle: fs.FileHandle
        try {
          handle = await fs.open(file, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK)
        } catch {
          return false // replacing it tells what is wrong
        }
        try {
          const stat = await handle.stat()
          if (strangeness(stat) !== undefined || stat.size !== bytes) return false
          await handle.writeFile(added)
          bytes += added.length
          return true
        } finally {
          await handle.close()
        }
      }

      return {
        file,
        read: Effect.promise(() => read(file)),
        replace: (text: string) =>
          change(async () => {
            const content = Buffer.from(text)
            bytes = -1
            await replaced.replace(content)
            await replaced.letGo() // it would hold the content
            bytes = content.length
          }),
        append: (text: string) => change(() => append(text)),
        remove: change(() =>
          fs.unlink(file).catch((error: unknown) => {
            if (!isMissing(error)) throw error
          })
        )
      }
    })
  )
