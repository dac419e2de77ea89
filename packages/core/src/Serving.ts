import type { InvalidCltab } from "@clinit/protocol/ClinitRpcs"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { Cltab } from "./Cltab.ts"
import * as CltabSettings from "./CltabSettings.ts"
import type { CltabUnreadable } from "./CltabSource.ts"
import * as DaemonPaths from "./DaemonPaths.ts"
import * as DaemonServer from "./DaemonServer.ts"
import { History } from "./History.ts"
import { Ledger } from "./Ledger.ts"
import type { LedgerRefused } from "./LedgerStore.ts"
import { LoadedCltab } from "./LoadedCltab.ts"
import type { ContainmentUnavailable, Machine } from "./Machine.ts"
import type { Answer, LockRefused } from "./Premises.ts"
import { Premises } from "./Premises.ts"
import type { SocketRefused } from "./SocketRefused.ts"
import { StatusBoard } from "./StatusBoard.ts"
import * as StatusFile from "./StatusFile.ts"
import * as Supervision from "./Supervision.ts"
import * as Telemetry from "./Telemetry.ts"

/** Where a daemon serves, and how it begins. */
export interface Options<E = never, R = never> extends Supervision.Options {
  /** The socket's path, unless the cltab says another; `/var/run/clinit/clinit.s` unless given. */
  readonly socket?: string | undefined
  /** The status file's path, unless the cltab says another; `/var/run/clinit/clstat` unless given. */
  readonly clstat?: string | undefined
  /** Whether it goes on with what a daemon that was killed left, which is so unless given. */
  readonly resume?: boolean | undefined
  /** The version that `status` and `version` tell; "embedded" unless given. */
  readonly version?: string | undefined
  /** Carried out when the cltab is loaded, before anything else: the start is refused if this fails. */
  readonly onLoaded?: (cltab: Cltab) => Effect.Effect<void, E, R>
}

/** Clients that come before the daemon is there wait for it. */
const makeDoor = Effect.map(Deferred.make<Answer>(), (opened) => ({
  answer: ((line, follow) =>
    Effect.flatMap(Deferred.await(opened), (answer) =>
      answer(line, follow))) satisfies Answer,
  open: (answer: Answer) => Deferred.succeed(opened, answer)
}))

/**
 * Supervises while the scope lives, serves clients at a socket, keeps a status file, and remembers what it does, so that one
 * that comes after a killed one goes on. The order is what makes it safe to fail: until the last step nothing was started,
 * adopted or signalled.
 */
export const make = Effect.fnUntraced(function*<E = never, R = never>(
  options: Supervision.Source & Options<E, R>
): Effect.fn.Return<
  Context.Context<Supervision.Parts>,
  | InvalidCltab
  | CltabUnreadable
  | ContainmentUnavailable
  | SocketRefused
  | LockRefused
  | LedgerRefused
  | E,
  Machine | Premises | Scope.Scope | R
> {
  const { resume = true, version = "embedded" } = options
  const loaded = yield* Supervision.load(options)
  const cltab = Context.get(loaded.cltab, LoadedCltab).current()
  if (options.onLoaded !== undefined) yield* options.onLoaded(cltab)
  const { clstat, socket } = DaemonPaths.resolve(
    { socket: options.socket, clstat: options.clstat },
    CltabSettings.paths(cltab.settings)
  )
  const premises = yield* Premises
  const claimed = yield* Scope.fork(yield* Effect.scope)
  const claim = yield* Scope.provide(premises.claim(socket), claimed)
  const alongside = Context.merge(
    loaded.cltab,
    yield* Layer.build(Layer.fresh(Supervision.alongside(options)))
  )
  const base = Context.merge(
    alongside,
    yield* Effect.provideContext(Layer.build(premises.telemetry({ version })), alongside)
  )
  // Before the last export, which waits for its collector: who was told that all is down may start another daemon.
  yield* Effect.addFinalizer((exit) => Scope.close(claimed, exit))
  const door = yield* makeDoor
  yield* Effect.provideContext(claim.listen(door.answer), base)
  // Who waits at the door of a start that fails must not hold up its end.
  yield* Effect.addFinalizer(() => door.open(() => Effect.succeed(undefined)))
  const spawner = yield* Supervision.spawner(loaded, {
    name: claim.name,
    pipes: claim.pipes,
    forker: true
  })
  const { metrics, otlp } = cltab.settings
  const isRead = metrics !== undefined || otlp !== undefined || (yield* Telemetry.HasOtherReaders)
  const system = yield* Layer.build(Layer.fresh(Layer.mergeAll(
    Layer.provide(Ledger.layer({ resume }), claim.ledger),
    (isRead ? Layer.provideMerge(Telemetry.over, StatusBoard.recorded) : StatusBoard.recorded).pipe(
      Layer.provideMerge(History.layer),
      Layer.provide(claim.history)
    ),
    spawner
  ))).pipe(Effect.provideContext(base))
  const parts = Context.merge(base, system)
  const all = Context.merge(parts, yield* Effect.provideContext(Supervision.daemon(options), parts))
  yield* door.open(yield* Effect.provideContext(DaemonServer.make({ version, pid: claim.pid }), all))
  yield* Layer.build(Layer.provide(StatusFile.layer, claim.statusFile(clstat))).pipe(
    Effect.provideContext(all)
  )
  yield* Effect.logInfo(`clinit ${version} listens on ${socket}`)
  return all
})
