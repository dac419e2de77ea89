import * as Clstat from "@clinit/protocol/Clstat"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import * as Schema from "effect/Schema"
import type { Change } from "./StatusBoard.ts"
import { changesKept, StatusBoard } from "./StatusBoard.ts"

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

/**
 * Keeps the status file up to date while the layer lives, and removes it when the layer ends. A file that cannot be
 * written is warned of once per reason, and tried again with the next change or heartbeat.
 */
export const layer: Layer.Layer<never, never, StatusBoard | StatusFileTarget> = Layer.effectDiscard(
  Effect.gen(function*() {
    const board = yield* StatusBoard
    const target = yield* StatusFileTarget
    const changes = yield* board.changes
    let lastReason: string | undefined

    const warnOnce = ({ reason }: StatusFileError) =>
      Effect.suspend(() => {
        const repeated = reason === lastReason
        lastReason = reason
        return repeated ? Effect.void : Effect.logWarning(`status file: ${reason}`)
      })

    const write = Effect.suspend(() => target.replace(Clstat.print(board.groups()))).pipe(
      Effect.tap(() => Effect.sync(() => lastReason = undefined)),
      Effect.catch(warnOnce)
    )

    yield* Effect.addFinalizer(() => Effect.catch(target.remove, warnOnce))
    yield* Effect.gen(function*() {
      while (true) {
        yield* Effect.all([write, Effect.sleep(coalesceWindow)], { concurrency: "unbounded", discard: true })
        yield* nextGroupChange(changes).pipe(Effect.timeoutOption(heartbeat))
      }
    }).pipe(Effect.forkScoped({ startImmediately: true }))
  })
)

/** Waits until a group changes; changes of single processes are not in the file. */
const nextGroupChange = Effect.fnUntraced(function*(changes: PubSub.Subscription<Change>) {
  while (true) {
    const news = yield* PubSub.takeAll(changes)
    // With so many at once, older ones may have been lost, and a group's among them.
    if (news.length >= changesKept || news.some((change) => change._tag === "Group")) return
  }
})
