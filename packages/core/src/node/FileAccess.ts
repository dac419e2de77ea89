import * as Effect from "effect/Effect"
import { SpawnError } from "../Spawner.ts"
import { reason } from "./ReplacedFile.ts"

/** A local file takes well below a millisecond; a file system that takes this long hangs. */
const defaultPatienceMillis = 10_000

/**
 * So much is done at once. Node has four threads for all its files, and what hangs keeps one for as long as it hangs:
 * the daemon needs the others for files of its own.
 */
const atOnce = 2

let underWay = 0
const waiting: Array<() => void> = []

/** Does the work when there is room, if it is still wanted then. */
const whenThereIsRoom = (isWanted: () => boolean, work: () => Promise<void>) => {
  const next = () => {
    if (!isWanted()) return waiting.shift()?.()
    underWay++
    void work().finally(() => {
      underWay--
      waiting.shift()?.()
    })
  }
  if (underWay < atOnce) next()
  else waiting.push(next)
}

/**
 * Does something with a file that the cltab names, at `path` in messages. Fails if that takes too long; what it results
 * in later, or when nobody waits for it any longer, is disposed of.
 */
export const access = <A>(
  path: string,
  work: () => Promise<A>,
  dispose: (late: A) => unknown = () => {},
  patienceMillis = defaultPatienceMillis
): Effect.Effect<A, SpawnError> =>
  Effect.callback((resume) => {
    let isWanted = true
    const settle = (result: Effect.Effect<A, SpawnError>) => {
      isWanted = false
      clearTimeout(timer)
      resume(result)
    }
    const refuse = (words: string) => settle(Effect.fail(new SpawnError({ reason: `${path}: ${words}` })))
    const timer = setTimeout(
      () =>
        refuse(
          `no answer within ${
            patienceMillis / 1_000
          } seconds: its file system, or that of another entry, hangs`
        ),
      patienceMillis
    )
    whenThereIsRoom(() => isWanted, () =>
      work().then(
        (result) => void (isWanted ? settle(Effect.succeed(result)) : dispose(result)),
        (error: unknown) => void (isWanted && refuse(reason(error)))
      ))
    return Effect.sync(() => {
      isWanted = false
      clearTimeout(timer)
    })
  })
