import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Rpcs from "./ClinitRpcs.ts"
import * as JsonRpc from "./JsonRpc.ts"
import type { Connection, ConnectionLost, NoDaemon, Transport } from "./Transport.ts"
import { ProtocolError } from "./Transport.ts"

/**
 * How a call fails: with its own refusals; `NoDaemon`, and it was not sent; `ConnectionLost`, and whether it was carried out is
 * not known; `ProtocolError`.
 */
export type CallError<M extends Rpcs.Method = Rpcs.Method> =
  | Rpcs.RefusalOf<M>
  | NoDaemon
  | ConnectionLost
  | ProtocolError

/** A call as programs make it. */
export type Call<M extends Rpcs.Method> = (
  input: Rpcs.Input<M>
) => Effect.Effect<Rpcs.Result<M>, CallError<M>>

const decodeResponse = Schema.decodeUnknownEffect(Schema.fromJsonString(JsonRpc.Response))

/** The same over a connection that is there. */
export const over = <M extends Rpcs.Method>(method: M) => {
  const { params, refusal, result } = Rpcs.calls[method]
  const encode = Schema.encodeUnknownEffect(params)
  const decode = Schema.decodeUnknownEffect(result) as (
    answer: unknown
  ) => Effect.Effect<Rpcs.Result<M>, Schema.SchemaError>
  const decodeRefusal = Schema.decodeUnknownEffect<Schema.Decoder<Rpcs.RefusalOf<M>>>(refusal)
  return Effect.fnUntraced(
    function*(
      input: Rpcs.Input<M>,
      { receive, send }: Connection
    ): Effect.fn.Return<
      Rpcs.Result<M>,
      Rpcs.RefusalOf<M> | ConnectionLost | ProtocolError | Schema.SchemaError
    > {
      yield* send(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: yield* encode(input) }))
      const response = yield* decodeResponse(yield* receive)
      if ("result" in response) return yield* decode(response.result)
      const { code, data, message } = response.error
      const misunderstood = new ProtocolError({ reason: message, code })
      if (code !== JsonRpc.Code.refused) return yield* misunderstood
      // A daemon that is newer may refuse for reasons that are not known here.
      return yield* Effect.flatMap(Effect.mapError(decodeRefusal(data), () => misunderstood), Effect.fail)
    },
    (effect) =>
      Effect.catchIf(
        effect,
        Schema.isSchemaError,
        (error) => Effect.fail(new ProtocolError({ reason: error.message }))
      )
  )
}

/** The call over a connection of its own, which is closed behind the answer. */
export const make = <M extends Rpcs.Method>(connect: Transport["Service"]["connect"], method: M): Call<M> => {
  const call = over(method)
  return (input) => Effect.scoped(Effect.flatMap(connect, (connection) => call(input, connection)))
}
