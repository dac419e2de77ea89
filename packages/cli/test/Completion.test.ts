import { builtIns } from "@clinit/cli/BuiltIns"
import { clinit } from "@clinit/cli/Clinit"
import * as Completion from "@clinit/cli/completion/Completion"
import * as ShellLine from "@clinit/cli/completion/ShellLine"
import * as ValueKind from "@clinit/cli/completion/ValueKind"
import { assert, describe, it } from "@effect/vitest"
import type { CommandDescriptor } from "effect/cli/Completions"
import * as Completions from "effect/cli/Completions"

const tree = Completions.fromCommand(clinit)
const known: ReadonlyArray<Completion.Known> = [
  { group: "web", tag: "app", levels: ["1", "run"] },
  { group: "web", tag: "log", levels: ["run"] },
  { group: "db", tag: "main", levels: ["dev"] },
  { group: "status", tag: "-x", levels: ["1"] },
  { group: "-odd", tag: "y", levels: ["1"] }
]

/** The words that may stand at the end of the line for completion on the host `db`. */
const words = (...line: ReadonlyArray<string>): ReadonlyArray<string> =>
  Completion.answer(Completion.read(tree, line), known, "db").map(({ word }) => word)

const commandsOf = (command: CommandDescriptor): ReadonlyArray<CommandDescriptor> => [
  command,
  ...command.subcommands.flatMap(commandsOf)
]

describe("what completion offers", () => {
  const rows: ReadonlyArray<
    readonly [claim: string, line: ReadonlyArray<string>, words: ReadonlyArray<string>]
  > = [
    ["of a group and a level, first groups and the levels of this host's group", ["tell", ""], [
      "web",
      "db",
      "status",
      "dev"
    ]],
    ["behind the group its levels", ["tell", "web", ""], ["1", "run"]],
    ["nothing behind the level", ["tell", "web", "1", ""], []],
    ["without a subcommand groups that are not named like one", ["web"], ["web"]],
    ["behind -- all groups, and no flags", ["--", ""], ["web", "db", "status", "-odd", "dev"]],
    ["behind -- what looks like a flag", ["--", "-"], ["-odd"]],
    ["groups and entries where both may stand", ["retry", "web"], ["web", "web/app", "web/log"]],
    ["entries where only they may stand", ["env", "web"], ["web/app", "web/log"]],
    ["a flag only once", ["status", "--json", "--js"], []],
    ["both forms of a flag", ["check", "-c"], ["-c"]],
    ["all levels of the cltab to a flag without a group", ["status", "--level", ""], [
      "1",
      "run",
      "dev"
    ]],
    ["the levels of the group of a flag's command", ["status", "web", "--level", "r"], ["run"]],
    ["what is attached to a flag with the flag", ["status", "--level=d"], ["--level=dev"]],
    ["nothing as the value of a flag that is free", ["tell", "--timeout", ""], []],
    ["no names in the place of a value of a bundle of flags", ["-vs", ""], []],
    ["groups behind a bundle with an attached value", ["-vcFILE", "we"], ["web"]]
  ]
  for (const [claim, line, expected] of rows) {
    it(`is ${claim}: ${line.join(" ")}`, () => assert.deepStrictEqual(words(...line), expected))
  }

  it("is read from the definitions: every subcommand that --help shows", () =>
    assert.deepStrictEqual(
      words("").filter((word) => !known.some(({ group }) => group === word) && word !== "dev"),
      clinit.subcommands.flatMap(({ commands }) => commands.filter(({ unlisted }) => !unlisted))
        .map(({ name }) => name).filter((name) => name !== "status")
    ))

  it("knows of all text that commands and flags take what it is", () => {
    const unknown = commandsOf(tree).flatMap(({ arguments: given, flags, name }) => [
      ...given.filter((each) =>
        each.type._tag === "String" && !Object.hasOwn(ValueKind.byArgument, each.name)
      )
        .map((each) => `${name} ${each.name}`),
      ...flags.filter((each) => each.type._tag === "String" && !Object.hasOwn(ValueKind.byFlag, each.name))
        .map((each) => `${name} --${each.name}`)
    ])
    assert.deepStrictEqual(unknown, [])
  })

  it("has the flags that act by themselves", () => assert.strictEqual(builtIns.length, 2))
})

describe("the levels of a level list that people would type", () => {
  for (
    const [list, levels] of [
      ["run", ["run"]],
      ["12", ["1", "2"]],
      ["dev,run", ["dev", "run"]],
      ["run,", ["run"]],
      [",", []]
    ] as const
  ) {
    it(`are ${levels.join(" and ") || "none"} of ${list}`, () =>
      assert.deepStrictEqual(Completion.levelsOf(list), levels))
  }
})

describe("a line of bash", () => {
  it("is split as bash splits it, expansions left as they are", () =>
    assert.deepStrictEqual(
      ShellLine.split(String.raw`clinit  'a b'c\ d "e\"f\g" $HOME `).map(({ text }) => text),
      ["clinit", "a bc d", String.raw`e"f\g`, "$HOME", ""]
    ))

  const rows: ReadonlyArray<
    readonly [
      claim: string,
      raw: string,
      replaced: string,
      candidate: string,
      replacement: string | undefined
    ]
  > = [
    ["what bash would act on behind a backslash", "we", "we", "we$(x)", String.raw`we\$\(x\)`],
    ["only what readline replaces behind a word break", "a=b", "b", "a=b;c", String.raw`b\;c`],
    ["between double quotes only what is special there", "\"we", "we", "we$(x);'", String.raw`we\$(x);'`],
    ["nothing between double quotes that the history would expand", "\"we", "we", "we!x", undefined],
    ["nothing with a single quote between single quotes", "'we", "we", "we'x", undefined],
    ["between single quotes all else as it is", "'we", "we", "we$x", "we$x"],
    ["nothing if what readline replaces is not what was typed", "we", "xx", "web", undefined]
  ]
  for (const [claim, raw, replaced, candidate, replacement] of rows) {
    it(`gets ${claim}`, () =>
      assert.strictEqual(ShellLine.replacement(ShellLine.split(raw)[0]!, replaced, candidate), replacement))
  }
})
