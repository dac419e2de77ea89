import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The cltab cannot be read. `isMissing`: there is no such file, or something that is not a regular file. */
export class CltabUnreadable extends Schema.TaggedError<CltabUnreadable>()("CltabUnreadable", {
  file: Schema.String,
  reason: Schema.String,
  isMissing: Schema.Boolean
}) {
  override get message() {
    return `${this.reason}: ${this.file}`
  }
}

/** Where the cltab comes from. */
export class CltabSource extends Context.Service<CltabSource, {
  /** The file's name, for messages. */
  readonly file: string
  /** The whole content as it is now. */
  readonly read: Effect.Effect<Uint8Array, CltabUnreadable>
}>()("@clinit/core/CltabSource") {}
