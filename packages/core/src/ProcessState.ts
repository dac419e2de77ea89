import type { ProcessState, RunEnd } from "@clinit/protocol/Status"
import type { Entry } from "./Cltab.ts"
import * as ExitCodes from "./ExitCodes.ts"
import * as SettingDefaults from "./SettingDefaults.ts"

/** `Down` is not a state: the entry's process is forgotten. */
export type Step = ProcessState["_tag"] | "Down"

/**
 * Which states may follow which: every published trace of an entry obeys this table. A process starts as
 * `Starting`, unless it is adopted; only a respawn entry goes back to it, also when it could not be
 * forked, or pauses, and a test whose result nobody saw. A respawn entry that has failed was given up, or never started.
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

/** What each state says, in words. */
export const meanings: Readonly<Record<Step, string>> = {
  Starting: "its loggers, then its process, are about to be started",
  Running: "its process runs",
  Pausing: "waits until it is started again, as it died too often or could not be started",
  Stopping: "its process tree, and its loggers behind that, are being stopped, by the stop schedule",
  Done: "has ended by itself as it should, and is not run again",
  Passed: "a test that has passed",
  Failed: "has ended as it should not, could not be started, or was given up",
  Down: "nothing of it is left, and it is shown no more"
}

/** Whether a live process may stand behind the state, so that leaving it takes a stop. */
export const isLive = ({ _tag }: ProcessState): boolean =>
  _tag === "Starting" || _tag === "Running" || _tag === "Stopping"

/** Whether a run that ended by itself did what it was there for; what the entry's `success` setting says, it says. */
const isSuccess = ({ mode, settings }: Pick<Entry, "mode" | "settings">, end: RunEnd): boolean => {
  if (end._tag === "NotSpawned" || end._tag === "TimedOut") return false
  const codes = settings?.success ?? SettingDefaults.successOf(mode)
  if (mode === "once" || (mode === "wait" && codes === "any")) return true
  return end._tag === "Exited" && ExitCodes.includes(codes, end.code)
}

/**
 * What a run makes of an entry that is not run again. A wait is done however it ended, and a test passes with 0; with
 * a `success` setting it takes one of its codes, and a death by a signal, or an end that nobody saw, is none. Only for a
 * wait `any` is just that.
 */
export const finished = (entry: Pick<Entry, "mode" | "settings">, end: RunEnd): ProcessState =>
  !isSuccess(entry, end) ? { _tag: "Failed" } : { _tag: entry.mode === "test" ? "Passed" : "Done" }
