import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as CallText from "./CallText.ts"
import * as Rpcs from "./ClinitRpcs.ts"
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

/** The daemon went away before it answered: whether it took the request is not known. */
export class ConnectionLost
  extends Schema.TaggedError<ConnectionLost>()("ConnectionLost", { reason: Schema.String })
{
  override get message() {
    return CallText.connectionLost(this.reason)
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

/** A connection that carries one message a line. */
export interface Connection {
  /** Sends a line and waits, without a time limit, for the line that answers it. */
  readonly exchange: (line: string) => Effect.Effect<string, ConnectionLost>
}

/** The way to the daemon; `node/UnixSocket.ts` has the one for the daemon's socket. */
export class Transport extends Context.Service<Transport, {
  /** Connects, or fails when nobody listens; the connection ends with the scope. */
  readonly connect: Effect.Effect<Connection, NoDaemon, Scope.Scope>
}>()("@clinit/protocol/Transport") {}

export type CallError = Rpcs.Refusal | ConnectionLost | ProtocolError
export type Call<M extends Rpcs.Method> = (params: Rpcs.Params<M>) => Effect.Effect<Rpcs.Result<M>, CallError>

/** The daemon's calls over one connection. Use it from one fiber at a time: answers come in order. */
export class ClinitClient extends Context.Service<ClinitClient, { readonly [M in Rpcs.Method]: Call<M> }>()(
  "@clinit/protocol/ClinitClient"
) {
  static readonly layer: Layer.Layer<ClinitClient, NoDaemon, Transport> = Layer.effect(
    ClinitClient,
    Effect.gen(function*() {
      const { connect } = yield* Transport
      const connection = yield* connect
      return {
        tell: call(connection, "tell"),
        retry: call(connection, "retry"),
        reread: call(connection, "reread"),
        plan: call(connection, "plan"),
        environment: call(connection, "environment"),
        status: call(connection, "status"),
        shutdown: call(connection, "shutdown"),
        version: call(connection, "version")
      }
    })
  )
}

const decodeResponse = Schema.decodeUnknownEffect(Schema.fromJsonString(JsonRpc.Response))
const decodeRefusal = Schema.decodeUnknownEffect(Rpcs.Refusal)

const call = <M extends Rpcs.Method>(connection: Connection, method: M): Call<M> => {
  const { params, result } = Rpcs.calls[method]
  const encode = Schema.encodeUnknownEffect(params)
  const decode = Schema.decodeUnknownEffect(result) as (
    answer: unknown
  ) => Effect.Effect<Rpcs.Result<M>, Schema.SchemaError>
  return Effect.fnUntraced(
    function*(input) {
      const request = { jsonrpc: "2.0", id: 1, method, params: yield* encode(input) }
      const response = yield* decodeResponse(yield* connection.exchange(JSON.stringify(request)))
      if ("result" in response) return yield* decode(response.result)
      if (response.error.code !== JsonRpc.Code.refused) {
        return yield* new ProtocolError({ reason: response.error.message })
      }
      return yield* Effect.fail(yield* decodeRefusal(response.error.data))
    },
    Effect.catchTag("SchemaError", (error) => Effect.fail(new ProtocolError({ reason: error.message })))
  )
}
