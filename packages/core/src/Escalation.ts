import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Entry } from "./Cltab.ts"
import type { Signal } from "./Signal.ts"
import type { Child } from "./Spawner.ts"
import * as StopSchedule from "./StopSchedule.ts"

/** One stage of a stop: the signal, then how long its effect is waited for. */
export interface Step {
  readonly signal: Signal
  readonly graceMillis: number
}

/**
 * The stages of a stop. After the last one its signal is sent again, each wait `repeatMillis` longer than the one
 * before, until the process tree is extinct: nothing is ever called down that is not.
 */
export interface Plan {
  readonly steps: readonly [Step, ...ReadonlyArray<Step>]
  readonly repeatMillis: number
}

/** INT at 0 s, TERM at 5 s, KILL at 15 s and again at 30 s, 50 s, 75 s: the original's times (its section 10). */
export const StopPlan = Context.Reference<Plan>("@clinit/core/StopPlan", {
  defaultValue: () => ({
    steps: [
      { signal: "SIGINT", graceMillis: 5_000 },
      { signal: "SIGTERM", graceMillis: 10_000 },
      { signal: "SIGKILL", graceMillis: 15_000 }
    ],
    repeatMillis: 5_000
  })
})

/** The step at this index of the endless schedule that a plan stands for. */
export const stepAt = ({ repeatMillis, steps }: Plan, index: number): Step => {
  const step = steps[index]
  if (step !== undefined) return step
  const last = steps[steps.length - 1]!
  return { signal: last.signal, graceMillis: last.graceMillis + (index - steps.length + 1) * repeatMillis }
}

/** A signal that is about to be sent; `overdue` once it is sent again because the whole plan was of no avail. */
export interface Notice {
  readonly signal: Signal
  readonly overdue: boolean
}

/**
 * Signals the child's process tree by the plan and returns once the tree is extinct. Only time advances it;
 * `onSignal` hears of each signal just before it is sent. What can be caught is followed by CONT: a tree that somebody
 * stopped would hear of nothing but KILL.
 */
export const stop = Effect.fnUntraced(
  function*(child: Child, onSignal: (notice: Notice) => Effect.Effect<void>) {
    const plan = yield* StopPlan
    const extinct = Effect.interruptible(child.extinct)
    for (let index = 0;; index++) {
      const { graceMillis, signal } = stepAt(plan, index)
      yield* onSignal({ signal, overdue: index >= plan.steps.length })
      yield* child.signal(signal)
      if (signal !== "SIGKILL") yield* child.signal("SIGCONT")
      if (Option.isSome(yield* Effect.timeoutOption(extinct, graceMillis))) return
    }
  }
)

/** The stages of this entry's stop, as a cltab says them. */
export const describe = ({ settings }: Entry, { steps }: Plan): string =>
  StopSchedule.value.print(settings?.stop ?? steps)
