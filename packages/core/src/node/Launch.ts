import type { EnvironmentVariable } from "@clinit/protocol/ClinitRpcs"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ChildProcess, StdioOptions } from "node:child_process"
import * as fs from "node:fs"
import { access, stat } from "node:fs/promises"
import * as os from "node:os"
import type { Entry } from "../Cltab.ts"
import * as CltabSettings from "../CltabSettings.ts"
import { cleanPath } from "../ProgramSearch.ts"
import * as ShellCommand from "../ShellCommand.ts"
import { SpawnError } from "../Spawner.ts"
import * as Account from "./Account.ts"
import * as Environment from "./Environment.ts"
import * as EnvironmentFile from "./EnvironmentFile.ts"
import * as FileAccess from "./FileAccess.ts"
import * as LaunchChain from "./LaunchChain.ts"
import * as LaunchScript from "./LaunchScript.ts"
import * as LaunchSetup from "./LaunchSetup.ts"
import * as OutputStreams from "./OutputStreams.ts"
import * as Refusal from "./Refusal.ts"

// How an entry is started. Most need no more than a shell with other streams, another directory or environment. What
// only a process can change about itself (user, groups, limits, niceness) is changed by a chain of programs that
// execute one another, so that the entry's program has the pid that was started. The rules of the chain:
//
// 1. Nothing that the entry may say of its environment reaches a program with the daemon's rights: an LD_PRELOAD
//    would be executed by root. So the chain has an environment of its own, and the entry's is made behind it, by a
//    shell that has the entry's rights already. Nothing of it is ever in an argument: those are for everybody to see.
// 2. Standard error of the chain is the daemon, and the command begins only when the daemon has heard that nothing is
//    missing: what cannot be set up is a start that is refused, not a process that ends.
// 3. What can be known before is looked at before, for the sake of a clear message.

/** What a process is started with: a shell with a script, which may be preceded by others, and its operands. */
export interface Launch {
  readonly file: "/bin/sh"
  readonly option: "-c"
  readonly script: string
  /** The program that the shell would become without changing anything: it may be started without one. */
  readonly program: ShellCommand.Words | undefined
  readonly operands: ReadonlyArray<string>
  /** Without the marks. */
  readonly environment: NodeJS.ProcessEnv
  /** The daemon's own if it is not given. */
  readonly directory: string | undefined
  readonly stdio: StdioOptions
  /** Has the process that was forked begin with its command; it has to be our child if it has pipes to us. */
  readonly admit: <C extends LaunchSetup.Admitted>(
    forked: ChildProcess | undefined,
    child: C
  ) => Effect.Effect<C, SpawnError>
}

const atOnce: Launch["admit"] = (_, child) => Effect.succeed(child)

/** A start with the daemon's own environment, directory and streams. */
export const plain = (command: string, { environment, isSettled }: Inheritance): Launch => {
  const [file, option, script] = ShellCommand.argv(command)
  return {
    file,
    option,
    script,
    program: isSettled ? ShellCommand.words(command) : undefined,
    operands: [],
    environment,
    directory: undefined,
    stdio: "inherit",
    admit: atOnce
  }
}

const accountOf = ({ user }: CltabSettings.Applied) =>
  user === undefined ? Effect.undefined : Account.ofUser(user)

/** Whom the process has to become; nothing if the daemon's own rights are the right ones. */
const identityOf = Effect.fnUntraced(function*(
  { groups }: CltabSettings.Applied,
  account: Account.Account | undefined
): Effect.fn.Return<LaunchChain.Identity | undefined, SpawnError> {
  const own = process.geteuid?.()
  const isOther = account !== undefined && account.uid !== own
  // Root's account has groups of its own, which are not those of the daemon.
  const isMeant = own === 0 ? account !== undefined : isOther
  if (!isMeant && groups === undefined) return undefined
  if (own !== 0) {
    const daemon = `the daemon runs as uid ${own}`
    return yield* new SpawnError({
      reason: isOther
        ? `user: only root may start a process as ${account.name}; ${daemon}`
        : `groups: only root may set the groups of a process; ${daemon}`
    })
  }
  if (groups === undefined) return { user: account, groups: "account" }
  const ids = groups === "none" ? [] : yield* Effect.forEach(groups, Account.groupId, { concurrency: 4 })
  return { user: account, groups: ids }
})

/** Fails unless a process can begin there; `isOther` if it is for another user's rights to say who may enter it. */
const checkDirectory = (directory: string | undefined, isOther: boolean): Effect.Effect<void, SpawnError> =>
  directory === undefined ? Effect.void : FileAccess.access(directory, async () => {
    if (!(await stat(directory)).isDirectory()) throw new Error("is not a directory")
    if (!isOther) await access(directory, fs.constants.X_OK)
  }).pipe(Refusal.about("cwd"))

/** What of the daemon its processes are started with unless they have settings. */
export interface Inheritance {
  readonly environment: NodeJS.ProcessEnv
  /** Its working directory; nothing if that has been removed. */
  readonly directory: string | undefined
  /** Whether each shell would pass the environment on as it is. */
  readonly isSettled: boolean
}

/**
 * The directory that this process is in, by the name that it was started with if that leads there. It never changes, and
 * is looked at once: it may be on a file system that hangs later on.
 */
export const ownDirectory = (pwd: string | undefined): string | undefined => {
  try {
    const [here, there] = [
      fs.statSync("."),
      pwd?.startsWith("/") ? fs.statSync(pwd, { throwIfNoEntry: false }) : undefined
    ]
    return here.ino === there?.ino && here.dev === there?.dev ? pwd : process.cwd()
  } catch {
    return undefined // it has been removed
  }
}

/** What this process passes on, which has been started with this environment. */
export const inheritance = (environment: NodeJS.ProcessEnv): Inheritance => {
  // By it a later daemon would tell what is being set up.
  const { [LaunchScript.variable]: _launch, ...own } = environment
  const directory = ownDirectory(own["PWD"])
  if (directory === undefined) return { environment: own, directory, isSettled: false }
  own["PWD"] = directory // as shells have it
  return { environment: own, directory, isSettled: Environment.isSettled(own) }
}

const environmentOf = Effect.fnUntraced(function*(
  settings: CltabSettings.Applied,
  account: Account.Account | undefined,
  { directory: own, environment: daemon }: Inheritance
): Effect.fn.Return<ReadonlyArray<EnvironmentVariable>, SpawnError> {
  const path = settings["env-file"]
  const file: ReadonlyMap<string, string> = path === undefined ? new Map() : yield* EnvironmentFile.read(path)
  const directory = settings.cwd ?? own
  return Environment.compose({ daemon, settings, account, file, directory })
})

/** The environment of the entry's process without the marks, for a daemon with this one. */
export const environment = (
  { settings = {} }: Entry,
  daemon: Inheritance
): Effect.Effect<ReadonlyArray<EnvironmentVariable>, SpawnError> =>
  Effect.flatMap(accountOf(settings), (account) => environmentOf(settings, account, daemon))

/** What to put before a script to have this umask: nothing that could fail, so that it needs no chain. */
const umask = (mask: number | undefined): string =>
  mask === undefined ? "" : `umask ${CltabSettings.launch.umask.print(mask)};`

/** Linux takes 128 KiB for one variable, its name included; see execve(2). */
const maxSettlingBytes = 127 * 1024

/**
 * How to start the entry as its settings say, now: accounts and files are looked at each time. The files of its output
 * are open while the scope lives. Fails if one of the settings cannot be carried out, as far as that can be seen.
 */
export const prepare = Effect.fnUntraced(function*(
  { command, logs, settings = {} }: Entry,
  daemon: Inheritance,
  pipes: OutputStreams.Pipes
): Effect.fn.Return<Launch, SpawnError, Scope.Scope> {
  const account = yield* accountOf(settings)
  const identity = yield* identityOf(settings, account)
  yield* checkDirectory(settings.cwd, identity !== undefined)
  const variables = yield* environmentOf(settings, account, daemon)
  const { error, input, output } = yield* OutputStreams.make({ settings, ...(logs && { logs }) }, pipes)
  const [file, option, commandScript] = ShellCommand.argv(command)
  const script = `${umask(settings.umask)}${commandScript}`
  const chain = LaunchChain.argv(settings, identity, os.getPriority())
  if (chain.length === 0) {
    return {
      file,
      option,
      script,
      program: settings.umask === undefined ? ShellCommand.words(command) : undefined,
      operands: [],
      environment: Environment.toRecord(variables),
      directory: settings.cwd,
      stdio: [input, output, error],
      admit: atOnce
    }
  }
  const settling = LaunchScript.settling(variables, settings.cwd)
  if (Buffer.byteLength(settling) > maxSettlingBytes) {
    const reason =
      `env: an environment of more than ${maxSettlingBytes / 1024} KiB cannot be passed on to a process ` +
      "that is set up with a user, groups, limits or a niceness"
    return yield* new SpawnError({ reason })
  }
  return {
    file,
    option,
    script: `exec "$@"`,
    program: undefined,
    operands: ["sh", ...chain, ...LaunchScript.argv(script)],
    environment: {
      PATH: cleanPath,
      [LaunchScript.variable]: settling
    },
    directory: undefined,
    stdio: [input, output, "pipe", error],
    admit: LaunchSetup.admit(settings)
  }
})
