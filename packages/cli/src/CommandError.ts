import * as CallText from "@clinit/protocol/CallText"
import * as Schema from "effect/Schema"

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

/** The daemon is there and does not answer. Whether it took the request is not known. */
export class NoAnswer extends Schema.TaggedError<NoAnswer>()("NoAnswer", {
  socket: Schema.String,
  seconds: Schema.Number
}) {
  override get message() {
    return CallText.noAnswer(this.socket, this.seconds)
  }
}
