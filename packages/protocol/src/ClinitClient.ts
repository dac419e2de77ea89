import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import * as Call from "./Call.ts"
import type * as Rpcs from "./ClinitRpcs.ts"
import { Transport } from "./Transport.ts"
import * as Watch from "./Watch.ts"
import type { News } from "./WatchPosition.ts"

export type { Call, CallError } from "./Call.ts"
export type { Connection } from "./Transport.ts"
export { ConnectionLost, NoDaemon, ProtocolError, Transport } from "./Transport.ts"
export type { WatchError } from "./Watch.ts"
export type { News, Position } from "./WatchPosition.ts"

type Plain = Exclude<Rpcs.Method, "watch">

/**
 * The daemon's calls, each over a connection of its own: any number of fibers may use it at once, a call that waits holds up no
 * other, and it outlives the daemon. An order is sent once at most, and giving up a call takes nothing back.
 *
 * There is no time limit: `Effect.timeout` sets one. What each call can be refused with is in `Rpcs.calls`, and in its type.
 */
export class ClinitClient extends Context.Service<
  ClinitClient,
  { readonly [M in Plain]: Call.Call<M> } & {
    /** What happens, from now on or after a position, over one connection or, if asked for, as many as it takes. */
    readonly watch: (options?: Watch.Options) => Stream.Stream<News, Watch.WatchError>
  }
>()("@clinit/protocol/ClinitClient") {
  static readonly layer: Layer.Layer<ClinitClient, never, Transport> = Layer.effect(
    ClinitClient,
    Effect.map(Transport, ({ connect }) => ({
      tell: Call.make(connect, "tell"),
      retry: Call.make(connect, "retry"),
      start: Call.make(connect, "start"),
      stop: Call.make(connect, "stop"),
      restart: Call.make(connect, "restart"),
      signal: Call.make(connect, "signal"),
      reread: Call.make(connect, "reread"),
      plan: Call.make(connect, "plan"),
      environment: Call.make(connect, "environment"),
      status: Call.make(connect, "status"),
      history: Call.make(connect, "history"),
      watch: (options = {}) => Watch.stream(connect, options),
      shutdown: Call.make(connect, "shutdown"),
      version: Call.make(connect, "version")
    }))
  )
}
