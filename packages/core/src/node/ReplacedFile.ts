import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { randomBytes } from "node:crypto"
import { constants, lstatSync } from "node:fs"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import * as Beat from "./Beat.ts"

/** A file that is written again if somebody removes it. */
export interface Restored {
  /** Writes it again as it was written last if it is no longer there; does nothing if it never was, or was let go. */
  readonly restore: () => Promise<void>
  /** From now on it is not restored until it is replaced again. */
  readonly letGo: () => void | Promise<void>
}

/** A file that is replaced as a whole: readers see the old content or the new, never a part. */
export interface ReplacedFile extends Restored {
  /**
   * Writes the bytes beside the file and renames that over it, whatever it is; fails if it is a directory. The file's
   * directory is made again, for the owner only, if it was there and has gone missing. Nothing is left beside the file
   * when it fails.
   *
   * Nothing is flushed to the disk: after a crash of the host the file may be old, empty or gone.
   */
  readonly replace: (content: string | Uint8Array) => Promise<void>
  /** The same, but the new file stays open, for reading and writing, and is not restored. */
  readonly replaceOpen: (content: string | Uint8Array) => Promise<fs.FileHandle>
}

/** How often a file that is kept is restored: cleaners of temporary directories take what looks old. */
const restorePeriod = Duration.seconds(2)

/** A change of a file; fails with what `refused` makes of the reason. */
export type Change = <A, E>(work: () => Promise<A>, refused: (reason: string) => E) => Effect.Effect<A, E>

/** Changes of the file: one at a time, and none unless the place is ours, since another daemon may have taken it over with the file. */
export const changing = (file: string, isOurs: () => boolean): Change => {
  const oneAtATime = Semaphore.makeUnsafe(1)
  return (work, refused) =>
    Effect.tryPromise({
      try: async () => {
        if (!isOurs()) throw new Error("another daemon may have this place: the lock is gone")
        return await work()
      },
      catch: (error) => refused(`${file}: ${reason(error)}`)
    }).pipe(Effect.uninterruptible, oneAtATime.withPermit)
}

/**
 * Restores the file that was made at this path, if somebody removes it, for as long as the scope lives. One that is `near` is where
 * files are looked at without waiting anyway; the file system of others may not answer.
 */
export const keep = (
  file: string,
  replaced: Restored,
  change: Change,
  near: boolean
): Effect.Effect<void, never, Scope.Scope> => {
  // Without a word if it fails: the next change tells.
  const restore = Effect.suspend(() =>
    near && isThere(file) ? Effect.void : Effect.ignore(change(replaced.restore, String))
  )
  return Effect.asVoid(
    Effect.forkScoped(Effect.forever(Effect.andThen(Beat.every(restorePeriod), restore)))
  )
}

const isThere = (file: string) => {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) !== undefined
  } catch {
    return false
  }
}

/** Whether anything is at this path, as far as can be told. */
export const exists = (file: string) =>
  fs.lstat(file).then(() => true, (error: unknown) => (error as NodeJS.ErrnoException).code !== "ENOENT")

/** Removes what is at this path, whatever it is and if it is there; fails if it is a directory. */
export const unlink = (file: string) =>
  fs.unlink(file).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
  })

/** Not to be guessed, so that nobody can put something there before us in a directory that others may write. */
const suffix = () => `${randomBytes(8).toString("hex")}.tmp`
const isSuffix = (text: string) => /^[0-9a-f]{16}\.tmp$/.test(text)

/** Removes what daemons that were killed while they wrote left behind: what is ours and has a temporary's name. */
const collect = async (directory: string, prefix: string) => {
  for await (const { name } of await fs.opendir(directory)) {
    if (!name.startsWith(prefix) || !isSuffix(name.slice(prefix.length))) continue
    const left = path.join(directory, name)
    const stat = await fs.lstat(left)
    if (stat.isFile() && stat.uid === process.geteuid?.()) await fs.unlink(left)
  }
}

/**
 * The file at this path, for one writer at a time; others may write other files in the same directory. `mode` is that
 * of a file which is made, less the umask.
 */
export const make = (file: string, mode: number): ReplacedFile => {
  const directory = path.dirname(file)
  const prefix = `.${path.basename(file)}.`
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants
  const create = (temporary: string) =>
    fs.open(temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode).catch(async (error: unknown) => {
      // One that never was there is rather a mistake in the path.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || !wasThere) throw error
      await fs.mkdir(directory, { recursive: true, mode: 0o700 })
      return fs.open(temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode)
    })
  let isCollected = false
  let wasThere = false
  let current: string | Uint8Array | undefined
  const replaceOpen = async (content: string | Uint8Array) => {
    // Not before the first writing: until then the writer may be another daemon, which refuses this one.
    if (!isCollected) await collect(directory, prefix).catch(() => {}) // litter keeps nobody from writing
    isCollected = true
    const temporary = path.join(directory, prefix + suffix())
    const handle = await create(temporary)
    wasThere = true
    try {
      await handle.writeFile(content)
      await fs.rename(temporary, file)
      current = undefined
      return handle
    } catch (error) {
      await handle.close().catch(() => {}) // the first error is the one to tell
      await fs.unlink(temporary).catch(() => {})
      throw error
    }
  }
  const replace = async (content: string | Uint8Array) => {
    const handle = await replaceOpen(content)
    current = content
    await handle.close()
  }
  return {
    replace,
    replaceOpen,
    async restore() {
      if (current !== undefined && !await exists(file)) await replace(current)
    },
    letGo: () => void (current = undefined)
  }
}

/**
 * What is wrong, in words that stay the same as long as the cause does: Node's go on with the name of the temporary
 * file, which is another each time.
 */
export const reason = (error: unknown): string => {
  const { message } = error as Error
  return /^E[A-Z0-9]+: [^,]+/.exec(message)?.[0] ?? message
}
