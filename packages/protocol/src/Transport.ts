import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as CallText from "./CallText.ts"

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

/**
 * The peer answered something that this client does not understand, or did not understand this client; `code` is that of
 * a JSON-RPC error, if it was one.
 */
export class ProtocolError extends Schema.TaggedError<ProtocolError>()("ProtocolError", {
  reason: Schema.String,
  code: Schema.optionalKey(Schema.Int)
}) {
  override get message() {
    return CallText.misunderstood(this.reason)
  }
}

/** A connection that carries one message a line, each way. */
export interface Connection {
  /** Sends a line. */
  readonly send: (line: string) => Effect.Effect<void>
  /** The next line, waited for without a time limit. Those that come before they are asked for hold up the daemon. */
  readonly receive: Effect.Effect<string, ConnectionLost>
}

/** The way to the daemon; `node/NodeClinitClient.ts` has the one over its socket. */
export class Transport extends Context.Service<Transport, {
  /** Connects, or fails when nobody listens; the connection ends with the scope. */
  readonly connect: Effect.Effect<Connection, NoDaemon, Scope.Scope>
}>()("@clinit/protocol/Transport") {}
