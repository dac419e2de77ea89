import { Containment } from "@clinit/protocol/Status"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import type * as DaemonPaths from "./DaemonPaths.ts"
import * as ExitCodes from "./ExitCodes.ts"
import * as OutputTarget from "./OutputTarget.ts"
import * as ResourceLimit from "./ResourceLimit.ts"
import type { Value } from "./SettingValue.ts"
import * as SettingValue from "./SettingValue.ts"
import * as StopSchedule from "./StopSchedule.ts"
import * as TelemetryAddress from "./TelemetryAddress.ts"

/** What a line that is a setting begins with. */
export const marker = ":::"

/** Settings of the daemon as a whole. */
export const daemonWide = {
  socket: SettingValue.text,
  clstat: SettingValue.text,
  log: SettingValue.text,
  containment: SettingValue.word(Containment.literals),
  "log-format": SettingValue.word(["text", "json"]),
  metrics: TelemetryAddress.listening,
  otlp: TelemetryAddress.collector
}

/** Settings of how an entry is supervised: a change of one of them counts for the process that runs. */
export const supervision = {
  tree: SettingValue.word(["strict", "loose"]),
  stop: StopSchedule.value,
  timeout: SettingValue.duration,
  success: ExitCodes.value,
  "respawn.hits": SettingValue.integer(0, 1_000_000),
  "respawn.window": SettingValue.duration,
  "respawn.pause": SettingValue.duration,
  "respawn.factor": SettingValue.decimal(1, 100),
  "respawn.cap": SettingValue.duration,
  "respawn.jitter": SettingValue.percentage,
  "respawn.stable": SettingValue.duration,
  "respawn.give-up": SettingValue.integer(1, 1_000_000)
}

const account = SettingValue.of(
  "a name or a number",
  Schema.String.check(Schema.isPattern(/^(?!-)[^\s\p{Cc}:,/"]+$/u))
)

const environment = SettingValue.word(["inherit", "clean"], (text) => {
  const name = /^([A-Za-z_]\w*)=/.exec(text)?.[1]
  return name === undefined ? undefined : `write env.${name}:VALUE`
})

const limits = Object.fromEntries(
  ResourceLimit.names.map((name) => [`limit.${name}`, ResourceLimit.value])
) as { readonly [Name in `limit.${ResourceLimit.Name}`]: Value<ResourceLimit.ResourceLimit> }

/** Settings of what a process is started with: a change of one of them changes the entry. */
export const launch = {
  user: account,
  groups: SettingValue.orWord("none", SettingValue.list(account, "none or groups such as www-data,adm")),
  cwd: SettingValue.path,
  umask: SettingValue.octal(0o777),
  nice: SettingValue.integer(-20, 19),
  ...limits,
  env: environment,
  "env-file": SettingValue.path,
  output: OutputTarget.value,
  "error-output": OutputTarget.value
}

/** Settings of an entry, which can also be made for its group and for the whole daemon. */
export const inherited = { ...supervision, ...launch }

/** Every setting but those of variables. Adding one to the tables above is all that it takes to have it read and printed. */
export const values = { ...daemonWide, ...inherited }

const variableName = "(?!CLINIT_TREE$)[A-Za-z_][A-Za-z0-9_]*$"

/** What the setting of an environment variable is called. The one by which processes are known cannot be set. */
export const Variable = Schema.TemplateLiteral([
  "env.",
  Schema.String.check(Schema.isPattern(new RegExp(`^${variableName}`)))
])
export type Variable = typeof Variable.Type

const variable = SettingValue.anyText

type Fixed = keyof typeof values
export type Name = Fixed | Variable
export type InheritedName = keyof typeof inherited | Variable
export const names = Struct.keys(values)
export const inheritedNames = Struct.keys(inherited)

const isFixed = (name: string): name is Fixed => Object.hasOwn(values, name)

const variablePattern = new RegExp(`^env\\.${variableName}`)

/** Whether this is the setting of an environment variable. Asked several times of each line: the schema takes ten times as long. */
export const isVariable = (name: string): name is Variable => variablePattern.test(name)

/** The variable that the setting makes. */
export const variableOf = (name: Variable): string => name.slice("env.".length)

/** The variables that these settings make, with their values. */
export const variables = (settings: Applied): ReadonlyArray<readonly [name: string, value: string]> =>
  Object.keys(settings).filter(isVariable).map((name) => [variableOf(name), settings[name]!])

/** Whether there is a setting with this name. */
export const isName = (name: string): name is Name => isFixed(name) || isVariable(name)

/** Whether the setting can be made for a group or an entry. */
export const isInherited = (name: string): name is InheritedName =>
  Object.hasOwn(inherited, name) || isVariable(name)

/** Whether a process is started with it. */
export const isLaunch = (name: string): boolean => Object.hasOwn(launch, name) || isVariable(name)

/** Whether the entry is started as the daemon itself was. */
export const isPlain = ({ settings }: { readonly settings?: Applied }): boolean =>
  settings === undefined || !Object.keys(settings).some(isLaunch)

/** Whether the setting means something for a fiber: that is no process, and leaves nothing. */
export const fitsFiber = (name: string): boolean => Object.hasOwn(supervision, name) && name !== "tree"

/** How the values of this setting are written and read. */
export const valueOf = (name: Name): Value<unknown> =>
  (isFixed(name) ? values[name] : variable) as Value<unknown>

/** Whether it says something to set it to nothing. */
export const mayBeEmpty = (name: Name): boolean => isVariable(name)

type Table = { readonly [name: string]: Value<any> }
type Read<T extends Table, Name extends keyof T> = T[Name] extends Value<infer A> ? A : never
type Schemas<T extends Table> = {
  readonly [Name in keyof T]: Schema.optionalKey<Schema.Codec<Read<T, Name>>>
}
type Located<A> = { readonly value: A; readonly line: number }
type LocatedSchemas<T extends Table> = {
  readonly [Name in keyof T]: Schema.optionalKey<Schema.Codec<Located<Read<T, Name>>>>
}

const located = <A>(value: Schema.Codec<A>): Schema.Codec<Located<A>> =>
  Schema.Struct({ value, line: Schema.Int })

const mapTable = (table: Table, field: (value: Value<unknown>) => unknown) =>
  Object.fromEntries(Object.entries(table).map(([name, value]) => [name, field(value)]))

const schemas = <T extends Table>(table: T) =>
  mapTable(table, ({ schema }) => Schema.optionalKey(schema)) as Schemas<T>
const locatedSchemas = <T extends Table>(table: T) =>
  mapTable(table, ({ schema }) => Schema.optionalKey(located(schema))) as LocatedSchemas<T>

// The schemas from here on are made when they are first used: a client starts without them, and sooner.

/** The settings that apply to an entry, without those that nobody made. */
export const Applied = Schema.suspend(() =>
  Schema.StructWithRest(Schema.Struct(schemas(inherited)), [Schema.Record(Variable, variable.schema)])
)
export type Applied = typeof Applied.Type

/** What a group or an entry is named by in front of a setting: the group's name, or `group/tag`. */
const Scope = Schema.String.check(
  Schema.isPattern(/^[^:\n]+$/, { message: "the scope is empty or has a colon" })
)

const locatedVariables = () => Schema.Record(Variable, located(variable.schema))

/** The settings that were made for one scope, each with the line that it comes from. */
export const Inherited = Schema.suspend(() =>
  Schema.StructWithRest(Schema.Struct(locatedSchemas(inherited)), [locatedVariables()])
)
export type Inherited = typeof Inherited.Type

/**
 * The settings of one cltab: of several lines for one name and scope the last one. `scoped` has what was said for a
 * group or an entry, each scope once; whether the cltab has such a group or entry is not said.
 */
export const Settings = Schema.suspend(() =>
  Schema.StructWithRest(
    Schema.Struct({
      ...locatedSchemas(values),
      scoped: Schema.optionalKey(Schema.Array(Schema.Struct({ scope: Scope, settings: Inherited })))
    }),
    [locatedVariables()]
  )
)
export type Settings = typeof Settings.Type

/** What these settings say of paths. */
export const paths = ({ clstat, log, socket }: Settings): DaemonPaths.Lines => ({
  socket: socket?.value,
  clstat: clstat?.value,
  log: log?.value
})

/** What one well-formed line sets, for the whole daemon if it has no scope. */
export interface Line {
  readonly name: Name
  readonly scope: string | undefined
  /** Decoded by the schema of its name. */
  readonly value: unknown
  readonly line: number
}

/** The settings that these lines, in file order, make together. Each line's name tells the type of its value. */
export const collect = (lines: ReadonlyArray<Line>): Settings => {
  const whole: Record<string, unknown> = {}
  // A map, as any text can be a scope, `__proto__` included; names are checked.
  const scopes = new Map<string, Record<string, unknown>>()
  for (const { line, name, scope, value } of lines) {
    const settings = scope === undefined ? whole : scopes.get(scope) ?? {}
    settings[name] = { value, line }
    if (scope !== undefined) scopes.set(scope, settings)
  }
  const scoped = Array.from(scopes, ([scope, settings]) => ({ scope, settings }))
  return (scoped.length === 0 ? whole : { ...whole, scoped }) as Settings
}

/** The lines that make these settings, without line feeds. */
export const print = ({ scoped = [], ...whole }: Settings): ReadonlyArray<string> => {
  const lines = (prefix: string, settings: Omit<Settings, "scoped">) =>
    [...names, ...Object.keys(settings).filter(isVariable)].flatMap((name) => {
      const setting = settings[name]
      return setting === undefined ? [] : [`${marker}${prefix}${name}:${valueOf(name).print(setting.value)}`]
    })
  return [...lines("", whole), ...scoped.flatMap(({ scope, settings }) => lines(`${scope}/`, settings))]
}
