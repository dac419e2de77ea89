import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { CallError } from "./Call.ts"
import * as Call from "./Call.ts"
import { Event, Missed } from "./Event.ts"
import * as JsonRpc from "./JsonRpc.ts"
import * as Reconnection from "./Reconnection.ts"
import type { Connection, Transport } from "./Transport.ts"
import { ConnectionLost, ProtocolError } from "./Transport.ts"
import type { News, Position } from "./WatchPosition.ts"
import * as WatchPosition from "./WatchPosition.ts"

/** Why a watch ends, unless it is to reconnect. */
export type WatchError = CallError<"watch">

/** How often and for how long it is tried again after a loss: 50 ms, twice as long each time up to 2 s, without an end. */
export const untiring: Schedule.Schedule<unknown> = Schedule.min([
  Schedule.exponential(Reconnection.firstMillis, Reconnection.factor),
  Schedule.spaced(Reconnection.mostMillis)
])

/** What is watched, and from where on. */
export interface Options {
  /** Only events of this group and its entries. */
  readonly group?: string | undefined
  /** Begins with what happened after that, as far as it is known, and not with what happens from now on. */
  readonly since?: Position | undefined
  /**
   * When to try again if the daemon is not there, goes away or has too many clients; the schedule begins anew with each loss. The
   * stream then goes on right behind the last news. Without it the stream fails.
   */
  readonly reconnect?: Schedule.Schedule<unknown, WatchError> | undefined
}

const decodeNotification = Schema.decodeUnknownEffect(Schema.fromJsonString(JsonRpc.Notification))
const decodeEvent = Schema.decodeUnknownEffect(Event)
const decodeMissed = Schema.decodeUnknownEffect(Missed)

/** The news that the next lines are at this position; lines that say nothing to this client are passed over. */
const nextNews = Effect.fnUntraced(
  function*(at: Position, { receive }: Connection) {
    while (true) {
      const { method, params } = yield* decodeNotification(yield* receive)
      // A daemon that is newer may tell more than is known here.
      const news = method === "event" ?
        WatchPosition.afterEvent(at, yield* decodeEvent(params)) :
        method === "missed" ?
        WatchPosition.afterMissed(at, yield* decodeMissed(params)) :
        undefined
      if (news !== undefined) return news
    }
  },
  Effect.catchTags({
    ConnectionLost: ({ reason }) => Effect.fail(new ConnectionLost({ reason, answered: true })),
    SchemaError: (error) => Effect.fail(new ProtocolError({ reason: error.message }))
  })
)

const call = Call.over("watch")

/** A watch over a connection that lasts as long as the scope. */
const begin = Effect.fnUntraced(function*(
  connect: Transport["Service"]["connect"],
  group: string | undefined,
  since: Position | undefined
) {
  const connection = yield* connect
  const answer = yield* call(WatchPosition.request(group, since), connection)
  return { watching: WatchPosition.begun(since, answer), connection }
})

/** What happens, as it is told: no event twice, and none left out without a word. */
export const stream = (
  connect: Transport["Service"]["connect"],
  { group, reconnect, since }: Options
): Stream.Stream<News, WatchError> =>
  Stream.unwrap(Effect.gen(function*() {
    const scope = yield* Effect.scope
    let position = since
    let lost: WatchError | undefined
    let current: { readonly scope: Scope.Closeable; readonly connection: Connection } | undefined

    const attempt = Effect.suspend((): Effect.Effect<News, WatchError> => {
      // The first delay of the schedule comes before the first attempt after a loss.
      if (lost !== undefined) {
        const error = lost
        lost = undefined
        return Effect.fail(error)
      }
      return Effect.flatMap(Scope.fork(scope), (own) =>
        begin(connect, group, position).pipe(
          Scope.provide(own),
          Effect.onError(() => Scope.close(own, Exit.void)),
          Effect.map(({ connection, watching }) => {
            current = { scope: own, connection }
            return watching
          })
        ))
    })
    const connected = reconnect === undefined
      ? attempt
      : Effect.retry(attempt, { schedule: reconnect, while: Reconnection.mayPass })

    const next = Effect.gen(function*() {
      while (true) {
        const news = current === undefined || position === undefined
          ? yield* connected
          : yield* Effect.catchTag(nextNews(position, current.connection), "ConnectionLost", (error) => {
            if (reconnect === undefined) return Effect.fail(error)
            const { scope } = current!
            lost = error
            current = undefined
            return Effect.as(Scope.close(scope, Exit.void), undefined)
          })
        if (news !== undefined) {
          position = news.position
          return news
        }
      }
    })
    return Stream.fromEffectRepeat(next)
  }))
