import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as DaemonServer from "./DaemonServer.ts"
import type { HistoryStore } from "./HistoryStore.ts"
import type { LedgerStore } from "./LedgerStore.ts"
import type { LoadedCltab } from "./LoadedCltab.ts"
import type { SocketRefused } from "./SocketRefused.ts"
import type { StatusFileTarget } from "./StatusFile.ts"
import type { Trouble } from "./Trouble.ts"

/** Another process holds the lock, or the lock file cannot be used. */
export class LockRefused extends Schema.TaggedError<LockRefused>()("LockRefused", {
  file: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.file}: ${this.reason}`
  }
}

/**
 * From a request's line to its answer's, if it has one. Interrupting it gives up waiting and takes back nothing. A feed
 * that is handed to `follow` comes behind the answer, and whoever took it has to close it.
 */
export type Answer = (line: string, follow?: DaemonServer.Follow) => Effect.Effect<string | undefined>

/** A socket's path that is ours, with all that belongs to the daemon there. */
export interface Claim {
  /** This process. */
  readonly pid: number
  /** A word that the daemon at this path has, a later one, too, and no other of this machine. */
  readonly name: string
  /** Where its loggers' pipes are. */
  readonly pipes: string
  readonly ledger: Layer.Layer<LedgerStore>
  readonly history: Layer.Layer<HistoryStore>
  /** The status file at this path, which is written only as long as the socket's path is ours. */
  readonly statusFile: (path: string) => Layer.Layer<StatusFileTarget>
  /** Listens, and serves clients while the scope lives. Fails when something that is no socket is at the path. */
  readonly listen: (answer: Answer) => Effect.Effect<void, SocketRefused, Scope.Scope | Trouble>
}

/** Where a daemon can be reached and keeps what it has to remember; `node/NodeMachine.ts` has the real one. */
export class Premises extends Context.Service<Premises, {
  /** Claims a socket's path while the scope lives; fails when another daemon has it. */
  readonly claim: (socket: string) => Effect.Effect<Claim, SocketRefused | LockRefused, Scope.Scope>
  /** What the cltab's settings say of metrics, traces and logs for others to see: all that shall be in them runs in its context. */
  readonly telemetry: (
    identity: { readonly version: string }
  ) => Layer.Layer<never, never, LoadedCltab | Trouble>
}>()("@clinit/core/Premises") {}
