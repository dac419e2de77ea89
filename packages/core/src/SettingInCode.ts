import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as CltabSettings from "./CltabSettings.ts"
import type { OutputTarget } from "./OutputTarget.ts"
import type * as ResourceLimit from "./ResourceLimit.ts"
import type { Value } from "./SettingValue.ts"
import type { Command } from "./ShellCommand.ts"
import * as ShellCommand from "./ShellCommand.ts"
import type * as Signal from "./Signal.ts"
import type { StopSchedule } from "./StopSchedule.ts"
import { lastGraceMillis } from "./StopSchedule.ts"

/** A signal's name as `kill(2)` knows it, or without its `SIG`, as a cltab has it. */
export type SignalName = Signal.Signal | (typeof Signal.words)[number]

/** A step of a stop: the signal that is sent, then how long its effect is waited for. */
export interface SignalStep {
  readonly signal: SignalName
  readonly grace: Duration.Input
}

/** A step of a stop: the command that is run beside the process, then how long its effect is waited for. */
export interface CommandStep {
  readonly command: Command
  readonly grace: Duration.Input
}

/** The last step of a stop, done again and again until nothing is left; 15 s, unless it says so, are waited for its effect. */
export type Last<Step> = Omit<Step, "grace"> & { readonly grace?: Duration.Input }

/** The steps of a stop in their order. A signal's bare name is enough for the last. */
export type Stop<Step> =
  | readonly [Step, ...ReadonlyArray<Step>]
  | readonly [...ReadonlyArray<Step>, SignalName | (Step extends unknown ? Last<Step> : never)]

/** A soft or a hard limit, in the limit's own unit: bytes, seconds, or a count. */
export type Bound = number | "unlimited"

/** Where output goes: where the program's own goes, nowhere, to the end of a file, or to a command's input. */
export type Output = "inherit" | "null" | { readonly file: string } | { readonly pipe: Command }

/** Exit codes that are a success. */
export type Codes = "any" | ReadonlyArray<number | { readonly from: number; readonly to: number }>

type Values = typeof CltabSettings.values
type Said<Name extends keyof Values> = Values[Name] extends Value<infer A> ? A : never

/** What is given in code as a cltab would have it; undefined, or what its schema refuses, if it is no such thing. */
type Form<Given, A> = (given: Given) => A | undefined

const same = <A>(given: A): A => given

const millis = (given: Duration.Input): number | undefined =>
  Option.getOrUndefined(Option.map(Duration.fromInput(given), Duration.toMillis))

const percent = (given: `${number}%`): number => Number(given.replace(/%$/, ""))

const signalOf = (name: SignalName): Signal.Signal =>
  (name.startsWith("SIG") ? name : `SIG${name}`) as Signal.Signal

const step = (given: SignalName | Last<SignalStep> | Last<CommandStep>): StopSchedule[number] | undefined => {
  if (typeof given === "string") {
    return { signal: signalOf(given), graceMillis: lastGraceMillis }
  }
  const graceMillis = given.grace === undefined ? lastGraceMillis : millis(given.grace)
  if (graceMillis === undefined) return undefined
  if ("signal" in given) return { signal: signalOf(given.signal), graceMillis }
  const command = ShellCommand.line(given.command)
  return command === undefined ? undefined : { command, graceMillis }
}

const stop = (given: Stop<SignalStep | CommandStep>): StopSchedule | undefined => {
  const steps = given.map(step)
  // What is not the last has to say how long it is waited for.
  const isTimed = given.slice(0, -1).every((each) => typeof each === "object" && each.grace !== undefined)
  return isTimed && !steps.includes(undefined) ? steps as unknown as StopSchedule : undefined
}

const codes = (given: Codes | number): Said<"success"> =>
  given === "any"
    ? given
    : [given].flat().map((each) => typeof each === "number" ? { from: each, to: each } : each)

const limit = (
  given: Bound | { readonly soft: Bound; readonly hard: Bound }
): ResourceLimit.ResourceLimit => typeof given === "object" ? given : { soft: given, hard: given }

const account = (given: string | number): string => String(given)

const accounts = (given: "none" | ReadonlyArray<string | number>): "none" | ReadonlyArray<string> =>
  given === "none" ? given : given.map(account)

const output = (given: Output): OutputTarget | undefined => {
  if (given === "inherit") return { _tag: "Inherit" }
  if (given === "null") return { _tag: "Null" }
  if ("file" in given) return { _tag: "File", path: given.file }
  const command = ShellCommand.line(given.pipe)
  return command === undefined ? undefined : { _tag: "Pipe", command }
}

/** Every setting but those of variables: what code gives for it, and how that reads as what the cltab says. */
export const forms = {
  socket: same<string>,
  clstat: same<string>,
  log: same<string>,
  containment: same<Said<"containment">>,
  "log-format": same<Said<"log-format">>,
  metrics: same<Said<"metrics">>,
  otlp: same<string>,
  tree: same<Said<"tree">>,
  stop,
  timeout: millis,
  success: codes,
  "respawn.hits": same<number>,
  "respawn.window": millis,
  "respawn.pause": millis,
  "respawn.factor": same<number>,
  "respawn.cap": millis,
  "respawn.jitter": percent,
  "respawn.stable": millis,
  "respawn.give-up": same<number>,
  user: account,
  groups: accounts,
  cwd: same<string>,
  umask: same<number>,
  nice: same<number>,
  "limit.as": limit,
  "limit.core": limit,
  "limit.cpu": limit,
  "limit.data": limit,
  "limit.fsize": limit,
  "limit.locks": limit,
  "limit.memlock": limit,
  "limit.msgqueue": limit,
  "limit.nice": limit,
  "limit.nofile": limit,
  "limit.nproc": limit,
  "limit.rss": limit,
  "limit.rtprio": limit,
  "limit.rttime": limit,
  "limit.sigpending": limit,
  "limit.stack": limit,
  env: same<Said<"env">>,
  "env-file": same<string>,
  output,
  "error-output": output
} satisfies { readonly [Name in keyof Values]: Form<never, Said<Name>> }

type Forms = typeof forms
type Given<Name extends keyof Forms> = Parameters<Forms[Name]>[0]
type Table<Name extends keyof Forms> = { readonly [Each in Name]?: Given<Each> | undefined }

/** Variables of the environment, by `env.NAME`. */
export interface Variables {
  readonly [variable: `env.${string}`]: string | undefined
}

/**
 * Settings of an entry that is a process, or of all entries of a group, by their names in a cltab. A time is what Effect takes
 * for a duration, a number of milliseconds, too; a limit is in its own unit; `docs/embedding.md` has the form of each.
 */
export type EntrySettings = Table<keyof typeof CltabSettings.inherited> & Variables

/**
 * Settings of an effect, by their names in a cltab and as in `EntrySettings`: those of how it is supervised. It has no user,
 * directory, limits or output of its own, and leaves nothing behind; no command can stop it.
 */
export type EffectSettings =
  & Table<Exclude<keyof typeof CltabSettings.supervision, "tree" | "stop">>
  & { readonly stop?: Stop<SignalStep> | undefined }

/** Settings for everything, by their names in a cltab and as in `EntrySettings`: the daemon's own, and those of all entries. */
export type Settings = Table<keyof Forms> & Variables

const isForm = (name: string): name is keyof Forms => Object.hasOwn(forms, name)

/**
 * What the cltab says of this setting if code gives this for it; nothing if it may not say that. What is given may be
 * anything at all, whatever the types promise.
 */
export const valueOf = (name: CltabSettings.Name, given: unknown): Option.Option<unknown> => {
  const form = isForm(name) ? forms[name] as Form<unknown, unknown> : same
  const said = Result.try(() => form(given))
  return Result.isSuccess(said) && Schema.is(CltabSettings.valueOf(name).schema)(said.success)
    ? Option.some(said.success)
    : Option.none()
}
