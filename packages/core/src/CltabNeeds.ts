import * as Diagnostic from "@clinit/protocol/Diagnostic"
import { Stream } from "@clinit/protocol/Status"
import * as Effect from "effect/Effect"
import type { Cltab } from "./Cltab.ts"
import * as CltabEntry from "./CltabEntry.ts"
import type { Entry } from "./CltabEntry.ts"
import { CltabHost } from "./CltabHost.ts"
import * as CltabScopes from "./CltabScopes.ts"
import * as CltabSettingLine from "./CltabSettingLine.ts"
import * as ProgramSearch from "./ProgramSearch.ts"
import { quote } from "./Quotation.ts"
import * as SettingValue from "./SettingValue.ts"
import * as ShellCommand from "./ShellCommand.ts"
import * as SourceLine from "./SourceLine.ts"

type Lines = ReadonlyArray<SourceLine.SourceLine>

/** Something that is named at this place of the cltab. */
interface Place {
  readonly source: SourceLine.SourceLine
  /** In UTF-16 units from 0. */
  readonly index: number
}

/** Where a command has to find its program. */
interface Surroundings extends ProgramSearch.Place {
  /** Where the PATH comes from, in words. */
  readonly pathOrigin: string
}

/** Each question is asked once. */
const remember = <A>(ask: (key: string) => Effect.Effect<A>) => {
  const answers = new Map<string, A>()
  return (key: string): Effect.Effect<A> =>
    Effect.suspend(() =>
      answers.has(key)
        ? Effect.succeed(answers.get(key)!)
        : Effect.tap(ask(key), (answer) => Effect.sync(() => answers.set(key, answer)))
    )
}

type Host = CltabHost["Service"]

const surroundings = ({ settings }: Entry, origins: CltabScopes.Origins, host: Host): Surroundings => {
  const directory = settings?.cwd ?? host.directory
  const path = settings?.["env.PATH"]
  if (path !== undefined) {
    return { directory, path, pathOrigin: `the PATH of line ${origins["env.PATH"]!.line}` }
  }
  // The file may have one.
  if (settings?.["env-file"] !== undefined) return { directory, path: undefined, pathOrigin: "" }
  return settings?.env === "clean"
    ? { directory, path: ProgramSearch.cleanPath, pathOrigin: `the PATH of a clean environment` }
    : { directory, path: host.path ?? ProgramSearch.cleanPath, pathOrigin: "the PATH of this command" }
}

const troubleWith = (
  program: string,
  trouble: ProgramSearch.Trouble,
  { directory, pathOrigin }: Surroundings
): readonly [message: string, hint?: string] => {
  const name = `program ${quote(program)}`
  const whence: readonly [string?] = program.includes("/")
    ? program.startsWith("/") ? [] : [`looked for in ${quote(directory)}`]
    : [`looked for on ${pathOrigin}`]
  switch (trouble) {
    case "directory":
      return [`${name} is a directory`, ...whence]
    case "not executable":
      return [`${name} is not executable`, ...whence]
    case "missing":
      return [program.includes("/") ? `${name} does not exist` : `${name} is not on the PATH`, ...whence]
  }
}

/** A shell's command, and where the cltab has the character with this index of it. */
interface Command {
  readonly text: string
  readonly placeOf: (index: number) => Place
}

const settingValue = (lines: Lines, { line }: CltabScopes.Origin): Place & { readonly text: string } => {
  const source = lines[line - 1]!
  const index = CltabSettingLine.valueStart(source.text)
  return { source, index, text: source.text.slice(index) }
}

const ownCommand = (lines: Lines, { command, line }: Entry): Command => {
  const source = lines[line - 1]!
  const start = CltabEntry.fieldStarts(source.text)[4]!
  return { text: command, placeOf: (index) => ({ source, index: start + index }) }
}

/** How long in quotes, where a backslash stands before another character, the text of this length is. */
const quotedLength = (quoted: string, length: number): number =>
  quoted.match(new RegExp(String.raw`^(?:\\?[^]){${length}}`))?.[0].length ?? 0

const stopCommands = (
  lines: Lines,
  { settings }: Entry,
  origin: CltabScopes.Origin
): ReadonlyArray<Command> => {
  const { index: start, source, text } = settingValue(lines, origin)
  const parts = SettingValue.parts(text)
  return (settings?.stop ?? []).flatMap((step, number) => {
    const part = parts[number]
    if (!("command" in step) || part === undefined) return []
    const first = part.offset + 1
    return [{
      text: step.command,
      placeOf: (index: number) => ({ source, index: start + first + quotedLength(text.slice(first), index) })
    }]
  })
}

/** Ids need no account. */
const isNumber = (name: string): boolean => /^\d+$/.test(name)

const loggers = (lines: Lines, { settings }: Entry, origins: CltabScopes.Origins): ReadonlyArray<Command> =>
  Stream.literals.flatMap((name) => {
    const target = settings?.[name]
    if (target?._tag !== "Pipe") return []
    const { index: start, source } = settingValue(lines, origins[name]!)
    return [{
      text: target.command,
      placeOf: (index: number) => ({ source, index: start + "pipe:".length + index })
    }]
  })

const make = (host: Host, lines: Lines) => {
  const kindOf = remember(host.kindOf)
  const hasUser = remember(host.hasUser)
  const hasGroup = remember(host.hasGroup)
  const found: Array<Diagnostic.Diagnostic> = []
  const report = ({ index, source }: Place, message: string, hint?: string) => {
    found.push(SourceLine.warning(source, index, message, hint))
  }

  const program = Effect.fnUntraced(function*({ placeOf, text }: Command, around: Surroundings) {
    const program = ShellCommand.programOf(text)
    if (program === undefined) return
    const { hasOwnPath, index, name } = program
    if (hasOwnPath && !name.includes("/")) return
    const trouble = yield* ProgramSearch.find(name, around, kindOf)
    if (trouble !== undefined) report(placeOf(index), ...troubleWith(name, trouble, around))
  })

  const programs = Effect.fnUntraced(function*(entry: Entry, origins: CltabScopes.Origins) {
    const around = surroundings(entry, origins, host)
    // Without its directory nothing of the entry is found: that is said once, where the directory is named.
    const { cwd } = origins
    if (cwd !== undefined && (yield* kindOf(around.directory)) !== "directory") return
    const { stop } = origins
    const commands = [
      ownCommand(lines, entry),
      ...(stop === undefined ? [] : stopCommands(lines, entry, stop)),
      ...loggers(lines, entry, origins)
    ]
    for (const command of commands) yield* program(command, around)
  })

  const accounts = Effect.fnUntraced(function*({ settings }: Entry, { groups, user }: CltabScopes.Origins) {
    const name = settings?.user
    if (user !== undefined && name !== undefined && !isNumber(name) && !(yield* hasUser(name))) {
      report(settingValue(lines, user), `user ${quote(name)} does not exist`)
    }
    if (groups === undefined || settings?.groups === undefined || settings.groups === "none") return
    const { index, source, text } = settingValue(lines, groups)
    for (const part of SettingValue.parts(text)) {
      if (isNumber(part.text) || (yield* hasGroup(part.text))) continue
      report({ source, index: index + part.offset }, `group ${quote(part.text)} does not exist`)
    }
  })

  const files = Effect.fnUntraced(function*({ settings = {} }: Entry, origins: CltabScopes.Origins) {
    const cwd = settings.cwd
    if (cwd !== undefined) {
      const kind = yield* kindOf(cwd)
      const place = settingValue(lines, origins["cwd"]!)
      if (kind === "missing") report(place, `directory ${quote(cwd)} does not exist`)
      else if (kind !== "directory" && kind !== "unknown") report(place, `${quote(cwd)} is not a directory`)
    }
    const envFile = settings["env-file"]
    if (envFile !== undefined) {
      const kind = yield* kindOf(envFile)
      const place = settingValue(lines, origins["env-file"]!)
      if (kind === "missing") report(place, `file ${quote(envFile)} does not exist`)
      else if (kind === "directory") report(place, `${quote(envFile)} is a directory`)
    }
    for (const name of Stream.literals) {
      const target = settings[name]
      if (target?._tag !== "File") continue
      const { index, source } = settingValue(lines, origins[name]!)
      const place = { source, index: index + "file:".length }
      if ((yield* kindOf(target.path)) === "directory") report(place, `${quote(target.path)} is a directory`)
      const obstacle = yield* firstObstacle(target.path)
      if (obstacle !== undefined) report(place, `${quote(obstacle)} is not a directory`)
    }
  })

  /** What is in the way of making the path's directories: the nearest one that is there is something else. */
  const firstObstacle = Effect.fnUntraced(function*(path: string) {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const parent = path.slice(0, end)
      const kind = yield* kindOf(parent)
      if (kind === "directory" || kind === "unknown") return undefined
      if (kind !== "missing") return parent
    }
    return undefined
  })

  return { accounts, files, programs, found }
}

/**
 * What the entries that are not off need and the machine lacks: programs, accounts, directories and files. `lines` are
 * those that the cltab was read from. Warnings, in no order: another machine, or another time, may have it.
 */
export const check = Effect.fnUntraced(function*(lines: Lines, { entries, settings }: Cltab) {
  const { accounts, files, found, programs } = make(yield* CltabHost, lines)
  const lookUp = CltabScopes.lookUp(settings)
  for (const entry of entries) {
    if (entry.mode === "off") continue
    const origins = lookUp(entry)
    yield* accounts(entry, origins)
    yield* files(entry, origins)
    yield* programs(entry, origins)
  }
  return Diagnostic.distinct(found)
})
