import type { ChildExit } from "@clinit/protocol/Status"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Entry } from "./Cltab.ts"

export type Signal = "SIGHUP" | "SIGINT" | "SIGQUIT" | "SIGTERM" | "SIGKILL"

/** The operating system refused to start a process; nothing was left running. */
export class SpawnError extends Schema.TaggedError<SpawnError>()("SpawnError", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

/** A started process: the leader of its own session and process group. */
export interface Child {
  readonly pid: number
  /** How the leader ended, as soon as it has. Interruptible; may be awaited any number of times. */
  readonly exit: Effect.Effect<ChildExit>
  /** Whether no live process of the group remains. Once true it stays true. */
  readonly isExtinct: () => boolean
  /** Completes once no live process of the group remains. Interruptible. */
  readonly extinct: Effect.Effect<void>
  /** Sends the signal to every process of the group; does nothing once the group is extinct. */
  readonly signal: (signal: Signal) => Effect.Effect<void>
}

/** The seam to the operating system. Everything above it runs on the test clock as well. */
export class Spawner extends Context.Service<Spawner, {
  /** Starts the entry's command through `/bin/sh -c`; done once the process exists. */
  readonly spawn: (entry: Entry) => Effect.Effect<Child, SpawnError>
}>()("@clinit/core/Spawner") {}
