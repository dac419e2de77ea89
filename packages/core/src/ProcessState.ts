import type { ProcessState } from "@clinit/protocol/Status"

/** `Down` is not a state: the entry's process is forgotten. */
export type Step = ProcessState["_tag"] | "Down"

/**
 * Which states may follow which: every published trace of an entry obeys this table. A process starts as
 * `Starting`, unless it is adopted; only a respawn entry goes back to it, also when it could not be
 * forked, or pauses, and a test whose result nobody saw.
 */
export const successors: Readonly<Record<Step, ReadonlyArray<Step>>> = {
  Starting: ["Running", "Starting", "Pausing", "Stopping", "Failed", "Down"],
  Running: ["Starting", "Pausing", "Stopping", "Done", "Passed", "Failed", "Down"],
  Pausing: ["Starting", "Down"],
  Stopping: ["Stopping", "Starting", "Pausing", "Done", "Passed", "Failed", "Down"],
  Done: ["Down"],
  Passed: ["Down"],
  Failed: ["Down"],
  Down: ["Starting"]
}

/** Whether a live process may stand behind the state, so that leaving it takes a stop. */
export const isLive = ({ _tag }: ProcessState): boolean =>
  _tag === "Starting" || _tag === "Running" || _tag === "Stopping"
