import type { EnvironmentVariable } from "@clinit/protocol/ClinitRpcs"
import * as CltabSettings from "../CltabSettings.ts"
import { cleanPath } from "../ProgramSearch.ts"
import type { Account } from "./Account.ts"
import * as LaunchScript from "./LaunchScript.ts"
import * as TreeMark from "./TreeMark.ts"

/** What the environment of an entry's process is made of. */
export interface Sources {
  /** The daemon's own environment. */
  readonly daemon: NodeJS.ProcessEnv
  readonly settings: CltabSettings.Applied
  /** That of the `user`. */
  readonly account: Account | undefined
  /** What the `env-file` has. */
  readonly file: ReadonlyMap<string, string>
  /** Where the process begins, if that is known. */
  readonly directory: string | undefined
}

/** `/bin/sh` gives them values of its own whatever it finds; the marks are added at the start itself. */
const notPassedOn = new Set(["IFS", "OPTIND", "PPID", "PWD", TreeMark.variable, LaunchScript.variable])

/** Whether it is a name that a shell passes on. */
export const isName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)

const isPassedOn = (name: string) => isName(name) && !notPassedOn.has(name)

/** What a shell may replace whatever it finds, without a loss to anybody. */
const harmless = new Set(["PWD", TreeMark.variable])

/** Whether each shell passes all of it on as it is; PWD has to be right. */
export const isSettled = (environment: NodeJS.ProcessEnv): boolean =>
  Object.keys(environment).every((name) => isPassedOn(name) || harmless.has(name))

const inherited = ({ daemon }: Sources) =>
  Object.entries(daemon).flatMap(([name, value]) => value === undefined ? [] : [[name, value] as const])

const ofAccount = ({ home, name, shell }: Account) =>
  [["HOME", home], ["USER", name], ["LOGNAME", name], ["SHELL", shell]] as const

/**
 * The environment that these sources make together, each name once: of several values the one that stands further
 * down in `Sources`, and a setting before all of them. PWD is always where the process begins: a shell would put that
 * right or not, according to which one it is.
 */
export const compose = (sources: Sources): ReadonlyArray<EnvironmentVariable> => {
  const { account, directory, file, settings } = sources
  const isClean = settings.env === "clean"
  const variables = new Map<string, EnvironmentVariable>()
  const add = (
    origin: EnvironmentVariable["origin"],
    values: Iterable<readonly [name: string, value: string]>
  ) => {
    for (const [name, value] of values) {
      if (isPassedOn(name)) variables.set(name, { name, value, origin })
    }
  }
  if (isClean) add("default", [["PATH", cleanPath]])
  else add("daemon", inherited(sources))
  if (account !== undefined) add("account", ofAccount(account))
  add("env-file", file)
  add("setting", CltabSettings.variables(settings))
  if (directory !== undefined) {
    const origin = settings.cwd !== undefined ? "setting" : isClean ? "default" : "daemon"
    variables.set("PWD", { name: "PWD", value: directory, origin })
  }
  return [...variables.values()]
}

/** As Node takes it. Any name can be one of an object's own this way. */
export const toRecord = (variables: ReadonlyArray<EnvironmentVariable>): Record<string, string> =>
  Object.fromEntries(variables.map(({ name, value }) => [name, value]))
