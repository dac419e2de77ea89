import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as CallText from "./CallText.ts"
import * as Rpcs from "./ClinitRpcs.ts"
import { Event, Missed } from "./Event.ts"
import * as JsonRpc from "./JsonRpc.ts"

/** Nobody answers at the socket's path. */
export class NoDaemon extends Schema.TaggedError<NoDaemon>()("NoDaemon", {
  socket: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return CallText.noDaemon(this.socket, this.reason)
  }
}

/** The daemon went away before it answered: whether it took the request is not known. Or, if it had `answered`, behind that. */
export class ConnectionLost extends Schema.TaggedError<ConnectionLost>()("ConnectionLost", {
  reason: Schema.String,
  answered: Schema.optionalKey(Schema.Boolean)
}) {
  override get message() {
    return this.answered === true ? CallText.daemonGone(this.reason) : CallText.connectionLost(this.reason)
  }
}

/** The peer answered something that this client does not understand, or did not understand this client. */
export class ProtocolError
  extends Schema.TaggedError<ProtocolError>()("ProtocolError", { reason: Schema.String })
{
  override get message() {
    return `protocol error: ${this.reason}`
  }
}

/** A line's answer, and the lines behind it. */
export interface Conversation {
  readonly answer: string
  /** The next line. Those that come before they are asked for wait, and then hold up the daemon. */
  readonly next: Effect.Effect<string, ConnectionLost>
}

/** A connection that carries one message a line. */
export interface Connection {
  /** Sends a line and waits, without a time limit, for the line that answers it. */
  readonly exchange: (line: string) => Effect.Effect<string, ConnectionLost>
  /** The same for a line whose answer is not the last: nothing else can be exchanged from then on. */
  readonly converse: (line: string) => Effect.Effect<Conversation, ConnectionLost>
}

/** The way to the daemon; `node/UnixSocket.ts` has the one for the daemon's socket. */
export class Transport extends Context.Service<Transport, {
  /** Connects, or fails when nobody listens; the connection ends with the scope. */
  readonly connect: Effect.Effect<Connection, NoDaemon, Scope.Scope>
}>()("@clinit/protocol/Transport") {}

/** Why a call has no result. */
export type CallError = Rpcs.Refusal | ConnectionLost | ProtocolError
/** A call of the daemon. */
export type Call<M extends Rpcs.Method> = (params: Rpcs.Params<M>) => Effect.Effect<Rpcs.Result<M>, CallError>

/** What a watcher is told: an event, or that there is a gap. */
export type News =
  | { readonly _tag: "Event"; readonly event: Event }
  | { readonly _tag: "Missed"; readonly missed: Missed }

/** The watched events. */
export interface Watch extends Rpcs.Result<"watch"> {
  /** Waits for the next news. */
  readonly next: Effect.Effect<News, ConnectionLost | ProtocolError>
}

type Plain = Exclude<Rpcs.Method, "watch">

/**
 * The daemon's calls over one connection. Use it from one fiber at a time: answers come in order. After `watch` the
 * connection is there for its news only.
 */
export class ClinitClient extends Context.Service<
  ClinitClient,
  { readonly [M in Plain]: Call<M> } & {
    readonly watch: (params: Rpcs.Params<"watch">) => Effect.Effect<Watch, CallError>
  }
>()("@clinit/protocol/ClinitClient") {
  static readonly layer: Layer.Layer<ClinitClient, NoDaemon, Transport> = Layer.effect(
    ClinitClient,
    Effect.gen(function*() {
      const { connect } = yield* Transport
      const connection = yield* connect
      return {
        tell: call(connection, "tell"),
        retry: call(connection, "retry"),
        start: call(connection, "start"),
        stop: call(connection, "stop"),
        restart: call(connection, "restart"),
        signal: call(connection, "signal"),
        reread: call(connection, "reread"),
        plan: call(connection, "plan"),
        environment: call(connection, "environment"),
        status: call(connection, "status"),
        history: call(connection, "history"),
        watch: watch(connection),
        shutdown: call(connection, "shutdown"),
        version: call(connection, "version")
      }
    })
  )
}

const decodeResponse = Schema.decodeUnknownEffect(Schema.fromJsonString(JsonRpc.Response))
const decodeRefusal = Schema.decodeUnknownEffect(Rpcs.Refusal)

/** A call whose request is sent, and whose answer's line is got, in this way. */
const call = <M extends Rpcs.Method>(
  { exchange }: Pick<Connection, "exchange">,
  method: M
): Call<M> => {
  const { params, result } = Rpcs.calls[method]
  const encode = Schema.encodeUnknownEffect(params)
  const decode = Schema.decodeUnknownEffect(result) as (
    answer: unknown
  ) => Effect.Effect<Rpcs.Result<M>, Schema.SchemaError>
  return Effect.fnUntraced(
    function*(input) {
      const request = { jsonrpc: "2.0", id: 1, method, params: yield* encode(input) }
      const response = yield* decodeResponse(yield* exchange(JSON.stringify(request)))
      if ("result" in response) return yield* decode(response.result)
      if (response.error.code !== JsonRpc.Code.refused) {
        return yield* new ProtocolError({ reason: response.error.message })
      }
      return yield* Effect.fail(yield* decodeRefusal(response.error.data))
    },
    Effect.catchTag("SchemaError", (error) => Effect.fail(new ProtocolError({ reason: error.message })))
  )
}

const decodeNotification = Schema.decodeUnknownEffect(Schema.fromJsonString(JsonRpc.Notification))
const decodeEvent = Schema.decodeUnknownEffect(Event)
const decodeMissed = Schema.decodeUnknownEffect(Missed)

const watch = ({ converse }: Connection) => (params: Rpcs.Params<"watch">): Effect.Effect<Watch, CallError> =>
  Effect.suspend(() => {
    let next: Conversation["next"] = Effect.never
    const exchange = (line: string) =>
      Effect.map(converse(line), (conversation) => {
        next = conversation.next
        return conversation.answer
      })
    const news = Effect.gen(function*() {
      // A daemon that is newer may tell more than is known here.
      while (true) {
        const { method, params } = yield* decodeNotification(yield* next)
        if (method === "event") return { _tag: "Event" as const, event: yield* decodeEvent(params) }
        if (method === "missed") return { _tag: "Missed" as const, missed: yield* decodeMissed(params) }
      }
    }).pipe(
      Effect.catchTags({
        ConnectionLost: ({ reason }) => Effect.fail(new ConnectionLost({ reason, answered: true })),
        SchemaError: (error) => Effect.fail(new ProtocolError({ reason: error.message }))
      })
    )
    return Effect.map(call({ exchange }, "watch")(params), (answer) => ({ ...answer, next: news }))
  })
