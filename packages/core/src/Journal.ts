import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { Trouble } from "./Trouble.ts"

/** Why the store cannot be written. */
interface Unwritable {
  readonly message: string
}

/** Where the text is kept: it is replaced as a whole or added to. */
export interface Store {
  readonly replace: (text: string) => Effect.Effect<void, Unwritable>
  /** Adds the text to what was replaced; false, and nothing is written, if that is no longer there. */
  readonly append: (text: string) => Effect.Effect<boolean, Unwritable>
  readonly remove: Effect.Effect<void, Unwritable>
}

/** What the store is to have, in lines. */
export interface Content {
  /** All of them; none is new any more. */
  readonly whole: () => ReadonlyArray<string>
  /** Those that are new, to be added; nothing if only the whole will do. None is new any more. */
  readonly news: () => ReadonlyArray<string> | undefined
}

/** How it is kept. */
export interface Terms {
  /** What it is, for troubles and the log. */
  readonly subject: string
  /** What may follow from its not being written, in words behind the reason. */
  readonly risk: string
  /** At most one write in this time, unless somebody waits for it. */
  readonly window: Duration.Duration
  /** A smaller store is left to grow, a larger one until it has doubled. */
  readonly smallCharacters: number
}

/** A text that is written behind the facts, for the daemon that comes after one that was killed. */
export interface Journal {
  /** Says that there is something new; it is written soon. */
  readonly changed: () => void
  /** Done when all that is new by now is written, or could not be, or took too long; both are troubles. */
  readonly flush: Effect.Effect<void>
  /** Removes the store, and writes nothing any more: the end was in order. */
  readonly clear: Effect.Effect<void>
}

/** After a write that failed the next is tried when this has passed, or with the next order. */
const retry = Duration.seconds(2)

/** No order waits longer for a disk that hangs. */
const patience = Duration.seconds(1)

const textOf = (lines: ReadonlyArray<string>): string => lines.map((line) => `${line}\n`).join("")

/** Keeps the content in the store while the scope lives. The store is replaced first, whatever it has. */
export const keep = Effect.fnUntraced(function*(
  store: Store,
  { risk, smallCharacters, subject, window }: Terms,
  { news, whole }: Content
): Effect.fn.Return<Journal, never, Scope.Scope | Trouble> {
  const trouble = yield* Trouble
  const scope = yield* Effect.scope
  const writing = yield* Semaphore.make(1)
  const awake = yield* Latch.make(false)
  let isBehind = false
  let isCleared = false
  let wasWritten = false
  /** How much is in the store, and how much was when it was replaced; nothing if it has to be replaced. */
  let stored: { readonly now: number; readonly begun: number } | undefined

  const replace = Effect.suspend(() => {
    const text = textOf(whole())
    isBehind = false
    return Effect.map(store.replace(text), () => void (stored = { now: text.length, begun: text.length }))
  })

  const append = Effect.suspend(() => {
    const lines = stored && news()
    if (stored === undefined || lines === undefined) return replace
    const text = textOf(lines)
    const { begun } = stored
    const now = stored.now + text.length
    if (now > Math.max(smallCharacters, 2 * begun)) return replace
    isBehind = false
    return Effect.flatMap(store.append(text), (isThere) => {
      stored = { now, begun }
      return isThere ? Effect.void : replace
    })
  })

  /** Whether the store is as the facts were when this began. */
  const write = writing.withPermit(Effect.suspend(() => {
    if (!isBehind || isCleared) return Effect.succeed(true)
    awake.closeUnsafe()
    return append.pipe(
      Effect.andThen(trouble.clear(subject)),
      Effect.andThen(Effect.sync(() => wasWritten = true)),
      Effect.catch(({ message }) => {
        isBehind = true
        stored = undefined
        return Effect.as(trouble.set(subject, `${message} (${risk})`), false)
      })
    )
  }))

  yield* Effect.gen(function*() {
    while (true) {
      yield* awake.await
      // Behind whatever else this turn has to do: most changes come with the start of a process, or with its end. But a
      // successor finds what was started by the marks of the ledger that is there: the first is not put off.
      if (wasWritten) yield* Effect.yieldNow
      yield* Effect.sleep((yield* write) ? window : retry)
      if (isBehind) awake.openUnsafe()
    }
  }).pipe(Effect.forkScoped({ startImmediately: true }))

  const late = trouble.set(
    subject,
    `not written within ${Duration.format(patience)}: the disk hangs, or this machine is overloaded`
  )

  return {
    changed: () => {
      isBehind = true
      awake.openUnsafe()
    },
    flush: Effect.forkIn(write, scope, { startImmediately: true }).pipe(
      // Once it is cleared there is nothing to write, and perhaps no scope to do it in.
      Effect.flatMap((fiber) => isCleared ? Effect.void : Fiber.join(fiber)),
      Effect.asVoid,
      Effect.timeoutOrElse({ duration: patience, orElse: () => late })
    ),
    clear: Effect.suspend(() => {
      isCleared = true
      return writing.withPermit(store.remove).pipe(
        Effect.catch(({ message }) => Effect.logWarning(`the ${subject} stays: ${message}`))
      )
    })
  }
})
