import type { GroupState, ProcessState } from "@clinit/protocol/Status"

/**
 * What the processes of a level add up to once all have started: FAILED if any failed, PASSED if there is at least
 * one and all are passed tests, else DONE.
 */
export const outcome = (processes: ReadonlyArray<ProcessState>): "DONE" | "PASSED" | "FAILED" => {
  if (processes.some((process) => process._tag === "Failed")) return "FAILED"
  return processes.length > 0 && processes.every((process) => process._tag === "Passed") ? "PASSED" : "DONE"
}

/**
 * Which states may follow which: every published trace of a group obeys this table. A level that is done may yet fail:
 * when a respawn entry is given up.
 */
export const successors: Readonly<Record<GroupState, ReadonlyArray<GroupState>>> = {
  CONFIGURED: ["STARTING"],
  STARTING: ["STARTING", "CHECKING", "STOPPING", "HALTING"],
  CHECKING: ["DONE", "PASSED", "FAILED", "STOPPING", "STARTING", "HALTING"],
  DONE: ["FAILED", "STOPPING", "STARTING", "HALTING"],
  PASSED: ["STOPPING", "STARTING", "HALTING"],
  FAILED: ["STOPPING", "STARTING", "HALTING"],
  STOPPING: ["STARTING", "STOPPING", "HALTING"],
  HALTING: ["CONFIGURED", "STOPPING", "STARTING", "HALTING"]
}

/** What each state says, in words. */
export const meanings: Readonly<Record<GroupState, string>> = {
  CONFIGURED: "stands still: it was told nothing yet, or was halted",
  STARTING: "starts what its level has, in file order, each entry when the one before has started",
  CHECKING: "all have started; the outcome is about to be told",
  DONE: "is at its level, and no entry has failed",
  PASSED: "is at its level, which has tests only, and all have passed",
  FAILED: "is at its level, and an entry has failed or was given up",
  STOPPING: "stops what the new level lacks; the level that is shown is still the old one",
  HALTING: "stops everything, to stand still"
}
