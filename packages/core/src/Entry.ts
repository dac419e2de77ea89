import type { Mode } from "@clinit/protocol/Names"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { EffectSettings, EntrySettings } from "./SettingInCode.ts"
import type { Command } from "./ShellCommand.ts"

export type {
  Bound,
  Codes,
  CommandStep,
  EffectSettings,
  EntrySettings,
  Last,
  Output,
  Settings,
  SignalName,
  SignalStep,
  Stop,
  Variables
} from "./SettingInCode.ts"
export type { Command } from "./ShellCommand.ts"

/** What every entry says of itself. */
interface Definition {
  /** The levels at which it runs: whole words, at least one. */
  readonly levels: ReadonlyArray<string>
  /** How it is run; one that is `off` is skipped. */
  readonly mode: Mode
}

/** How a process is run. */
export interface ProcessDefinition extends Definition {
  /**
   * A shell command line, as a cltab has it; or the program and its arguments, which get to it as they are. Neither may
   * have control characters other than tabs.
   */
  readonly command: Command
  readonly settings?: EntrySettings | undefined
}

/** How an effect of this program is run. */
export interface EffectDefinition<out R> extends Definition {
  /** What is run, anew each time, as a fiber in a scope of its own; what it succeeds with is of no interest. */
  readonly effect: Effect.Effect<unknown, unknown, R>
  readonly settings?: EffectSettings | undefined
}

/** An entry that is a process. */
export interface ProcessEntry extends ProcessDefinition {
  readonly _tag: "Process"
  readonly group: string
  readonly tag: string
}

/** An entry that is an effect of this program, and what that needs. */
export interface EffectEntry<out R> extends EffectDefinition<R> {
  readonly _tag: "Effect"
  readonly group: string
  readonly tag: string
}

/** Settings for all entries of a group. */
export interface GroupSettings {
  readonly _tag: "Group"
  readonly group: string
  readonly settings: EntrySettings
}

/** One item of a cltab that is written in code. */
export type InCode<R = never> = ProcessEntry | EffectEntry<R> | GroupSettings

/** What the effects among these items need of the program, a scope excepted: each run has one of its own. */
export type Services<Item> = Item extends EffectEntry<infer R> ? Exclude<R, Scope.Scope> : never

/** A process of the group. Nothing is checked before all entries are read together. The tag is unique in the whole cltab. */
export const process = (group: string, tag: string, definition: ProcessDefinition): ProcessEntry => ({
  _tag: "Process",
  group,
  tag,
  ...definition
})

/**
 * An effect of this program as an entry of the group: a fiber that is run, throttled, given up and stopped by the rules
 * for processes. Success is exit code 0; a failure is the error's own exit code (`errorExitCode` of effect/Runtime),
 * else 1; a defect is 70. Nothing is checked before all entries are read together. The tag is unique in the whole cltab.
 */
export const effect = <R>(
  group: string,
  tag: string,
  definition: EffectDefinition<R>
): EffectEntry<R> => ({ _tag: "Effect", group, tag, ...definition })

/** Settings for all entries of the group that do not say otherwise; effects only take those that fit them. */
export const group = (name: string, settings: EntrySettings): GroupSettings => ({
  _tag: "Group",
  group: name,
  settings
})
