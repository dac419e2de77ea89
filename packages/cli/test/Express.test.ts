import * as Argv from "@clinit/cli/Argv"
import { clinit } from "@clinit/cli/Clinit"
import type { DaemonStart } from "@clinit/cli/commands/Daemon"
import { Doing } from "@clinit/cli/commands/Doing"
import * as Express from "@clinit/cli/Express"
import type { Given, Manner, Order } from "@clinit/cli/orders/Order"
import * as OriginalWords from "@clinit/cli/orders/OriginalWords"
import * as Platform from "@clinit/cli/Platform"
import type { Question } from "@clinit/cli/status/Question"
import { assert, describe, it } from "@effect/vitest"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as os from "node:os"
import * as ScheduleRandom from "../../core/test/support/ScheduleRandom.ts"

const silent = CliOutput.layerPresenter({ present: () => Effect.void })

/** What effect/cli reads from these arguments, if it reads a question, an order or a daemon's start at all. */
const parsed = (argv: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    let read: Express.Recognised | undefined
    yield* Command.runWith(clinit, { version: "0" })(Argv.normalise(argv)).pipe(
      Effect.provideService(Doing, (found) => Effect.sync(() => void (read = found))),
      Effect.ignore
    )
    return read
  }).pipe(Effect.provide(Layer.merge(Platform.layer, silent)))

const recognised = (line: string, expected: Express.Recognised) =>
  it.effect(`clinit ${line}`, () =>
    Effect.gen(function*() {
      const argv = line === "" ? [] : line.split(" ")
      assert.deepStrictEqual(Express.recognise(argv), expected)
      assert.deepStrictEqual(yield* parsed(argv), expected)
    }))

it("the names of subcommands are those of the definitions", () => {
  const defined = clinit.subcommands.flatMap(({ commands }) => commands.map(({ name }) => name))
  assert.deepStrictEqual(OriginalWords.commands, defined)
})

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
  ) recognised(line, { _tag: "Question", question: { ...status, ...expected } })
})

const plainly: Manner = {
  cltab: "/etc/cltab",
  socket: undefined,
  verbose: false,
  wait: false,
  noWait: false,
  timeout: undefined
}

const tell = { verb: "tell", group: "web", level: "run", ofHost: false, command: undefined } as const
const ofHost = { ...tell, group: os.hostname(), ofHost: true } as const

describe("the plain forms of an order are recognised:", () => {
  for (
    const [line, order, manner] of [
      ["web run", tell],
      ["-w -c cltab web run", tell, { wait: true, cltab: "cltab" }],
      ["web run -v --timeout 2.5", tell, { verbose: true, timeout: 2.5 }],
      ["--no-wait web -s s run", tell, { noWait: true, socket: "s" }],
      ["run", ofHost],
      ["tell run", ofHost],
      ["tell web run --wait", tell, { wait: true }],
      ["stopp run", { ...tell, group: "stopp", command: "stop" }],
      ["statu", { ...ofHost, level: "statu", command: "status" }],
      ["", { verb: "reread", apply: false }],
      ["-c cltab", { verb: "reread", apply: false }, { cltab: "cltab" }],
      ["web :::SHUTDOWN:::", { verb: "shutdown" }],
      [":::SHUTDOWN::: -w", { verb: "shutdown" }, { wait: true }],
      ["-k", { verb: "shutdown" }],
      ["--kill -w --timeout 20", { verb: "shutdown" }, { wait: true, timeout: 20 }],
      ["shutdown -w", { verb: "shutdown" }, { wait: true }],
      ["start web", { verb: "start", name: "web" }],
      ["stop web/app --no-wait", { verb: "stop", name: "web/app" }, { noWait: true }],
      ["restart stop", { verb: "restart", name: "stop" }],
      ["retry", { verb: "retry", name: undefined }],
      ["retry web -v", { verb: "retry", name: "web" }, { verbose: true }],
      ["signal web/app HUP", { verb: "signal", name: "web/app", signal: "HUP" }],
      ["reread --apply -w", { verb: "reread", apply: true }, { wait: true }],
      ["reread", { verb: "reread", apply: false }]
    ] as ReadonlyArray<[string, Order, Partial<Manner>?]>
  ) recognised(line, { _tag: "Order", given: { order, manner: { ...plainly, ...manner } } satisfies Given })
})

describe("the plain forms of a daemon's start are recognised:", () => {
  for (
    const [line, start] of [
      ["-d", {}],
      ["daemon", {}],
      ["-c cltab -d -s s", { cltab: "cltab", socket: "s" }],
      ["--daemon --no-resume", { resume: false }],
      ["daemon --no-resume -c cltab", { resume: false, cltab: "cltab" }],
      ["daemon --tell web:run", { tells: [{ group: "web", level: "run" }] }],
      [
        "-s s daemon --tell web:run --exit-with web/app --tell db:1",
        {
          socket: "s",
          tells: [{ group: "web", level: "run" }, { group: "db", level: "1" }] as DaemonStart["tells"],
          exitWith: "web/app"
        }
      ]
    ] as ReadonlyArray<[string, Partial<DaemonStart>]>
  ) {
    recognised(line, {
      _tag: "Daemon",
      start: {
        cltab: "/etc/cltab",
        socket: undefined,
        resume: true,
        tells: [],
        exitWith: undefined,
        ...start
      }
    })
  }
})

describe("everything else is left to effect/cli:", () => {
  for (
    const line of [
      "-kv",
      "-d web",
      "-k web run",
      "-d -k",
      "-d -w",
      "web run now",
      "web status",
      "web run --json",
      "tell",
      "tell a b c",
      "tell web run --dry-run",
      "tell we\u202eb run",
      "--apply reread",
      "start",
      "start web mail",
      "signal web/app",
      "signal web/app -9",
      "why web",
      "plan web run",
      "web -- run",
      "web run --timeout 0",
      "daemon --tell web",
      "daemon --tell web:run:x",
      "daemon --tell :run",
      "--tell web:run daemon",
      "--no-resume daemon",
      "-d --tell web:run",
      "daemon --exit-with a --exit-with b",
      "daemon web",
      "--no-resume web run",
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
      "1 status"
    ]
  ) {
    it(`clinit ${line}`, () => {
      assert.isUndefined(Express.recognise(line.split(" ")))
    })
  }

  it("an empty word", () => {
    assert.isUndefined(Express.recognise(["status", ""]))
    assert.isUndefined(Express.recognise(["-c", "", "status"]))
    assert.isUndefined(Express.recognise(["web", ""]))
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
  "-d",
  "-k",
  "--wait",
  "--no-wait",
  "--no-resume",
  "--apply",
  "stop",
  "daemon",
  "--tell",
  "web:run",
  "--exit-with",
  "signal",
  "retry",
  "statu",
  ":::SHUTDOWN:::",
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

it.effect("whatever is recognised effect/cli reads as the same", () =>
  Effect.gen(function*() {
    const random = ScheduleRandom.make(1)
    const begin = [
      ["status"],
      ["is-up", "web"],
      ["-c", "file", "status"],
      ["status", "web"],
      ["web", "run"],
      ["-w", "run"],
      ["tell", "web", "run"],
      ["start", "web/app"],
      ["-c", "file", "-k"],
      ["reread"],
      ["-d"],
      ["daemon", "-c", "file"],
      []
    ]
    const seen = { Question: 0, Order: 0, Daemon: 0 }
    for (let round = 0; round < 12_000; round++) {
      const argv = [...random.pick(begin)]
      for (let more = random.below(6); more > 0; more--) {
        argv.splice(random.below(argv.length + 1), 0, random.pick(words))
      }
      const found = Express.recognise(argv)
      if (found === undefined) continue
      seen[found._tag]++
      assert.deepStrictEqual(yield* parsed(argv), found, JSON.stringify(argv))
    }
    assert.isAbove(seen.Question, 500)
    assert.isAbove(seen.Order, 1_000)
    assert.isAbove(seen.Daemon, 200)
  }), 120_000)
