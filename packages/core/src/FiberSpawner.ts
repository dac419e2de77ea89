import type { Tag } from "@clinit/protocol/Names"
import type { ChildExit } from "@clinit/protocol/Status"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import { ParentSpan } from "effect/Tracer"
import type { Entry } from "./Cltab.ts"
import * as EntryLog from "./EntryLog.ts"
import * as Signal from "./Signal.ts"
import type { Child } from "./Spawner.ts"
import { Spawner, SpawnError } from "./Spawner.ts"

/** What the exit code of an effect is that died of a defect: EX_SOFTWARE of sysexits(3). */
const defectCode = 70

const isCode = (code: number) => Number.isInteger(code) && code >= 0 && code <= 255

/**
 * How a fiber ended, as a process would have: 0 for success; of a failure the error's own exit code (`errorExitCode` of
 * effect/Runtime), else 1; 70 for a defect. One that was interrupted died of the signal that did it, and of INT if that
 * was no signal of ours.
 */
export const endOf = (exit: Exit.Exit<unknown, unknown>, sent: Signal.Signal | undefined): ChildExit => {
  if (Exit.isSuccess(exit)) return { _tag: "Exited", code: 0 }
  if (Cause.hasInterruptsOnly(exit.cause)) return { _tag: "Signaled", signal: sent ?? "SIGINT" }
  if (Cause.hasDies(exit.cause)) return { _tag: "Exited", code: defectCode }
  const code = Runtime.getErrorExitCode(Cause.squash(exit.cause))
  return { _tag: "Exited", code: isCode(code) ? code : 1 }
}

const nameOf = ({ group, tag }: Entry): string => `${group}/${tag}`

/** An error may say (`errorReported` of effect/Runtime) that it has been told already. */
const isTold = (cause: Cause.Cause<unknown>) =>
  Cause.hasInterruptsOnly(cause) || !Runtime.getErrorReported(Cause.squash(cause))

const logFailure = (entry: Entry, exit: Exit.Exit<unknown, unknown>) =>
  Exit.isSuccess(exit) || isTold(exit.cause)
    ? Effect.void
    : Effect.logError(`${nameOf(entry)} failed`, exit.cause)

const childOf = (fiber: Fiber.Fiber<unknown, unknown>, sent: { signal?: Signal.Signal }): Child => {
  const isOver = () => fiber.pollUnsafe() !== undefined
  return {
    exit: Effect.map(Fiber.await(fiber), (exit) => endOf(exit, sent.signal)),
    hasEnded: isOver,
    isExtinct: isOver,
    extinct: Effect.asVoid(Fiber.await(fiber)),
    signal: (signal) =>
      Effect.sync(() => {
        // A fiber is interrupted once: what comes later would change nothing but the words for its end.
        if (sent.signal !== undefined || isOver() || !Signal.endsByDefault(signal)) return
        sent.signal = signal
        fiber.interruptUnsafe()
      }),
    run: () =>
      isOver()
        ? Effect.void
        : Effect.fail(new SpawnError({ reason: "an effect of the program is stopped by signals alone" }))
  }
}

/**
 * Over a spawner the same one that also runs the entries with `fiber`, each as a fiber of the effect that has its tag.
 * A run has a scope of its own: what the effect forks in it, or acquires, ends with the run, and the run only ends when
 * all of that has; what it detaches is its own affair. Signals that end a process interrupt the fiber, others do nothing.
 * None, KILL included, ends what cannot be interrupted. A failure is logged with its cause.
 */
export const layer = <R>(
  effects: ReadonlyMap<Tag, Effect.Effect<unknown, unknown, R>>
): Layer.Layer<Spawner, never, Spawner | Exclude<R, Scope.Scope>> =>
  Layer.effect(
    Spawner,
    Effect.gen(function*() {
      const below = yield* Spawner
      const scope = yield* Effect.scope
      // Of whoever runs it, rather than of whoever made this layer, an effect has the span that its own are part of.
      const needed = yield* Effect.context<Exclude<R, Scope.Scope>>()
      const context = Context.omit(ParentSpan)(needed) as typeof needed

      const start = Effect.fnUntraced(function*(entry: Entry) {
        const effect = effects.get(entry.tag)
        if (effect === undefined) {
          return yield* new SpawnError({ reason: `this program has no effect for ${nameOf(entry)}` })
        }
        const run = Effect.scoped(effect).pipe(
          Effect.onExit((exit) => logFailure(entry, exit)),
          EntryLog.of(entry),
          Effect.provideContext(context)
        )
        // At once, so that it has begun when the next entry does.
        return childOf(yield* Effect.forkIn(run, scope, { startImmediately: true }), {})
      })

      return {
        ...below,
        spawn: (entry, mark, urgency) =>
          entry.fiber === true ? start(entry) : below.spawn(entry, mark, urgency),
        environment: (entry) =>
          entry.fiber === true
            ? Effect.fail(
              new SpawnError({
                reason: `${nameOf(entry)} is an effect of the program: it has the program's environment`
              })
            )
            : below.environment(entry)
      }
    })
  )
