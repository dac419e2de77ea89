import * as Effect from "effect/Effect"
import { cleanPath } from "../ProgramSearch.ts"
import { quote } from "../Quotation.ts"
import { SpawnError } from "../Spawner.ts"
import * as Getent from "./Getent.ts"

/** A user's account, see passwd(5). */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
  readonly shell: string
}

/** A directory service that does not answer refuses the start rather than hold up the entry for ever. */
const lookUp = (database: "passwd" | "group", key: string) =>
  Getent.lookUp(database, key, { environment: { PATH: cleanPath }, patienceMillis: 10_000 })

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
  if (/^\d+$/.test(group) && !Getent.isBeyondAll(group)) return Number(group)
  return yield* new SpawnError({ reason: `groups: this machine has no group ${quote(group)}` })
})
