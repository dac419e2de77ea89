import * as Cltab from "@clinit/core/Cltab"
import { CltabSource } from "@clinit/core/CltabSource"
import * as DaemonPaths from "@clinit/core/DaemonPaths"
import * as NodeCltabSource from "@clinit/core/node/NodeCltabSource"
import { ClinitClient } from "@clinit/protocol/ClinitClient"
import * as NodeClinitClient from "@clinit/protocol/node/NodeClinitClient"
import type { DaemonStatus } from "@clinit/protocol/Status"
import type * as Command from "effect/cli/Command"
import * as Completions from "effect/cli/Completions"
import * as Effect from "effect/Effect"
import * as os from "node:os"
import * as BuiltIns from "../BuiltIns.ts"
import * as Completion from "../completion/Completion.ts"
import * as CompletionScript from "../completion/CompletionScript.ts"
import * as ShellLine from "../completion/ShellLine.ts"
import * as Output from "../Output.ts"

/** Who presses Tab does not wait any longer for a daemon: the cltab knows nearly as much. */
const patienceMillis = 300

export interface Choice {
  readonly shell: CompletionScript.Shell
  /** What the shell's script asks; nothing if it is the script that is asked for. */
  readonly words: ReadonlyArray<string>
}

/** As the shell would read it: in completions it leaves the tilde as it is. */
const home = (file: string): string => file.replace(/^~(?=\/)/, os.homedir())

const ofStatus = ({ groups }: DaemonStatus): ReadonlyArray<Completion.Known> =>
  groups.flatMap(({ group, level, processes }) => [
    { group, levels: level === undefined ? [] : [level] },
    ...processes.map(({ tag }) => ({ group, tag, levels: [] }))
  ])

/** What the cltab says, as far as it can be read, and what the daemon has, if one answers in time. Never fails. */
const known = Effect.fnUntraced(function*({ given }: Completion.Question) {
  const cltab = home(given.get("cltab") ?? DaemonPaths.defaults.cltab)
  const bytes = yield* CltabSource.pipe(
    Effect.flatMap(({ read }) => read),
    Effect.orElseSucceed(() => new Uint8Array()),
    Effect.provide(NodeCltabSource.layer(cltab))
  )
  const flag = given.get("socket")
  const { socket } = DaemonPaths.resolve(
    { cltab, socket: flag && home(flag) },
    DaemonPaths.read(bytes)
  )
  const status = yield* Effect.flatMap(ClinitClient, ({ status }) => status({})).pipe(
    Effect.provide(NodeClinitClient.layer(socket)),
    Effect.map(ofStatus),
    Effect.timeoutOrElse({ duration: patienceMillis, orElse: () => Effect.succeed([]) }),
    Effect.orElseSucceed((): ReadonlyArray<Completion.Known> => [])
  )
  const entries = Cltab.decode(bytes).entries.map(({ group, levels, tag }) => ({
    group,
    tag,
    levels: Completion.levelsOf(levels)
  }))
  return [...entries, ...status]
})

/** The command line's parts, with the flags that every command has without saying so. */
const describe = (tree: Command.Command.Any): Completions.CommandDescriptor => {
  const withFlags = (command: Completions.CommandDescriptor): Completions.CommandDescriptor => ({
    ...command,
    flags: [...command.flags, ...BuiltIns.described()],
    subcommands: command.subcommands.map(withFlags)
  })
  return withFlags(Completions.fromCommand(tree))
}

/** What the shell sends as words, the last of which is the one at the cursor: bash sends its line, and what it would replace. */
const lineOf = ({ shell, words }: Choice): ReadonlyArray<string> => {
  switch (shell) {
    case "bash":
      return ShellLine.split(words[0] ?? "").slice(1).map(({ text }) => text)
    case "zsh":
      return words
    case "fish":
      return [...words.slice(0, -1), ShellLine.split(words.at(-1) ?? "").at(-1)!.text]
  }
}

const written = (
  { shell, words }: Choice,
  candidates: ReadonlyArray<Completion.Candidate>
): ReadonlyArray<string> => {
  if (shell !== "bash") {
    return candidates.map(({ description, word }) =>
      description === undefined ? word : `${word}\t${description}`
    )
  }
  const current = ShellLine.split(words[0] ?? "").at(-1)!
  return candidates.flatMap(({ word }) => ShellLine.replacement(current, words[1] ?? "", word) ?? [])
}

/** Prints the shell's script; or, asked by it, what may stand at the cursor: nothing rather than a failure. */
export const completion = Effect.fnUntraced(function*(tree: Command.Command.Any, choice: Choice) {
  if (choice.words.length === 0) return yield* Output.print(CompletionScript.scripts[choice.shell])
  const question = Completion.read(describe(tree), lineOf(choice))
  const kinds = Completion.kindsOf(question)
  if (kinds.includes("file") && (question.flag !== undefined || !question.typed.startsWith("-"))) {
    return yield* Output.print("files")
  }
  const names = kinds.length === 0 ? [] : yield* known(question)
  const candidates = Completion.answer(question, names, os.hostname())
  yield* Output.print(["words", ...written(choice, candidates)].join("\n"))
})
