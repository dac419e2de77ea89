import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** A daemon as a command line starts it. */
export interface DaemonStart {
  readonly cltab: string
  readonly socket: string | undefined
  readonly resume: boolean
  /** Levels that groups are told at the start, unless they were told one before. */
  readonly tells: ReadonlyArray<{ readonly group: string; readonly level: string }>
  /** The group or entry that the daemon ends with. */
  readonly exitWith: string | undefined
}

/** What becomes of a start that effect/cli has read. A test looks at the start instead. */
export const Starting = Context.Reference<(start: DaemonStart) => Effect.Effect<void>>(
  "@clinit/cli/Starting",
  {
    // From here on it is the other program, which has an Effect of its own and ends the process.
    defaultValue: () => (start) =>
      Effect.andThen(
        Effect.promise(async () => (await import("../daemon.ts")).run(start)),
        Effect.never
      )
  }
)
