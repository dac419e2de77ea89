import * as Argv from "@clinit/cli/Argv"
import { clinit } from "@clinit/cli/Clinit"
import { Answering } from "@clinit/cli/commands/Status"
import * as Platform from "@clinit/cli/Platform"
import * as Express from "@clinit/cli/status/Express"
import type { Question } from "@clinit/cli/status/Question"
import { assert, describe, it } from "@effect/vitest"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ScheduleRandom from "../../core/test/support/ScheduleRandom.ts"

const silent = CliOutput.layerPresenter({ present: () => Effect.void })

/** The question that effect/cli reads from these arguments, if it reads one at all. */
const parsed = (argv: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    let question: Question | undefined
    yield* Command.runWith(clinit, { version: "0" })(Argv.normalise(argv)).pipe(
      Effect.provideService(Answering, (asked) => Effect.sync(() => void (question = asked))),
      Effect.ignore
    )
    return question
  }).pipe(Effect.provide(Layer.merge(Platform.layer, silent)))

const status: Question = {
  command: "status",
  cltab: "/etc/cltab",
  socket: undefined,
  name: undefined,
  level: undefined,
  json: false,
  all: false,
  color: "auto",
  timeout: undefined
}

describe("the plain forms of a question are recognised:", () => {
  for (
    const [line, expected] of [
      ["status", {}],
      ["status web", { name: "web" }],
      ["status web/app --json", { name: "web/app", json: true }],
      ["status --level run --all web", { level: "run", all: true, name: "web" }],
      ["-c cltab status --color always", { cltab: "cltab", color: "always" }],
      ["status --cltab cltab -s s", { cltab: "cltab", socket: "s" }],
      ["--socket s --cltab cltab is-up web", { command: "is-up", cltab: "cltab", socket: "s", name: "web" }],
      ["is-failed web/app -c cltab", { command: "is-failed", cltab: "cltab", name: "web/app" }],
      ["status --timeout 2.5", { timeout: 2.5 }],
      ["--timeout 10 is-up web", { command: "is-up", name: "web", timeout: 10 }],
      ["status status", { name: "status" }],
      ["-c status status", { cltab: "status" }]
    ] as ReadonlyArray<[string, Partial<Question>]>
  ) {
    it.effect(`clinit ${line}`, () =>
      Effect.gen(function*() {
        const argv = line.split(" ")
        assert.deepStrictEqual(Express.recognise(argv), { ...status, ...expected })
        assert.deepStrictEqual(yield* parsed(argv), { ...status, ...expected })
      }))
  }
})

describe("everything else is left to effect/cli:", () => {
  for (
    const line of [
      "",
      "web run",
      "tell web run",
      "status --help",
      "-h status",
      "status -v",
      "-w status",
      "status --verbos",
      "status -- web",
      "status web mail",
      "status --json --json",
      "status --json=true",
      "status --color",
      "status --color blue",
      "status --level",
      "status --level -1",
      "status --timeout 0",
      "status --timeout 1e3",
      "status --timeout 99999999",
      "status --timeout soon",
      "--json status",
      "--level 1 status",
      "-ccltab status",
      "--cltab=cltab status",
      "-c one -c two status",
      "status -c",
      "is-up",
      "is-up web --json",
      "is-failed web --level 1",
      "is-up web mail",
      "statu",
      "1 status"
    ]
  ) {
    it(`clinit ${line}`, () => {
      assert.isUndefined(Express.recognise(line === "" ? [] : line.split(" ")))
    })
  }

  it("an empty word", () => {
    assert.isUndefined(Express.recognise(["status", ""]))
    assert.isUndefined(Express.recognise(["-c", "", "status"]))
  })
})

const words = [
  "status",
  "is-up",
  "is-failed",
  "web",
  "web/app",
  "1",
  "on",
  "true",
  "auto",
  "never",
  "tell",
  "-c",
  "-s",
  "-v",
  "-w",
  "-h",
  "-vc",
  "-cfile",
  "-1",
  "-",
  "--",
  "",
  " ",
  "a=b",
  "=x",
  "no-json",
  "--level=",
  "is-up\n",
  "@file",
  "--cltab",
  "--cltab=x",
  "--socket",
  "--level",
  "--level=1",
  "--color",
  "--color=never",
  "--json",
  "--no-json",
  "--json=false",
  "--all",
  "--timeout",
  "2.5",
  "0",
  "0.0",
  "1e3",
  "007",
  "--help",
  "--version",
  "--completions",
  "ünï",
  "\u001b[2J",
  "__proto__",
  "constructor"
]

it.effect("whatever is recognised effect/cli reads as the same question", () =>
  Effect.gen(function*() {
    const random = ScheduleRandom.make(1)
    const begin = [["status"], ["is-up", "web"], ["-c", "file", "status"], ["status", "web"], []]
    let recognised = 0
    for (let round = 0; round < 4_000; round++) {
      const argv = [...random.pick(begin)]
      for (let more = random.below(6); more > 0; more--) {
        argv.splice(random.below(argv.length + 1), 0, random.pick(words))
      }
      const question = Express.recognise(argv)
      if (question === undefined) continue
      recognised++
      assert.deepStrictEqual(yield* parsed(argv), question, JSON.stringify(argv))
    }
    assert.isAbove(recognised, 500)
  }), 60_000)
