import type { GroupStatus, ProcessStatus } from "@clinit/protocol/Status"

/** How something fares, as a script wants to know it. */
export type Health = "up" | "failed" | "not running" | "unknown"

/** The exit code of `clinit status NAME`, as the Linux Standard Base has it for the status of a service. */
export const exitCodes: Readonly<Record<Health, number>> = { up: 0, failed: 1, "not running": 3, unknown: 4 }

/** How an entry fares that its group has started: what pauses after it failed is failed, what finished well is up. */
export const ofEntry = ({ state }: Pick<ProcessStatus, "state">): Health => {
  switch (state._tag) {
    case "Running":
    case "Done":
    case "Passed":
      return "up"
    case "Failed":
    case "Pausing":
      return "failed"
    case "Starting":
    case "Stopping":
      return "not running"
  }
}

/**
 * How a group fares: up if it has settled, something of it was started, and no respawn entry of it pauses or was given
 * up. One that is on its way, to its level or to rest, is not running yet or any more.
 */
export const ofGroup = ({ processes, state }: Pick<GroupStatus, "processes" | "state">): Health => {
  if (state === "FAILED") return "failed"
  if (state !== "DONE" && state !== "PASSED") return "not running"
  if (processes.some((entry) => entry.mode === "respawn" && ofEntry(entry) === "failed")) return "failed"
  return processes.length > 0 ? "up" : "not running"
}
