import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { constants } from "node:fs"
import * as fs from "node:fs"
import type { DatabaseSync } from "node:sqlite"

/** Another process holds the lock, or the lock file cannot be used. */
export class LockRefused extends Schema.TaggedError<LockRefused>()("LockRefused", {
  file: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.file}: ${this.reason}`
  }
}

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

const identity = ({ dev, ino }: fs.BigIntStats) => `${dev}:${ino}`

/** An own, regular, owner-only file at the path, made if need be; never one behind a symlink. */
const prepare = (file: string): string => {
  const fd = fs.openSync(
    file,
    constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    0o600
  )
  try {
    const stat = fs.fstatSync(fd, { bigint: true })
    if (!stat.isFile()) throw new Error("exists and is not a regular file")
    if (stat.uid !== BigInt(process.getuid?.() ?? 0)) throw new Error("belongs to another user")
    return identity(stat)
  } finally {
    fs.closeSync(fd)
  }
}

const lock = (file: string): DatabaseSync => {
  while (true) {
    const prepared = prepare(file)
    const database = new (sqlite().DatabaseSync)(file, { timeout: 0 })
    try {
      // No journal file: nothing is ever written, the database is there to be locked.
      database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE")
      // The owner before us removes the file when it ends: a lock on a removed file would own nothing.
      const now = fs.statSync(file, { bigint: true, throwIfNoEntry: false })
      if (now !== undefined && identity(now) === prepared) return database
      database.close()
    } catch (error) {
      database.close()
      throw error
    }
  }
}

/**
 * Holds an exclusive lock on the file for as long as the scope lives; fails at once if another process holds it. The
 * kernel releases it when the process dies, however it dies. The file is removed in the end.
 *
 * Node has no flock(2) or fcntl(2) of its own: SQLite's exclusive transaction takes the latter's lock.
 */
export const acquire = (file: string): Effect.Effect<void, LockRefused, Scope.Scope> =>
  Effect.asVoid(Effect.acquireRelease(
    Effect.try({
      try: () => lock(file),
      catch: (error) => {
        const { errcode, message } = error as Error & { readonly errcode?: number }
        return new LockRefused({
          file,
          reason: errcode === SQLITE_BUSY ? "a daemon already runs here" : message
        })
      }
    }),
    (database) =>
      Effect.sync(() => {
        fs.rmSync(file, { force: true })
        database.close()
      })
  ))
