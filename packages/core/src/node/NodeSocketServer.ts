import * as JsonRpc from "@clinit/protocol/JsonRpc"
import * as LineDecoder from "@clinit/protocol/LineDecoder"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as fs from "node:fs"
import * as net from "node:net"
import * as path from "node:path"
import * as DaemonServer from "../DaemonServer.ts"
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

/** A client that sends no whole line for this long, while nothing is being done for it, is told so and cut off. */
export const silence = Duration.seconds(30)

/** Linux's sun_path, less the zero at its end (unix(7)); a longer path would be cut short by the kernel. */
const maxPathBytes = 107

/** A client that does not take its answer for this long is cut off. */
const patienceMillis = 5_000

/** More clients than this at once are turned away by the kernel's side of the socket. */
const maxClients = 1_000

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

const listen = (socket: string) =>
  Effect.callback<net.Server, SocketRefused>((resume) => {
    const server = net.createServer({ allowHalfOpen: true })
    server.maxConnections = maxClients
    const failed = (error: Error) => resume(Effect.fail(refused(socket)(error)))
    server.once("error", failed)
    server.once("listening", () => {
      server.off("error", failed)
      resume(Effect.succeed(server))
    })
    // The path is bound inside listen(): with this umask there is no moment at which the socket is open to others.
    const umask = process.umask(0o177)
    try {
      server.listen({ path: socket })
    } finally {
      process.umask(umask)
    }
  })

const close = (server: net.Server) =>
  Effect.callback<void>((resume) => {
    // Closing also removes the socket's path.
    server.close(() => resume(Effect.void))
  })

const write = (client: net.Socket, line: string) =>
  Effect.callback<void>((resume) => {
    const timer = setTimeout(() => client.destroy(), patienceMillis)
    client.write(`${line}\n`, () => {
      clearTimeout(timer)
      resume(Effect.void)
    })
  })

type Answer = (line: string) => Effect.Effect<string | undefined>

const tooLong = DaemonServer.failure(
  JsonRpc.Code.tooLong,
  `a line is longer than ${JsonRpc.maxLineBytes} bytes`
)
const silent = DaemonServer.failure(
  JsonRpc.Code.silent,
  `no request within ${Duration.toSeconds(silence)} seconds`
)

/**
 * Serves one client: its lines in order, each answered before the next is looked at, so that a client which does not
 * read its answers holds up itself only. Ends when the client has closed its side and got its answers.
 */
const serve = Effect.fnUntraced(function*(client: net.Socket, answer: Answer) {
  const decoder = LineDecoder.make(JsonRpc.maxLineBytes)
  const chunks = client.iterator({ destroyOnReturn: false })
  // Uninterruptible, so that a daemon which ends still gives the answers that it owes.
  const reply = Effect.fnUntraced(function*(frame: LineDecoder.Frame) {
    const line = frame._tag === "TooLong" ? tooLong : yield* answer(frame.text)
    if (line !== undefined) yield* write(client, line)
  }, Effect.uninterruptible)
  let frames: ReadonlyArray<LineDecoder.Frame> = []
  const nextFrames = Effect.gen(function*() {
    while (frames.length === 0) {
      const chunk = yield* Effect.promise(() => chunks.next())
      if (chunk.done === true) return false
      frames = decoder.push(chunk.value as Buffer)
    }
    return true
  })
  while (true) {
    const more = yield* Effect.timeoutOption(nextFrames, silence)
    if (Option.isNone(more)) return yield* write(client, silent)
    if (!more.value) break
    const ready = frames
    frames = []
    for (const frame of ready) yield* reply(frame)
  }
  for (const frame of decoder.end()) yield* reply(frame)
})

/**
 * Listens at the path, for the owner only, and serves clients while the scope lives. The path's directory is made,
 * for the owner only, if it is missing. Fails when another daemon owns the path or when something else is there,
 * which is left alone; a socket that a dead daemon left behind is replaced.
 */
export const serveAt = Effect.fnUntraced(
  function*(socket: string, answer: Answer): Effect.fn.Return<
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
    const server = yield* Effect.acquireRelease(listen(socket), close)
    const run = yield* FiberSet.makeRuntime<never, void, never>()
    server.on("error", (error) => run(Effect.logError(`socket: ${error.message}`)))
    server.on("connection", (client) => {
      client.on("error", () => client.destroy())
      run(
        serve(client, answer).pipe(
          Effect.catchDefect((defect) => Effect.logDebug("a client went away", defect)),
          Effect.ensuring(Effect.sync(() => client.destroySoon()))
        )
      )
    })
  }
)
