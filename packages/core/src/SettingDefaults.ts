import type { Mode } from "@clinit/protocol/Names"
import * as CltabSettings from "./CltabSettings.ts"
import * as ExitCodes from "./ExitCodes.ts"
import * as StopSchedule from "./StopSchedule.ts"

/**
 * What holds for an entry where no line makes a setting, unless that depends on its mode: the original's times and
 * numbers (its sections 9 and 10). What is not in here is not limited, changed or set then.
 */
export const values = {
  stop: [
    { signal: "SIGINT", graceMillis: 5_000 },
    { signal: "SIGTERM", graceMillis: 10_000 },
    { signal: "SIGKILL", graceMillis: StopSchedule.lastGraceMillis }
  ],
  success: "any",
  "respawn.hits": 5,
  "respawn.window": 1_000,
  "respawn.pause": 60_000,
  "respawn.factor": 1,
  "respawn.jitter": 0,
  env: "inherit",
  output: { _tag: "Inherit" }
} as const satisfies CltabSettings.Applied

/** What holds for the whole daemon where no line says how trees are held together, in words. */
export const containment = "the best that the machine has"

/** How the daemon's log is written where no line says it. */
export const logFormat = "text"

const modes: { readonly [name: string]: ReadonlyArray<Mode> } = {
  timeout: ["wait", "test"],
  success: ["wait", "test"],
  "respawn.hits": ["respawn"],
  "respawn.window": ["respawn"],
  "respawn.pause": ["respawn"],
  "respawn.factor": ["respawn"],
  "respawn.cap": ["respawn"],
  "respawn.jitter": ["respawn"],
  "respawn.stable": ["respawn"],
  "respawn.give-up": ["respawn"]
}

/** The modes that this setting has a meaning for; undefined if it has one for all. */
export const modesOf = (name: string): ReadonlyArray<Mode> | undefined =>
  Object.hasOwn(modes, name) ? modes[name] : undefined

/** What happens by default to what an entry of this mode leaves: others may have been there to start a daemon. */
export const treeOf = (mode: Mode): "strict" | "loose" => mode === "respawn" ? "strict" : "loose"

/** Which exit codes of an entry of this mode are a success by default: a test is there for its result. */
export const successOf = (mode: Mode): ExitCodes.ExitCodes =>
  mode === "test" ? [{ from: 0, to: 0 }] : values.success

/**
 * What holds where no line makes this setting, as a cltab would say it: for entries of one mode or, without it, for those
 * of any. Undefined if nothing does.
 */
export const textOf = (name: CltabSettings.Name, mode?: Mode): string | undefined => {
  if (mode !== undefined && modesOf(name)?.includes(mode) === false) return undefined
  switch (name) {
    case "tree":
      return mode === undefined ? "strict for respawn, loose for others" : treeOf(mode)
    case "success":
      return mode === undefined ? "any for wait, 0 for test" : ExitCodes.value.print(successOf(mode))
    default:
      return Object.hasOwn(values, name)
        ? CltabSettings.valueOf(name).print(values[name as keyof typeof values])
        : undefined
  }
}
