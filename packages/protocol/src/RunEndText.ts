import type { RunEnd } from "./Status.ts"

// Apart from the schema: who only prints a status does not have to load it.

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
