import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { quote } from "./Quotation.ts"
import type { Part, Problem, Value } from "./SettingValue.ts"
import * as SettingValue from "./SettingValue.ts"
import { named, Signal, words } from "./Signal.ts"
import * as Suggestion from "./Suggestion.ts"

const Grace = SettingValue.duration.schema

/** A stage of a stop: what is done, then how long its effect is waited for, in milliseconds. */
export const Step = Schema.Union([
  Schema.Struct({ signal: Signal, graceMillis: Grace }),
  Schema.Struct({
    command: Schema.String.check(Schema.isPattern(/\S/), Schema.isPattern(/^[\t\P{Cc}]*$/u)),
    graceMillis: Grace
  })
])
export type Step = typeof Step.Type

/** The stages in their order. */
export const StopSchedule = Schema.NonEmptyArray(Step)
export type StopSchedule = typeof StopSchedule.Type

/** How long the effect of the last step is waited for if it does not say: as the original waits for KILL's. */
export const lastGraceMillis = 15_000

const form = "steps such as INT 5s, TERM 10s, KILL"

const stepPattern = /^(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))(?:[ \t]+(.*))?$/u

const unescape = (quoted: string): string => quoted.replaceAll(/\\(.)/gu, "$1")
const escape = (command: string): string => command.replaceAll(/[\\"]/g, String.raw`\$&`)

const problem = (offset: number, message: string, hint?: string): Result.Result<never, Problem> =>
  Result.fail({ offset, message, hint })

const readStep = ({ offset, text }: Part, isLast: boolean): Result.Result<Step, Problem> => {
  if (text === "") return problem(offset, "a step of the stop schedule is missing", form)
  const match = stepPattern.exec(text)
  if (match === null) {
    const isOpen = /^"(?:[^"\\]|\\.)*$/u.test(text)
    const hint = isOpen ? "the double quote is not closed" : "write a command in double quotes"
    return problem(offset, `${quote(text)} is no step of a stop schedule`, hint)
  }
  const [, quoted, word, time] = match
  const signal = word === undefined ? undefined : named(word)
  if (word !== undefined && signal === undefined) {
    const meant = Suggestion.nearest(word.replace(/^SIG/i, ""), words)
    return problem(
      offset,
      `unknown signal ${quote(word)}`,
      meant === undefined ? "write a command in double quotes" : `did you mean ${meant}?`
    )
  }
  if (quoted?.trim() === "") return problem(offset, "the command of a step is empty", form)
  if (time === undefined && !isLast) {
    return problem(offset + text.length, `the time behind ${text} is missing`, `write ${text} 5s`)
  }
  const grace = time === undefined
    ? Result.succeed(lastGraceMillis)
    : SettingValue.duration.read(time.trimStart())
  if (Result.isFailure(grace)) {
    const at = offset + text.length - time!.trimStart().length
    return problem(at, `${quote(time!)} is not ${SettingValue.duration.form}`, grace.failure.hint)
  }
  const graceMillis = grace.success
  return Result.succeed(
    signal === undefined ? { command: unescape(quoted!), graceMillis } : { signal, graceMillis }
  )
}

const printStep = (step: Step): string => {
  const what = "signal" in step ? step.signal.replace(/^SIG/, "") : `"${escape(step.command)}"`
  return `${what} ${SettingValue.duration.print(step.graceMillis)}`
}

/** How a schedule is written: signals, and commands in double quotes, each with a time, which the last may lack. */
export const value: Value<StopSchedule> = {
  schema: StopSchedule,
  read: (text) => {
    const parts = SettingValue.parts(text)
    const steps: Array<Step> = []
    for (const [index, part] of parts.entries()) {
      const step = readStep(part, index === parts.length - 1)
      if (Result.isFailure(step)) return Result.fail(step.failure)
      steps.push(step.success)
    }
    return Result.succeed(steps as unknown as StopSchedule)
  },
  print: (steps) => steps.map(printStep).join(", "),
  form
}
