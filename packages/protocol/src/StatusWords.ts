import type { Level } from "./Names.ts"
import type { StopReason } from "./Plan.ts"
import type { RunEnd } from "./Status.ts"

// Without the schemas: what only shows something need not load them.

/** How a run ended, in words. */
export const describeEnd = (end: RunEnd): string => {
  switch (end._tag) {
    case "Exited":
      return `exited ${end.code}`
    case "Signaled":
      return `died of ${end.signal}`
    case "Unknown":
      return "ended, exit code unknown"
    case "NotSpawned":
      return `could not be started: ${end.reason}`
    case "TimedOut":
      return `timed out after ${end.millis / 1_000} s`
  }
}

/** Why it is stopped, in words. */
export const describeReason = (reason: StopReason, to: Level | undefined): string => {
  switch (reason._tag) {
    case "OtherLevel":
      return `not at level ${to ?? "-"}`
    case "Deleted":
      return "no longer in the cltab"
    case "Off":
      return "turned off"
    case "ByHand":
      return "by hand"
    case "Changed":
      return `changed: ${reason.what.join(", ")}`
    case "Refused":
      return "could not be started"
    case "Leaving":
      return "already told to go"
  }
}
