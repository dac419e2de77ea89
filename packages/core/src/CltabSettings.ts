import { Containment } from "@clinit/protocol/Status"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"

/** What a line that is a setting begins with. */
export const marker = ":::"

/** What every value is: text that is kept as it is written. A carriage return at its end belongs to it. */
export const Text = Schema.String.check(
  Schema.isPattern(/[^\r]/, { message: "the value is empty" }),
  Schema.isPattern(/^[\t\P{Cc}]*\r?$/u, { message: "the value has a control character" })
)

/** What happens to what an entry leaves running when it ends by itself: it is stopped, or left alone. */
export const Tree = Schema.Literals(["strict", "loose"])
export type Tree = typeof Tree.Type

/** Settings of the daemon as a whole, with what their values are. */
export const daemonWide = { socket: Text, clstat: Text, log: Text, containment: Containment }

/** Settings of an entry, which can also be made for its group and for the whole daemon. */
export const inherited = { tree: Tree }

/** Every setting. Adding one to `daemonWide` or to `inherited` is all that it takes to have it read and printed. */
export const values = { ...daemonWide, ...inherited }

export type Name = keyof typeof values
export const names = Struct.keys(values)
export const inheritedNames = Struct.keys(inherited)

interface Located<S extends Schema.Constraint>
  extends Schema.optionalKey<Schema.Struct<{ readonly value: S; readonly line: Schema.Int }>>
{}

interface LocatedLambda extends Struct.Lambda {
  <S extends Schema.Constraint>(value: S): Located<S>
  readonly "~lambda.out": this["~lambda.in"] extends Schema.Constraint ? Located<this["~lambda.in"]> : never
}

/** A value and the number of the line it comes from; absent if no line makes the setting. */
const located = Struct.lambda<LocatedLambda>((value) =>
  Schema.optionalKey(Schema.Struct({ value, line: Schema.Int }))
)

/** What a group or an entry is named by in front of a setting: the group's name, or `group/tag`. */
const Scope = Schema.String.check(
  Schema.isPattern(/^[^:\n]+$/, { message: "the scope is empty or has a colon" })
)

/** The settings that were made for one scope. */
export const Inherited = Schema.Struct(Struct.map(inherited, located))
export type Inherited = typeof Inherited.Type

/**
 * The settings of one cltab: of several lines for one name and scope the last one. `scoped` has what was said for a
 * group or an entry, each scope once; whether the cltab has such a group or entry is not said.
 */
export const Settings = Schema.Struct({
  ...Struct.map(values, located),
  scoped: Schema.optionalKey(Schema.Array(Schema.Struct({ scope: Scope, settings: Inherited })))
})
export type Settings = typeof Settings.Type

/** Where everything lives: absolute paths, or relative to the working directory. */
export interface Paths {
  readonly cltab: string
  readonly socket: string
  readonly clstat: string
  readonly log: string
}

/** The paths that hold if neither flags nor cltab say otherwise. */
export const defaults: Paths = {
  cltab: "/etc/cltab",
  socket: "/var/run/clinit/clinit.s",
  clstat: "/var/run/clinit/clstat",
  log: "/var/run/clinit/log"
}

/**
 * The paths in force: a line in cltab wins over a flag, a flag over the default. Nothing is remembered from
 * an earlier read, so deleting a line takes its value back.
 */
export const resolve = (
  flags: { readonly [Name in keyof Paths]?: string | undefined },
  settings: Settings
): Paths => ({
  cltab: flags.cltab ?? defaults.cltab,
  socket: settings.socket?.value ?? flags.socket ?? defaults.socket,
  clstat: settings.clstat?.value ?? flags.clstat ?? defaults.clstat,
  log: settings.log?.value ?? flags.log ?? defaults.log
})

/** What one well-formed line sets, for the whole daemon if it has no scope. */
export interface Line {
  readonly name: Name
  readonly scope: string | undefined
  /** Decoded by the schema of its name. */
  readonly value: unknown
  readonly line: number
}

/** The settings that these lines, in file order, make together. */
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
  return scoped.length === 0 ? whole : { ...whole, scoped }
}

/** The lines that make these settings, without line feeds. */
export const print = ({ scoped = [], ...whole }: Settings): ReadonlyArray<string> => {
  const lines = (prefix: string, settings: Omit<Settings, "scoped">) =>
    names.flatMap((name) => {
      const setting = settings[name]
      return setting === undefined
        ? []
        : [`${marker}${prefix}${name}:${Schema.encodeUnknownSync(values[name])(setting.value)}`]
    })
  return [...lines("", whole), ...scoped.flatMap(({ scope, settings }) => lines(`${scope}/`, settings))]
}
