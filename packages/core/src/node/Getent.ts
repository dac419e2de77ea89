import * as Effect from "effect/Effect"
import { execFile } from "node:child_process"
import { SpawnError } from "../Spawner.ts"
import * as OpenFiles from "./OpenFiles.ts"

/** What getent(1) ends with when there is no such key. */
const notFound = 2

/** Linux's greatest: the number behind it stands for none. */
const greatest = 2 ** 32 - 2

/** Whether it is a number that none can have: getent(1) would take its last bits, and so, perhaps, root's. */
export const isBeyondAll = (key: string): boolean => /^\+?\d+$/.test(key) && Number(key) > greatest

/** How getent(1) is run. */
export interface Conditions {
  readonly environment: NodeJS.ProcessEnv
  /** A directory service may not answer: so long is waited for it. */
  readonly patienceMillis: number
}

/** The fields of a line of the database, from wherever the system has its accounts; nothing if there is no such key. */
export const lookUp = (
  database: "passwd" | "group",
  key: string,
  { environment, patienceMillis }: Conditions
): Effect.Effect<ReadonlyArray<string> | undefined, SpawnError> =>
  Effect.callback((resume) => {
    // Not every getent knows `--`.
    if (key.startsWith("-") || isBeyondAll(key)) return resume(Effect.undefined)
    const failed = (reason: string) =>
      resume(Effect.fail(new SpawnError({ reason: `getent ${database} ${key}: ${reason}` })))
    try {
      OpenFiles.ensureRoomForPipes()
    } catch (error) {
      return failed((error as Error).message)
    }
    execFile(
      "getent",
      [database, key],
      { env: environment, timeout: patienceMillis, killSignal: "SIGKILL" },
      (error, stdout) => {
        if (error === null) return resume(Effect.succeed(stdout.split("\n", 1)[0]!.split(":")))
        if (error.code === notFound) return resume(Effect.undefined)
        const reason = error.killed
          ? `no answer within ${patienceMillis / 1_000} seconds`
          : error.message.trim().replaceAll("\n", "; ")
        failed(reason)
      }
    )
  })
