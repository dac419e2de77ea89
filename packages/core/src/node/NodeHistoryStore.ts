import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { constants } from "node:fs"
import type { Stats } from "node:fs"
import * as fs from "node:fs/promises"
import type { Found } from "../HistoryStore.ts"
import { HistoryStore, HistoryUnwritable } from "../HistoryStore.ts"
import * as JournalFile from "./JournalFile.ts"
import * as ReplacedFile from "./ReplacedFile.ts"

/** Of a larger file only the end is read. */
const maxBytes = 16 * 1024 * 1024

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants

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
    return (error as NodeJS.ErrnoException).code === "ENOENT"
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

const refused = (reason: string) => new HistoryUnwritable({ reason })

/**
 * The history at this path, which is written and removed only as long as that place is ours. What is there and not ours
 * is not read, and replaced by the first writing.
 */
export const layer = (file: string, isOurs: () => boolean = () => true): Layer.Layer<HistoryStore> =>
  Layer.effect(
    HistoryStore,
    Effect.gen(function*() {
      const journal = JournalFile.make(file, 0o600)
      yield* Effect.addFinalizer(() => Effect.promise(async () => journal.letGo()))
      const change = ReplacedFile.changing(file, isOurs)
      return {
        file,
        read: Effect.promise(() => read(file)),
        replace: (text: string) => change(() => journal.replace(Buffer.from(text)), refused),
        append: (text: string) => change(() => journal.append(Buffer.from(text)), refused),
        remove: change(async () => {
          await journal.letGo()
          await ReplacedFile.unlink(file)
        }, refused)
      }
    })
  )
