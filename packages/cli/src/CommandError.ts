import * as Rpcs from "@clinit/protocol/ClinitRpcs"
import { describeEnd } from "@clinit/protocol/Status"
import * as Schema from "effect/Schema"

/** The words on the command line make no sense together. */
export class UsageError extends Schema.TaggedError<UsageError>()("UsageError", { reason: Schema.String }) {
  override get message() {
    return this.reason
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

/** The daemon has ended in order, with the exit code of what `--exit-with` names. */
export class EndedWith extends Schema.TaggedError<EndedWith>()("EndedWith", { code: Schema.Int }) {
  override get message() {
    return `ended with ${this.code}`
  }
}

/** The group settled as FAILED. */
export class LevelFailed extends Schema.TaggedError<LevelFailed>()("LevelFailed", {
  group: Schema.String,
  level: Schema.String,
  outcome: Rpcs.Outcome
}) {
  override get message() {
    const culprits = this.outcome.failed.map(({ end, tag }) => `${tag} ${describeEnd(end)}`)
    return `${this.group} ${this.level} FAILED: ${culprits.join(", ")}`
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
