import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { constants } from "node:fs"
import type { Stats } from "node:fs"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { quote } from "../Quotation.ts"
import { SpawnError } from "../Spawner.ts"
import * as FileTrust from "./FileTrust.ts"
import { reason } from "./ReplacedFile.ts"

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants

/** Linux's: a descriptor that only stands for what is there, a symbolic link included; see open(2). */
const O_PATH = 0o10_000_000

/** As many symbolic links as the kernel itself follows on one way. */
const maxLinks = 40

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code

/** A directory on the way, and who can change what is in it. */
interface Place {
  readonly handle: fs.FileHandle
  readonly stat: Stats
}

/** The name in this very directory, wherever its path leads by now. */
const within = ({ handle }: Place, name: string): string => `/proc/self/fd/${handle.fd}/${name}`

const openPlace = async (directory: string, flags = 0): Promise<Place> => {
  const handle = await fs.open(directory, O_PATH | flags)
  try {
    return { handle, stat: await handle.stat() }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** What stands there, a symbolic link as itself; a directory for the owner only if nothing does. */
const openOrMake = async (file: string): Promise<Place> => {
  try {
    return await openPlace(file, O_NOFOLLOW)
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error
  }
  const isMade = await fs.mkdir(file, { mode: 0o700 }).then(() => true, (error: unknown) => {
    if (codeOf(error) !== "EEXIST") throw error
    return false
  })
  const place = await openPlace(file, O_NOFOLLOW)
  // Whatever the umask took away. The descriptor leads to what was opened, not to what somebody put there since.
  if (isMade && FileTrust.isOwn(place.stat) && place.stat.isDirectory()) {
    await fs.chmod(`/proc/self/fd/${place.handle.fd}`, 0o700)
  }
  return place
}

const parts = (directory: string) => directory.split("/").filter((part) => part !== "" && part !== ".")

/**
 * The directory, made if it is missing. Each step is taken from the directory that the one before has led to, so that
 * nobody can put another one in its place; a symbolic link counts only where nobody else could have put it.
 */
const walk = async (directory: string): Promise<Place> => {
  let place = await openPlace("/")
  try {
    const ahead = parts(directory).toReversed()
    let links = 0
    for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
      const file = within(place, name)
      const next = await openOrMake(file)
      if (next.stat.isSymbolicLink()) {
        await next.handle.close()
        if (FileTrust.isShared(place.stat)) {
          throw new Error(`${quote(name)} is a symbolic link in a directory that others can write`)
        }
        if (++links > maxLinks) throw new Error("has too many symbolic links")
        const target = await fs.readlink(file)
        ahead.push(...parts(target).toReversed())
        if (!target.startsWith("/")) continue
        await place.handle.close()
        place = await openPlace("/")
        continue
      }
      await place.handle.close()
      place = next
      if (!next.stat.isDirectory()) throw new Error(`${quote(name)} on the way to it is not a directory`)
    }
    return place
  } catch (error) {
    await place.handle.close()
    throw error
  }
}

const reasons: Readonly<Record<string, string>> = {
  ELOOP: "is a symbolic link",
  EISDIR: "is a directory",
  ENXIO: "is not a regular file" // a FIFO that nobody reads, or a socket
}

// Without NONBLOCK the opening of a FIFO would wait for a reader, for ever.
const flags = O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK

const openOrCreate = async (file: string): Promise<fs.FileHandle> => {
  for (let attempt = 1;; attempt++) {
    try {
      const handle = await fs.open(file, flags | O_CREAT | O_EXCL, 0o600)
      await handle.chmod(0o600) // whatever the umask took away
      return handle
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error
    }
    try {
      return await fs.open(file, flags)
    } catch (error) {
      // Somebody has just removed it, as those do that rotate logs.
      if (codeOf(error) !== "ENOENT" || attempt === 10) throw error
    }
  }
}

/** Fails unless this file in this directory is one that output may go to. */
const check = (stat: Stats, directory: Stats) => {
  if (!stat.isFile()) throw new Error("is not a regular file")
  if (!FileTrust.isShared(directory)) return
  if (stat.nlink !== 1) throw new Error("has other names (hard links), and others can write its directory")
  if (!FileTrust.isOwn(stat) && stat.uid !== directory.uid) {
    throw new Error(`belongs to somebody else (uid ${stat.uid}), and others can write its directory`)
  }
}

const openIn = async (place: Place, name: string): Promise<fs.FileHandle> => {
  const handle = await openOrCreate(within(place, name))
  try {
    check(await handle.stat(), place.stat)
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** Where there is no /proc: the path is followed as it is but for its last part. */
const withoutProc = async (directory: string): Promise<Place> => {
  await fs.mkdir(directory, { recursive: true, mode: 0o700 })
  const handle = await fs.open(directory, O_DIRECTORY)
  return { handle, stat: await handle.stat() }
}

const openAt = async (file: string): Promise<fs.FileHandle> => {
  const isLinux = process.platform === "linux"
  const place = await (isLinux ? walk : withoutProc)(path.dirname(file))
  try {
    if (isLinux) return await openIn(place, path.basename(file))
    const handle = await openOrCreate(file)
    check(await handle.stat(), place.stat)
    return handle
  } catch (error) {
    const code = codeOf(error)
    throw code !== undefined && code in reasons ? new Error(reasons[code], { cause: error }) : error
  } finally {
    await place.handle.close()
  }
}

const descriptor = (file: string, open: () => Promise<fs.FileHandle>) =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: open,
      catch: (error) => new SpawnError({ reason: `${file}: ${reason(error)}` })
    }),
    (handle) => Effect.promise(() => handle.close())
  ).pipe(Effect.map(({ fd }) => fd))

/**
 * Opens the file at this absolute path to write at its end, for as long as the scope lives. It is made if it is
 * missing, for the owner only, with the directories that lead to it. Fails if it is a symbolic link or no regular
 * file, if the way to it goes through a symbolic link in a directory that others can write, or if somebody else put
 * it into such a directory.
 */
export const open = (file: string): Effect.Effect<number, SpawnError, Scope.Scope> =>
  descriptor(file, () => openAt(file))

const nowhere = "/dev/null"

/** Opens what swallows all that is written to it, for as long as the scope lives. */
export const openNull: Effect.Effect<number, SpawnError, Scope.Scope> = descriptor(
  nowhere,
  () => fs.open(nowhere, O_WRONLY)
)
