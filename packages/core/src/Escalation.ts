import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type { Entry } from "./Cltab.ts"
import { quote } from "./Quotation.ts"
import * as SettingDefaults from "./SettingDefaults.ts"
import type { Signal } from "./Signal.ts"
import type { Child } from "./Spawner.ts"
import * as StopSchedule from "./StopSchedule.ts"

/**
 * The stages of a stop. After the last one that is done again, each wait `repeatMillis` longer than the one before,
 * until the process tree is extinct: nothing is ever called down that is not.
 */
export interface Plan {
  readonly steps: StopSchedule.StopSchedule
  readonly repeatMillis: number
}

/** INT at 0 s, TERM at 5 s, KILL at 15 s and again at 30 s, 50 s, 75 s: the original's times (its section 10). */
export const StopPlan = Context.Reference<Plan>("@clinit/core/StopPlan", {
  defaultValue: () => ({
    steps: SettingDefaults.values.stop,
    repeatMillis: 5_000
  })
})

/** The step at this index of the endless schedule that a plan stands for. */
export const stepAt = ({ repeatMillis, steps }: Plan, index: number): StopSchedule.Step => {
  const step = steps[index]
  if (step !== undefined) return step
  const last = steps[steps.length - 1]!
  return { ...last, graceMillis: last.graceMillis + (index - steps.length + 1) * repeatMillis }
}

/** A step that is about to be done, and the one after it; `overdue` once it is done again because the whole plan was of no avail. */
export interface Notice {
  readonly step: StopSchedule.Step
  readonly next: StopSchedule.Step
  readonly overdue: boolean
}

/** What is not followed by CONT: it cannot be caught, or is there to stop or to wake the tree. */
const withoutWaking: ReadonlySet<Signal> = new Set([
  "SIGKILL",
  "SIGSTOP",
  "SIGTSTP",
  "SIGTTIN",
  "SIGTTOU",
  "SIGCONT"
])

/** The steps of this entry's stop: those of its `stop` setting, if it has one. */
const stepsOf = ({ settings }: Entry, { steps }: Plan): StopSchedule.StopSchedule => settings?.stop ?? steps

const notRun = ({ group, tag }: Entry, command: string) => ({ reason }: { readonly reason: string }) =>
  Effect.logError(`${group}/${tag}: the stop command ${quote(command)} could not be run: ${reason}`)

/**
 * Does ahead what can be done at once of the first step of the stop that has to follow in this turn. Of many trees that are
 * stopped together all die then while the first one's stop is still being put down.
 */
export const strike = (child: Child, entry: Entry, plan: Plan): void => {
  const [step] = stepsOf(entry, plan)
  if ("signal" in step) child.strike?.(step.signal)
}

/**
 * Stops the child's process tree by the plan, with the entry's `stop` setting for its steps if it has one, and returns
 * once the tree is extinct. Only time advances it; `onStep` hears of each step just before it is done. A command that
 * cannot be run in its time is logged, and its time passes all the same. What can be caught is followed by CONT: a tree that
 * somebody stopped would hear of nothing but KILL.
 */
export const stop = Effect.fnUntraced(
  function*(child: Child, entry: Entry, onStep: (notice: Notice) => Effect.Effect<void>) {
    const standard = yield* StopPlan
    const plan: Plan = { ...standard, steps: stepsOf(entry, standard) }
    const extinct = Effect.interruptible(child.extinct)
    for (let index = 0;; index++) {
      const step = stepAt(plan, index)
      yield* onStep({ step, next: stepAt(plan, index + 1), overdue: index >= plan.steps.length })
      let starting: Fiber.Fiber<void> | undefined
      if ("signal" in step) {
        yield* child.signal(step.signal)
        if (!withoutWaking.has(step.signal)) yield* child.signal("SIGCONT")
      } else {
        // An account or a file that does not answer must not hold up the steps behind.
        starting = yield* Effect.forkChild(
          Effect.catch(child.run(step.command, entry), notRun(entry, step.command)),
          { startImmediately: true }
        )
      }
      const isDown = child.isExtinct() ||
        Option.isSome(yield* Effect.timeoutOption(extinct, step.graceMillis))
      if (starting !== undefined && "command" in step && starting.pollUnsafe() === undefined) {
        starting.interruptUnsafe()
        if (!isDown) yield* notRun(entry, step.command)({ reason: "its time was over before it was set up" })
      }
      if (isDown) return
    }
  }
)

/** The stages of this entry's stop, as a cltab says them. */
export const describe = (entry: Entry, plan: Plan): string => StopSchedule.value.print(stepsOf(entry, plan))
