import * as Effect from "effect/Effect"
import { execFile } from "node:child_process"
import { cleanPath } from "../ProgramSearch.ts"
import { quote } from "../Quotation.ts"
import { SpawnError } from "../Spawner.ts"
import * as OpenFiles from "./OpenFiles.ts"

/** A user's account, see passwd(5). */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
  readonly shell: string
}

/** A directory service that does not answer refuses the start rather than hold up the entry for ever. */
const patienceMillis = 10_000

/** What getent(1) ends with when there is no such key. */
const notFound = 2

/** Linux's greatest: the number behind it stands for none. */
const greatest = 2 ** 32 - 2

/** Whether it is a number that none can have: getent(1) would take its last bits, and so, perhaps, root's. */
export const isBeyondAll = (key: string): boolean => /^\+?\d+$/.test(key) && Number(key) > greatest

/** The fields of a line of the database, from wherever the system has its users; nothing if there is no such key. */
const lookUp = (database: "passwd" | "group", key: string) =>
  Effect.callback<ReadonlyArray<string> | undefined, SpawnError>((resume) => {
    if (isBeyondAll(key)) return resume(Effect.undefined)
    const failed = (reason: string) =>
      resume(Effect.fail(new SpawnError({ reason: `getent ${database} ${key}: ${reason}` })))
    try {
      OpenFiles.ensureRoomForPipes()
    } catch (error) {
      return failed((error as Error).message)
    }
    execFile(
      "getent",
      [database, key], // it begins with no `-`, and not every getent knows `--`
      { env: { PATH: cleanPath }, timeout: patienceMillis, killSignal: "SIGKILL" },
      (error, stdout) => {
        if (error === null) return resume(Effect.succeed(stdout.split("\n", 1)[0]!.split(":")))
        if (error.code === notFound) return resume(Effect.succeed(undefined))
        const reason = error.killed
          ? `no answer within ${patienceMillis / 1_000} seconds`
          : error.message.trim().replaceAll("\n", "; ")
        failed(reason)
      }
    )
  })

/** The account of the user with this name or number; fails if there is none. */
export const ofUser = Effect.fnUntraced(function*(user: string): Effect.fn.Return<Account, SpawnError> {
  const fields = yield* lookUp("passwd", user)
  if (fields === undefined) {
    return yield* new SpawnError({ reason: `user: this machine has no user ${quote(user)}` })
  }
  const [name = "", , uid, gid, , home, shell] = fields
  return { name, uid: Number(uid), gid: Number(gid), home: home || "/", shell: shell || "/bin/sh" }
})

/** The number of the group with this name or number; a number needs no name. Fails if there is none. */
export const groupId = Effect.fnUntraced(function*(group: string): Effect.fn.Return<number, SpawnError> {
  const fields = yield* lookUp("group", group)
  if (fields !== undefined) return Number(fields[2])
  if (/^\d+$/.test(group) && !isBeyondAll(group)) return Number(group)
  return yield* new SpawnError({ reason: `groups: this machine has no group ${quote(group)}` })
})
