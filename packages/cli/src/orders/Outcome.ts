import type { Applied, Ordered, Result } from "@clinit/protocol/ClinitRpcs"
import { describeEnd } from "@clinit/protocol/StatusWords"
import * as StatusLines from "../status/StatusLines.ts"
import type { ByHand, Order } from "./Order.ts"

/** What is to be said of an answer. */
export interface Outcome {
  readonly warnings: ReadonlyArray<string>
  /** For scripts, a line each. */
  readonly results: ReadonlyArray<string>
  /** Why the order is not fulfilled, if it is not; what is said last is the failure itself. */
  readonly failures: ReadonlyArray<string>
}

const said = (results: ReadonlyArray<string>, failures: ReadonlyArray<string> = []) => ({ results, failures })

type Told = Omit<Applied, "group" | "level"> & { readonly group: string; readonly level: string }

const levelFailed = ({ group, level, outcome }: Required<Told>): string => {
  const { failed } = outcome
  const [only, ...others] = failed
  const name = only === undefined || others.length > 0 ? group : `${group}/${only.tag}`
  const culprits = failed.map(({ end, tag }) => `${tag} ${describeEnd(end)}`)
  return `${group} ${level} FAILED: ${culprits.join(", ")} (clinit why ${name} tells more)`
}

/** What groups settled at, or that they were told; each that settled as FAILED is a failure. */
const settled = (told: ReadonlyArray<Told>) =>
  said(
    told.flatMap(({ group, level, outcome }) =>
      outcome === undefined
        ? [`${group} ${level}: level transition started`]
        : outcome.state === "FAILED"
        ? []
        : [`${group} ${level} ${outcome.state}`]
    ),
    told.flatMap(({ group, level, outcome }) =>
      outcome?.state === "FAILED" ? [levelFailed({ group, level, outcome })] : []
    )
  )

const nameOf = ({ group, tag }: Pick<Ordered, "group" | "tag">): string => `${group}/${tag}`

/** Why the order was not fulfilled for an entry, and where more is to be learnt. */
const missed = (verb: ByHand, entry: Ordered, now: number): string => {
  const { lastEnd, state } = entry
  const name = nameOf(entry)
  const ended = lastEnd === undefined ? "" : `it ${describeEnd(lastEnd)}, `
  const why = state?._tag === "Pausing" && state.why !== undefined ? `, as ${state.why}` : ""
  const isNow = state === undefined ? "STOPPED" : `${StatusLines.describeState(state, now)}${why}`
  const what = verb === "stop" ? `was started again and is ${isNow}` : `is not up: ${ended}is ${isNow}`
  return `${name} ${what} (clinit why ${name} tells more)`
}

/** What is true now, for each entry a line; of a whole group one is enough. */
const ordered = (
  verb: ByHand,
  name: string,
  { entries, level, message, outcome }: Result<"start">,
  now: number
) => {
  const [only] = entries
  const isEntry = only !== undefined && nameOf(only) === name
  const failed = entries.filter(({ failed }) => failed === true)
  const already = message.startsWith("already")
  const own = failed.length > 0
    ? []
    : verb === "stop"
    ? [already ? `${name} already stopped` : `${name} stopped`]
    : isEntry && only.state !== undefined
    ? [`${name} ${StatusLines.describeState(only.state, now)}${already ? ` (${message})` : ""}`]
    : []
  // A level that failed for what is told beside it need not be told twice.
  const isTold = only !== undefined && !isEntry && level !== undefined && outcome !== undefined &&
    (failed.length === 0 || outcome.state !== "FAILED")
  const { failures, results } = settled(isTold ? [{ group: only.group, level, outcome }] : [])
  const notUp = failed.map((entry) => missed(verb, entry, now)).join("\n")
  return said([...own, ...results], failed.length > 0 ? [...failures, notUp] : failures)
}

const commandMeant = (command: string) => `did you mean the command \`clinit ${command}\`?`

/** Of a tell. */
export const ofTell = (
  { command, group, level, ofHost }: Extract<Order, { readonly verb: "tell" }>,
  { message, outcome, unknownLevel, warnings }: Result<"tell">
): Outcome => ({
  warnings: command !== undefined && ofHost && unknownLevel === true
    ? [...warnings, commandMeant(command)]
    : warnings,
  ...(outcome === undefined ? said([message]) : settled([{ group, level, outcome }]))
})

/** Of a start, a stop or a restart that was waited for, at the time `now`, in milliseconds since 1970. */
export const ofWaited = (
  order: Extract<Order, { readonly verb: ByHand }>,
  answer: Result<"start">,
  now: number
): Outcome => ({ warnings: answer.warnings, ...ordered(order.verb, order.name, answer, now) })

export const ofRetry = ({ message, outcomes = [], retried, warnings }: Result<"retry">): Outcome => {
  if (retried.length === 0) return { warnings, ...said([message]) }
  const { failures, results } = settled(outcomes)
  return {
    warnings,
    ...said([...retried.map((each) => `${nameOf(each)} is started again`), ...results], failures)
  }
}

/** Of a reread: silent, as the original, if there is nothing to warn of and nothing was told again. */
export const ofReread = ({ applied = [], warnings }: Result<"reread">): Outcome => ({
  warnings,
  ...settled(applied)
})

/** Of what is said in one line. */
export const plain = (line: string, warnings: ReadonlyArray<string>): Outcome => ({
  warnings,
  ...said([line])
})

/** Of what is not spoken of. */
export const silent: Outcome = { warnings: [], ...said([]) }

/** What the refusal of a group that does not exist may mean, beside its message. */
export const hints = (order: Order): ReadonlyArray<string> =>
  order.verb === "tell" && order.command !== undefined ? [commandMeant(order.command)] : []
