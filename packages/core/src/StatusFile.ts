import * as Clstat from "@clinit/protocol/Clstat"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { StatusBoard } from "./StatusBoard.ts"
import { Trouble } from "./Trouble.ts"

/** The status file cannot be written or removed. */
export class StatusFileError extends Schema.TaggedError<StatusFileError>()("StatusFileError", {
  reason: Schema.String
}) {
  override get message() {
    return this.reason
  }
}

/** A file that is replaced as a whole: readers see the old content or the new, never a part. */
export class StatusFileTarget extends Context.Service<StatusFileTarget, {
  readonly replace: (text: string) => Effect.Effect<void, StatusFileError>
  readonly remove: Effect.Effect<void, StatusFileError>
}>()("@clinit/core/StatusFileTarget") {}

/**
 * At most one rewrite in this time. So a state is on disk after this time or, if that is longer, the rest of the write
 * under way, and one write more.
 */
const coalesceWindow = Duration.millis(25)

/** Without news the file is rewritten this often, so that its time of change shows that the daemon lives. */
const heartbeat = Duration.seconds(30)

/** A file that could not be written is tried again after this time: most causes pass by themselves. */
const retry = Duration.seconds(2)

const subject = "status file"

/**
 * Keeps the status file up to date while the layer lives, and removes it when the layer ends. A file that cannot be
 * written is a trouble until it can, and tried again after a while or with the next change.
 */
export const layer: Layer.Layer<never, never, StatusBoard | StatusFileTarget | Trouble> = Layer.effectDiscard(
  Effect.gen(function*() {
    const board = yield* StatusBoard
    const target = yield* StatusFileTarget
    const trouble = yield* Trouble

    const tell = ({ reason }: StatusFileError) => trouble.set(subject, reason)

    /** How long to wait for news before the file is written without any. */
    const write = Effect.suspend(() => target.replace(Clstat.print([...board.lines()]))).pipe(
      Effect.andThen(trouble.clear(subject)),
      Effect.as(heartbeat),
      Effect.catch((error) => Effect.as(tell(error), retry))
    )

    yield* Effect.addFinalizer(() => Effect.catch(target.remove, tell))
    yield* Effect.gen(function*() {
      while (true) {
        const change = board.nextGroupChange()
        const [patience] = yield* Effect.all([write, Effect.sleep(coalesceWindow)], {
          concurrency: "unbounded"
        })
        yield* Effect.timeoutOption(change, patience)
      }
    }).pipe(Effect.forkScoped({ startImmediately: true }))
  })
)
