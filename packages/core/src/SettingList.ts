import * as Schema from "effect/Schema"
import type { Cltab } from "./Cltab.ts"
import type { Entry } from "./CltabEntry.ts"
import * as CltabScopes from "./CltabScopes.ts"
import * as CltabSettings from "./CltabSettings.ts"
import * as DaemonPaths from "./DaemonPaths.ts"
import * as Secret from "./Secret.ts"
import * as SettingDefaults from "./SettingDefaults.ts"

/** A setting that applies, and where it comes from. */
export const Row = Schema.Struct({
  name: Schema.String,
  /** As a cltab would say it. */
  value: Schema.String,
  /** A line for the daemon, a group or an entry; a flag of the command line; or nothing of all that. */
  origin: Schema.Literals(["daemon", "group", "entry", "flag", "default"]),
  line: Schema.optionalKey(Schema.Int),
  /** The group, or `group/tag`, that the line is for. */
  scope: Schema.optionalKey(Schema.String),
  /** There if the value, or a part of it, was hidden. */
  concealed: Schema.optionalKey(Schema.Literal(true))
})
export type Row = typeof Row.Type

const made = ({ line, name, scope, value }: CltabScopes.Origin, origin: Row["origin"]): Row => ({
  name,
  value: CltabSettings.valueOf(name).print(value),
  origin,
  line,
  ...(scope === undefined ? {} : { scope })
})

const ofTarget = (
  { settings }: Cltab,
  target: CltabScopes.Target,
  { fiber, mode }: Partial<Pick<Entry, "fiber" | "mode">> = {}
): ReadonlyArray<Row> => {
  const origins = CltabScopes.lookUp(settings)(target)
  const variables = Object.keys(origins).filter(CltabSettings.isVariable)
  const names = [...CltabSettings.inheritedNames, ...variables]
  return names.filter((name) => fiber !== true || CltabSettings.fitsFiber(name)).flatMap(
    (name): ReadonlyArray<Row> => {
      const origin = origins[name]
      if (origin !== undefined) {
        const { scope } = origin
        return [made(origin, scope === undefined ? "daemon" : scope === target.group ? "group" : "entry")]
      }
      const value = SettingDefaults.textOf(name, mode)
      return value === undefined ? [] : [{ name, value, origin: "default" }]
    }
  )
}

/** What applies to an entry: its own settings, its group's, those of the whole daemon, and else the defaults. */
export const ofEntry = (cltab: Cltab, entry: Entry): ReadonlyArray<Row> => ofTarget(cltab, entry, entry)

/** What applies to the entries of a group if they do not say otherwise. */
export const ofGroup = (cltab: Cltab, group: string): ReadonlyArray<Row> => ofTarget(cltab, { group })

const ofDaemon = (
  { settings }: Cltab,
  flags: { readonly socket?: string | undefined }
): ReadonlyArray<Row> => {
  const paths = DaemonPaths.resolve(flags, CltabSettings.paths(settings))
  const fallback = (name: keyof typeof CltabSettings.daemonWide): ReadonlyArray<Row> => {
    switch (name) {
      case "socket":
        return [{ name, value: paths.socket, origin: flags.socket === undefined ? "default" : "flag" }]
      case "clstat":
        return [{ name, value: paths.clstat, origin: "default" }]
      case "containment":
        return [{ name, value: SettingDefaults.containment, origin: "default" }]
      case "log-format":
        return [{ name, value: SettingDefaults.logFormat, origin: "default" }]
      case "log":
      case "metrics":
      case "otlp":
        return []
    }
  }
  return (Object.keys(CltabSettings.daemonWide) as Array<keyof typeof CltabSettings.daemonWide>).flatMap(
    (name) => {
      const setting = settings[name]
      return setting === undefined ? fallback(name) : [made({ name, ...setting, scope: undefined }, "daemon")]
    }
  )
}

/** What holds for the whole daemon, and what lines say for groups and entries. A scope that names nothing has no say. */
export const ofAll = (
  cltab: Cltab,
  flags: { readonly socket?: string | undefined }
): ReadonlyArray<Row> => {
  const groups = new Set<string>(cltab.entries.map(({ group }) => group))
  const entries = new Set(cltab.entries.map(({ group, tag }) => CltabScopes.entryScope(group, tag)))
  const scoped = (cltab.settings.scoped ?? []).filter(({ scope }) => groups.has(scope) || entries.has(scope))
  return [
    ...ofDaemon(cltab, flags),
    ...ofTarget(cltab, {}),
    ...scoped.flatMap(({ scope, settings }) =>
      Object.values(CltabScopes.origins(settings, scope)).map((origin) =>
        made(origin, groups.has(scope) ? "group" : "entry")
      )
    )
  ]
}

/** The row without what is nobody else's business. */
export const conceal = (row: Row): Row => {
  if (!CltabSettings.isVariable(row.name)) return row
  const value = Secret.conceal(CltabSettings.variableOf(row.name), row.value)
  return value === row.value ? row : { ...row, value, concealed: true }
}
