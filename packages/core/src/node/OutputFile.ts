import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { constants } from "node:fs"
import type { Stats } from "node:fs"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import type { SpawnError } from "../Spawner.ts"
import * as FileAccess from "./FileAccess.ts"
import * as FileTrust from "./FileTrust.ts"
import type { Place } from "./PathWalk.ts"
import * as PathWalk from "./PathWalk.ts"

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code

/** What stands there; a directory for the owner only if nothing does. */
const openOrMake = async (file: string): Promise<Place> => {
  try {
    return await PathWalk.open(file)
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error
  }
  const isMade = await fs.mkdir(file, { mode: 0o700 }).then(() => true, (error: unknown) => {
    if (codeOf(error) !== "EEXIST") throw error
    return false
  })
  const place = await PathWalk.open(file)
  // Whatever the umask took away. The descriptor leads to what was opened, not to what somebody put there since.
  if (isMade && FileTrust.isOwn(place.stat) && place.stat.isDirectory()) {
    await fs.chmod(PathWalk.itself(place), 0o700)
  }
  return place
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
  FileTrust.refuseOtherNames(stat, directory)
  if (FileTrust.isShared(directory) && !FileTrust.isOwn(stat) && stat.uid !== directory.uid) {
    throw new Error(`belongs to somebody else (uid ${stat.uid}), and others can write its directory`)
  }
}

const openIn = async (place: Place, name: string): Promise<fs.FileHandle> => {
  const handle = await openOrCreate(PathWalk.within(place, name))
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
  const place =
    await (isLinux ? PathWalk.directory(path.dirname(file), openOrMake) : withoutProc(path.dirname(file)))
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

const close = (handle: fs.FileHandle) => handle.close()

const descriptor = (file: string, open: () => Promise<fs.FileHandle>) =>
  Effect.acquireRelease(
    FileAccess.access(file, open, close),
    (handle) => Effect.promise(() => close(handle)),
    { interruptible: true }
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
