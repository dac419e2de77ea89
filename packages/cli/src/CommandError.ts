import * as Rpcs from "@clinit/protocol/ClinitRpcs"
import { describeEnd } from "@clinit/protocol/Status"
import * as Schema from "effect/Schema"

/** The words on the command line make no sense together. */
export class UsageError extends Schema.TaggedError<UsageError>()("UsageError", { reason: Schema.String }) {
  override get message() {
    return this.reason
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
