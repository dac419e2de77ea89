import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as fs from "node:fs"
import * as net from "node:net"
import * as path from "node:path"
import * as ClientConnection from "./ClientConnection.ts"
import * as OwnerLock from "./OwnerLock.ts"

/** The daemon cannot listen at the socket's path. */
export class SocketRefused extends Schema.TaggedError<SocketRefused>()("SocketRefused", {
  socket: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `cannot listen on ${this.socket}: ${this.reason}`
  }
}

/** Linux's sun_path less the zero at its end, see unix(7). */
const maxPathBytes = 107

const refused = (socket: string) => (error: unknown) =>
  new SocketRefused({ socket, reason: (error as Error).message })

/** Whether somebody accepts connections at the path; anything but a clear no counts as yes. */
const isListening = (socket: string) =>
  Effect.callback<boolean>((resume) => {
    const probe = net.connect({ path: socket })
    const settle = (listening: boolean) => {
      probe.destroy()
      resume(Effect.succeed(listening))
    }
    probe.once("connect", () => settle(true))
    probe.once("error", ({ code }: NodeJS.ErrnoException) =>
      settle(code !== "ECONNREFUSED" && code !== "ENOENT"))
    return Effect.sync(() =>
      probe.destroy()
    )
  })

/** Makes the path free, or says why it is not: only a socket that nobody listens on is removed. */
const clear = Effect.fnUntraced(function*(socket: string) {
  const stat = yield* Effect.try({
    try: () => fs.lstatSync(socket, { throwIfNoEntry: false }),
    catch: refused(socket)
  })
  if (stat === undefined) return
  if (!stat.isSocket()) {
    return yield* new SocketRefused({ socket, reason: "the path exists and is not a socket" })
  }
  if (yield* isListening(socket)) {
    return yield* new SocketRefused({ socket, reason: "a daemon already listens there" })
  }
  yield* Effect.try({ try: () => fs.unlinkSync(socket), catch: refused(socket) })
})

const listen = (socket: string, backlog: number) =>
  Effect.callback<net.Server, SocketRefused>((resume) => {
    const server = net.createServer({ allowHalfOpen: true })
    const failed = (error: Error) => resume(Effect.fail(refused(socket)(error)))
    server.once("error", failed)
    server.once("listening", () => {
      server.off("error", failed)
      resume(Effect.succeed(server))
    })
    // The path is bound inside listen(): with this umask there is no moment at which the socket is open to others.
    const umask = process.umask(0o177)
    try {
      server.listen({ path: socket, backlog })
    } finally {
      process.umask(umask)
    }
  })

/** Takes no more clients and removes the socket's path at once; done when the last connection has ended. */
const close = (server: net.Server) =>
  Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))

/**
 * Listens at the path, for the owner only, and serves clients while the scope lives. The path's directory is made,
 * for the owner only, if it is missing. Fails when another daemon owns the path or when something else is there,
 * which is left alone; a socket that a dead daemon left behind is replaced.
 */
export const serveAt = Effect.fnUntraced(
  function*(socket: string, answer: ClientConnection.Answer): Effect.fn.Return<
    void,
    SocketRefused | OwnerLock.LockRefused,
    Scope.Scope
  > {
    if (Buffer.byteLength(socket) > maxPathBytes) {
      return yield* new SocketRefused({ socket, reason: `the path is longer than ${maxPathBytes} bytes` })
    }
    yield* Effect.try({
      try: () => fs.mkdirSync(path.dirname(socket), { recursive: true, mode: 0o700 }),
      catch: refused(socket)
    })
    yield* OwnerLock.acquire(`${socket}.lock`)
    yield* clear(socket)
    const limits = yield* ClientConnection.Limits
    const seats = yield* Semaphore.make(limits.clients)
    const clients = yield* FiberSet.make<void>()
    const run = yield* FiberSet.runtime(clients)()
    const server = yield* Effect.acquireRelease(
      listen(socket, limits.clients),
      // First no new clients, then an end with those that are there: a client in between would never be served.
      (server) => Effect.all([close(server), FiberSet.clear(clients)], { concurrency: "unbounded" })
    )
    server.on("error", (error) => run(Effect.logError(`socket: ${error.message}`)))
    server.on("connection", (client) => {
      client.on("error", () => client.destroy())
      run(
        ClientConnection.serve(client, answer).pipe(
          seats.withPermitsIfAvailable(1),
          Effect.flatMap((served) => Option.isSome(served) ? Effect.void : ClientConnection.turnAway(client)),
          Effect.catchDefect((defect) => Effect.logDebug("a client went away", defect)),
          Effect.ensuring(Effect.sync(() => client.destroySoon()))
        )
      )
    })
  }
)
