import { Containment } from "@clinit/protocol/Status"
import * as Context from "effect/Context"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { CltabSource } from "./CltabSource.ts"
import type { Spawner } from "./Spawner.ts"

/** The containment that was asked for cannot be had here. */
export class ContainmentUnavailable
  extends Schema.TaggedError<ContainmentUnavailable>()("ContainmentUnavailable", {
    containment: Containment,
    reason: Schema.String
  })
{
  override get message() {
    return `containment ${this.containment} is not available: ${this.reason}`
  }
}

/** How one supervisor's processes are to be held. */
export interface SpawnerOptions {
  /** What holds the trees together; the best that there is unless given. */
  readonly containment?: Containment | undefined
  /** A word that no other supervisor of this machine has: the control groups are named by it. */
  readonly name: string
  /**
   * The directory for the pipes of loggers, which no other supervisor may have; it is made when it is needed. Unless given
   * it is one for temporary files, and whoever empties that cuts a logger off from a daemon that comes after a killed one.
   */
  readonly pipes?: string | undefined
  /** Whether a process of its own may fork for the supervisor, so that its memory and its work do not slow starts down. */
  readonly forker?: boolean | undefined
}

/**
 * What a supervisor needs of the machine that it runs on: `node/NodeMachine.ts` is the real one, the test kit has one whose
 * processes are scripted. What it makes belongs to one supervisor.
 */
export class Machine extends Context.Service<Machine, {
  /** Starts processes. */
  readonly spawner: (options: SpawnerOptions) => Layer.Layer<Spawner, ContainmentUnavailable>
  /** Reads the cltab at this path. */
  readonly cltab: (file: string) => Layer.Layer<CltabSource>
}>()("@clinit/core/Machine") {}
