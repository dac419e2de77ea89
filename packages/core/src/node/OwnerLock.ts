import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as fs from "node:fs"
import type { DatabaseSync } from "node:sqlite"
import { pathToFileURL } from "node:url"
import { LockRefused } from "../Premises.ts"
import * as FileIdentity from "./FileIdentity.ts"

/** SQLite's result code for a lock that somebody else holds, https://sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5

/** Node 22 calls node:sqlite experimental on standard error; the lock uses nothing that was in doubt. */
const sqlite = () => {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return process.getBuiltinModule("node:sqlite")
  } finally {
    process.emitWarning = emitWarning
  }
}

const alreadyHeld = "a daemon already runs here"

/** The files that this process holds: to open and close one of them once more would release its lock. */
const held = new Set<FileIdentity.FileIdentity>()

/** Which file the path leads to, if any; fails unless it is a regular one of ours. */
const look = (file: string): FileIdentity.FileIdentity | undefined => {
  const stat = fs.lstatSync(file, { bigint: true, throwIfNoEntry: false })
  if (stat === undefined) return undefined
  if (!stat.isFile()) throw new Error("exists and is not a regular file")
  if (stat.uid !== BigInt(process.getuid?.() ?? 0)) throw new Error("belongs to another user")
  return FileIdentity.of(stat)
}

/** Opens the lock file, made for the owner only if need be; never one behind a symlink. */
const open = (file: string): number => {
  const there = look(file)
  if (there !== undefined && held.has(there)) throw new Error(alreadyHeld)
  const { O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = fs.constants
  return fs.openSync(file, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600)
}

/** Opens what is there and makes nothing: SQLite would make a file that others can read. */
const openDatabase = (file: string): DatabaseSync => {
  const url = pathToFileURL(file)
  url.search = "?mode=rw"
  return new (sqlite().DatabaseSync)(url, { timeout: 0 })
}

interface Lock {
  readonly database: DatabaseSync
  /** Open for as long as the lock is held, so that no other file can get this one's inode number. */
  readonly descriptor: number
  readonly identity: FileIdentity.FileIdentity
}

/**
 * The lock, or nothing if the file was replaced meanwhile: the owner before us removes it when it ends, and a lock on
 * a removed file would own nothing.
 */
const tryLock = (file: string): Lock | undefined => {
  const descriptor = open(file)
  const opened = FileIdentity.of(fs.fstatSync(descriptor, { bigint: true }))
  let database: DatabaseSync | undefined
  let lock: Lock | undefined
  try {
    database = openDatabase(file)
    // No journal file: nothing is ever written, the database is there to be locked. IMMEDIATE takes the one lock that
    // somebody always gets; EXCLUSIVE fails while others so much as try, so that of two at once neither may win.
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE")
    if (look(file) === opened) lock = { database, descriptor, identity: opened }
    return lock
  } catch (error) {
    if (look(file) === opened) throw error
    return undefined
  } finally {
    if (lock === undefined) {
      database?.close()
      fs.closeSync(descriptor)
    }
  }
}

const lock = (file: string): Lock => {
  while (true) {
    const lock = tryLock(file)
    if (lock === undefined) continue
    held.add(lock.identity)
    return lock
  }
}

const unlock = (lock: Lock) => {
  lock.database.close()
  fs.closeSync(lock.descriptor)
  held.delete(lock.identity)
}

const refused = (file: string) => (error: unknown) => {
  const { errcode, message } = error as Error & { readonly errcode?: number }
  return new LockRefused({ file, reason: errcode === SQLITE_BUSY ? alreadyHeld : message })
}

/** A lock that is held. */
export interface OwnerLock {
  readonly file: string
  /** Whether the path still leads to the file that is locked: otherwise somebody else can get the lock at the path. */
  readonly isInPlace: () => boolean
  /** Takes the lock anew if it is not in place; fails, and can be tried again, if somebody else has it by now. */
  readonly renew: Effect.Effect<void, LockRefused>
}

/**
 * Holds an exclusive lock on the file for as long as the scope lives; fails at once if somebody holds it already. The
 * kernel releases it when the process dies, however it dies. The file is removed in the end, if it is still there.
 *
 * Node has no flock(2) or fcntl(2) of its own: SQLite's write transaction takes the latter's lock.
 */
export const acquire = Effect.fnUntraced(
  function*(file: string): Effect.fn.Return<OwnerLock, LockRefused, Scope.Scope> {
    let current = yield* Effect.try({ try: () => lock(file), catch: refused(file) })
    yield* Effect.addFinalizer(() =>
      Effect.try({
        try: () => {
          if (look(file) === current.identity) fs.unlinkSync(file)
        },
        catch: (error) => error as Error
      }).pipe(
        // Left behind, it does no harm: the next owner takes it over.
        Effect.catch((error) => Effect.logWarning(`the lock file stays: ${error.message}`)),
        Effect.ensuring(Effect.sync(() => unlock(current)))
      )
    )
    return {
      file,
      isInPlace: () => FileIdentity.isAt(file, current.identity),
      renew: Effect.try({
        try: () => {
          if (look(file) === current.identity) return
          const next = lock(file)
          // Another file, so that closing the old one releases nothing of the new one.
          unlock(current)
          current = next
        },
        catch: refused(file)
      })
    }
  },
  Effect.uninterruptible
)
