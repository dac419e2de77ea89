import * as CallText from "@clinit/protocol/CallText"
import * as Rpcs from "@clinit/protocol/ClinitRpcs"
import { describeEnd } from "@clinit/protocol/StatusWords"
import * as Schema from "effect/Schema"
import * as StatusLines from "./status/StatusLines.ts"

/** The words on the command line make no sense together. */
export class UsageError extends Schema.TaggedError<UsageError>()("UsageError", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

/** What there is to say has been said, and this exit code is a part of it. */
export class EndsWith extends Schema.TaggedError<EndsWith>()("EndsWith", { code: Schema.Int }) {
  override get message() {
    return `exit code ${this.code}`
  }
}

/** A file could not be made. */
export class NotWritten extends Schema.TaggedError<NotWritten>()("NotWritten", {
  file: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `cannot write ${this.file}: ${this.reason}`
  }
}

/** A cltab was found to be wrong; what is wrong has been printed. */
export class CheckFailed extends Schema.TaggedError<CheckFailed>()("CheckFailed", { file: Schema.String }) {
  override get message() {
    return `${this.file} has mistakes`
  }
}

/** The cltab has nothing of this name, or several things. */
export class UnknownScope extends Schema.TaggedError<UnknownScope>()("UnknownScope", {
  file: Schema.String,
  scope: Schema.String,
  /** The lines of what has the name, if it is several things. */
  lines: Schema.Array(Schema.Int),
  meant: Schema.optionalKey(Schema.String)
}) {
  override get message() {
    const { file, lines, meant, scope } = this
    return lines.length > 0
      ? `${scope} is more than one thing in ${file}: see lines ${lines.join(" and ")}`
      : `no such group or entry in ${file}: ${scope}${meant === undefined ? "" : ` (did you mean ${meant}?)`}`
  }
}

/** The group settled as FAILED. */
export class LevelFailed extends Schema.TaggedError<LevelFailed>()("LevelFailed", {
  group: Schema.String,
  level: Schema.String,
  outcome: Rpcs.Outcome
}) {
  override get message() {
    const { group, level, outcome: { failed } } = this
    const culprits = failed.map(({ end, tag }) => `${tag} ${describeEnd(end)}`)
    const [only, ...others] = failed
    const name = only === undefined || others.length > 0 ? group : `${group}/${only.tag}`
    return `${group} ${level} FAILED: ${culprits.join(", ")} (clinit why ${name} tells more)`
  }
}

/** Why the order was not fulfilled for an entry, and where more is to be learnt. */
const missed = (verb: string, { group, lastEnd, state, tag }: Rpcs.Ordered, now: number): string => {
  const name = `${group}/${tag}`
  const ended = lastEnd === undefined ? "" : `it ${describeEnd(lastEnd)}, `
  const why = state?._tag === "Pausing" && state.why !== undefined ? `, as ${state.why}` : ""
  const isNow = state === undefined ? "STOPPED" : `${StatusLines.describeState(state, now)}${why}`
  const what = verb === "stop" ? `was started again and is ${isNow}` : `is not up: ${ended}is ${isNow}`
  return `${name} ${what} (clinit why ${name} tells more)`
}

/** An order by hand was carried out, and at the time `now`, in milliseconds since 1970, something else had come of it. */
export class OrderFailed extends Schema.TaggedError<OrderFailed>()("OrderFailed", {
  verb: Schema.String,
  entries: Schema.Array(Rpcs.Ordered),
  now: Schema.Finite
}) {
  override get message() {
    return this.entries.map((entry) => missed(this.verb, entry, this.now)).join("\n")
  }
}

/** The daemon is there and does not answer. Whether it took the request is not known. */
export class NoAnswer extends Schema.TaggedError<NoAnswer>()("NoAnswer", {
  socket: Schema.String,
  seconds: Schema.Number
}) {
  override get message() {
    return CallText.noAnswer(this.socket, this.seconds)
  }
}

/** The time for waiting is over; what was begun goes on. `state` tells how far it is, as far as is known. */
export class WaitTimedOut extends Schema.TaggedError<WaitTimedOut>()("WaitTimedOut", {
  what: Schema.String,
  seconds: Schema.Number,
  state: Schema.String
}) {
  override get message() {
    return `${this.what} is not done after ${this.seconds} s and goes on${
      this.state === "" ? "" : `:\n${this.state}`
    }`
  }
}
