import * as Schema from "effect/Schema"

/** The daemon cannot listen at the socket's path. */
export class SocketRefused extends Schema.TaggedError<SocketRefused>()("SocketRefused", {
  socket: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `cannot listen on ${this.socket}: ${this.reason}`
  }
}

/** The error for what was thrown. */
export const because = (socket: string) => (error: unknown): SocketRefused =>
  new SocketRefused({ socket, reason: (error as Error).message })
