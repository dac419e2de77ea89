import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as fs from "node:fs"
import * as net from "node:net"
import * as path from "node:path"
import * as Metrics from "../Metrics.ts"
import type { Answer, LockRefused } from "../Premises.ts"
import { because, SocketRefused } from "../SocketRefused.ts"
import { Trouble } from "../Trouble.ts"
import * as Beat from "./Beat.ts"
import * as BoundSocket from "./BoundSocket.ts"
import * as ClientConnection from "./ClientConnection.ts"
import * as OpenFiles from "./OpenFiles.ts"
import * as OwnerLock from "./OwnerLock.ts"

/** The right to listen at a socket's path, and to own all that the daemon there owns. */
export interface Claim {
  readonly socket: string
  readonly lock: OwnerLock.OwnerLock
}

/** How often it is looked whether the paths of socket and lock still lead to ours. */
export const Upkeep = Context.Reference<Duration.Duration>("@clinit/core/node/SocketUpkeep", {
  defaultValue: () => Duration.seconds(2)
})

const makeDirectory = (socket: string) =>
  Effect.try({
    try: () => fs.mkdirSync(path.dirname(socket), { recursive: true, mode: 0o700 }),
    catch: because(socket)
  })

/**
 * Claims the path while the scope lives, by the lock beside it; fails when another daemon has it. The path's directory
 * is made, for the owner only, if it is missing.
 */
export const claim = Effect.fnUntraced(
  function*(
    socket: string
  ): Effect.fn.Return<Claim, SocketRefused | LockRefused, Scope.Scope> {
    if (Buffer.byteLength(socket) > BoundSocket.maxPathBytes) {
      const reason = `the path is longer than ${BoundSocket.maxPathBytes} bytes`
      return yield* new SocketRefused({ socket, reason })
    }
    yield* makeDirectory(socket)
    return { socket, lock: yield* OwnerLock.acquire(`${socket}.lock`) }
  }
)

const subject = "socket"

const fate = (file: string) => {
  const isThere = Result.try(() => fs.lstatSync(file, { throwIfNoEntry: false }) !== undefined)
  return Result.getOrElse(isThere, () => false) ? "was replaced" : "was removed"
}

/** What is no longer at its path, and what that means; nothing while all is well. */
const loss = ({ lock, socket }: Claim, bound: BoundSocket.BoundSocket): string | undefined => {
  if (!bound.isInPlace()) return `${socket} ${fate(socket)}: nobody can reach the daemon`
  if (!lock.isInPlace()) return `${lock.file} ${fate(lock.file)}: a second daemon could start`
  return undefined
}

const present = Metrics.gauge("clients")

const counted = <A, E, R>(client: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(Metric.modify(present, 1), () => client, () => Metric.modify(present, -1))

/** Serves each client that comes, as well as there is room for it. */
const reception = Effect.fnUntraced(function*(answer: Answer) {
  const limits = yield* ClientConnection.Limits
  const seats = yield* Semaphore.make(limits.clients)
  const standing = yield* Semaphore.make(limits.hasty)
  return Effect.fnUntraced(
    function*(client: net.Socket) {
      const seated = yield* seats.withPermitsIfAvailable(1)(ClientConnection.serve(client, answer))
      if (Option.isSome(seated)) return
      const served = yield* standing.withPermitsIfAvailable(1)(ClientConnection.serveHastily(client, answer))
      if (Option.isNone(served)) yield* ClientConnection.turnAway(client)
      yield* ClientConnection.dismiss(client)
    },
    (effect, client) =>
      effect.pipe(
        Effect.catchDefect((defect) => Effect.logDebug("a client went away", defect)),
        Effect.ensuring(Effect.sync(() => client.destroySoon())),
        counted
      )
  )
})

/**
 * Listens at the path that was claimed, for the owner only, and serves clients while the scope lives. Fails when
 * something is at the path, which is left alone; a socket that a dead daemon left behind is replaced.
 *
 * When somebody removes socket, lock or their directory, they are made again, unless another daemon has come in
 * between; connections last. What stands against it is a trouble for as long.
 */
export const listen = Effect.fnUntraced(
  function*(
    claim: Claim,
    answer: Answer
  ): Effect.fn.Return<void, SocketRefused, Scope.Scope | Trouble> {
    const { lock, socket } = claim
    const trouble = yield* Trouble
    const { connections } = yield* ClientConnection.Limits
    yield* Effect.acquireRelease(Metric.update(present, 0), () => Metric.remove(present))
    const clients = yield* FiberSet.make<void>()
    const run = yield* FiberSet.runtime(clients)()
    const receive = yield* reception(answer)

    const bind = Effect.suspend(() => {
      const server = net.createServer({ allowHalfOpen: true }, (client) => {
        client.on("error", () => client.destroy())
        run(receive(client))
      })
      server.maxConnections = connections
      return Effect.tap(
        BoundSocket.bind(server, socket),
        () => Effect.sync(() => server.on("error", ({ message }) => void run(trouble.set(subject, message))))
      )
    })

    let bound: BoundSocket.BoundSocket = yield* Effect.acquireRelease(
      bind,
      // First no new clients, then an end with those that are there: a client in between would never be served.
      () => Effect.all([bound.close, FiberSet.clear(clients)], { concurrency: "unbounded" })
    )

    const restore = Effect.gen(function*() {
      yield* makeDirectory(socket)
      yield* lock.renew
      if (bound.isInPlace()) return
      const next = yield* bind
      run(bound.close) // which lasts as long as its connections
      bound = next
    }).pipe(Effect.uninterruptible)

    const keep = Effect.gen(function*() {
      const lost = loss(claim, bound)
      if (lost !== undefined) {
        const obstacle = yield* Effect.match(restore, {
          onFailure: ({ message }) => `; ${message}`,
          onSuccess: () => ""
        })
        yield* trouble.set(subject, lost + obstacle)
        if (obstacle !== "") return
      }
      yield* trouble.clear(subject)
    })

    const upkeep = yield* Upkeep
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(Beat.every(upkeep), keep)))
    yield* Effect.forkScoped(OpenFiles.watch)
  }
)

/** Claims the path and listens there. */
export const serveAt = (socket: string, answer: Answer) =>
  Effect.flatMap(claim(socket), (claim) => listen(claim, answer))
