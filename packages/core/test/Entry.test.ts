import * as Cltab from "@clinit/core/Cltab"
import * as CltabInCode from "@clinit/core/CltabInCode"
import * as CltabSettings from "@clinit/core/CltabSettings"
import * as Entry from "@clinit/core/Entry"
import * as LevelList from "@clinit/core/LevelList"
import * as SettingList from "@clinit/core/SettingList"
import * as SettingValue from "@clinit/core/SettingValue"
import { Level } from "@clinit/protocol/Names"
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"

const levels = ["run"]

const read = (items: ReadonlyArray<Entry.InCode<any>>, settings?: Entry.Settings) =>
  Result.getOrThrow(CltabInCode.toCltab(items, settings))

const warnings = (items: ReadonlyArray<Entry.InCode<any>>, settings?: Entry.Settings) =>
  read(items, settings).cltab.diagnostics.map(({ hint, line, message }) => [line, message, hint])

/** Why the items are refused, as it is told. */
const refusal = (items: ReadonlyArray<unknown>, settings?: unknown) => {
  const result = CltabInCode.toCltab(items as ReadonlyArray<Entry.InCode>, settings as Entry.Settings)
  return Result.isFailure(result) ? result.failure.message.split("\n") : "not refused"
}

const process = (more: object = {}) =>
  Entry.process("web", "a", { levels, mode: "respawn", command: "a", ...more })

/** What the settings of an entry say, by a cltab's names. */
const said = (settings: object) => read([process({ settings })]).cltab.entries[0]!.settings

describe("entries in code", () => {
  it("are what the same cltab in text is, each on the line that is its place", () => {
    const { cltab } = read(
      [
        Entry.group("shop", { stop: [{ signal: "TERM", grace: "10 seconds" }, "KILL"] }),
        Entry.process("shop", "db", {
          levels: ["dev", "run"],
          mode: "respawn",
          command: "/usr/bin/postgres -D \"$DATA\"",
          settings: { user: "shop", "env.DATA": "/srv/shop/db", "respawn.pause": "30 seconds" }
        }),
        Entry.process("shop", "ready", {
          levels: ["run"],
          mode: "test",
          command: ["/srv/shop/bin/check", "-v"]
        })
      ],
      { socket: "/run/shop/socket", timeout: "1 minute" }
    )
    const text = [
      ":::socket:/run/shop/socket",
      ":::timeout:1min",
      ":::shop/stop:TERM 10s, KILL 15s",
      ":::shop/db/respawn.pause:30s",
      ":::shop/db/user:shop",
      ":::shop/db/env.DATA:/srv/shop/db",
      "shop:db:dev,run:respawn:/usr/bin/postgres -D \"$DATA\"",
      "shop:ready:run,:test:exec /srv/shop/bin/check -v"
    ].map((line) => `${line}\n`).join("")
    expect(Cltab.print(cltab)).toBe(text)
    const parsed = Cltab.parse(text)
    const withLines = (lines: ReadonlyArray<number>, { entries }: Cltab.Cltab) =>
      entries.map((entry, index) => ({ ...entry, line: lines[index]! }))
    expect(cltab.entries).toEqual(withLines([2, 3], parsed))
    expect(cltab.settings.socket).toEqual({ value: "/run/shop/socket", line: 0 })
    expect(cltab.diagnostics).toEqual([])
  })

  it("have exactly the levels that they name, though a cltab would take a word for its characters", () => {
    const listOf = (levels: ReadonlyArray<string>) => read([process({ levels })]).cltab.entries[0]!.levels
    const matching = (levels: ReadonlyArray<string>, asked: ReadonlyArray<string>) =>
      asked.filter((level) => LevelList.matches(listOf(levels), level))
    expect(matching(["run"], ["run", "r", "u"])).toEqual(["run"])
    expect(matching(["1"], ["1", "12"])).toEqual(["1"])
    expect(matching(["12", "3"], ["1", "2", "3", "12"])).toEqual(["3", "12"])
    expect(matching(["😀"], ["😀"])).toEqual(["😀"])
  })

  it("that are effects have them by their tags, and a command that a shell would read as a comment", () => {
    const effect = Effect.never
    const { cltab, effects } = read([Entry.effect("web", "f", { levels, mode: "once", effect })])
    expect(cltab.entries).toEqual([
      {
        group: "web",
        tag: "f",
        levels: "run,",
        mode: "once",
        command: expect.stringMatching(/^#/),
        line: 1,
        fiber: true
      }
    ])
    expect([...effects]).toEqual([["f", effect]])
  })

  it("that are effects leave aside what is said for processes of their group, also where settings are listed", () => {
    const { cltab } = read(
      [
        Entry.group("web", { user: "www", tree: "loose", output: "null", "respawn.hits": 3 }),
        Entry.effect("web", "f", { levels, mode: "respawn", effect: Effect.never }),
        Entry.effect("db", "g", { levels, mode: "respawn", effect: Effect.never })
      ],
      { "env.PORT": "8080", umask: 0o077 }
    )
    expect(cltab.entries.map(({ settings }) => settings)).toEqual([{ "respawn.hits": 3 }, undefined])
    const names = SettingList.ofEntry(cltab, cltab.entries[0]!).map(({ name }) => name)
    expect(names).toEqual([
      "stop",
      "respawn.hits",
      "respawn.window",
      "respawn.pause",
      "respawn.factor",
      "respawn.jitter"
    ])
  })
})

describe("settings in code", () => {
  it("are times as Effect has them", () => {
    const times = { timeout: "2 minutes", "respawn.pause": 1500, "respawn.cap": Duration.hours(1) }
    expect(said(times)).toEqual({ timeout: 120_000, "respawn.pause": 1_500, "respawn.cap": 3_600_000 })
  })

  it("are steps of a stop, the last of which may be a bare signal", () => {
    expect(said({
      stop: [
        { signal: "SIGQUIT", grace: "1 second" },
        { command: "bin/stop \"$CLINIT_PID\"", grace: "5 seconds" },
        { command: ["bin/stop", "it's late"], grace: "5 seconds" },
        "KILL"
      ]
    })).toEqual({
      stop: [
        { signal: "SIGQUIT", graceMillis: 1_000 },
        { command: "bin/stop \"$CLINIT_PID\"", graceMillis: 5_000 },
        { command: String.raw`exec bin/stop 'it'\''s late'`, graceMillis: 5_000 },
        { signal: "SIGKILL", graceMillis: 15_000 }
      ]
    })
  })

  it("are codes, limits, accounts, masks, outputs and variables", () => {
    expect(said({
      success: [0, { from: 2, to: 4 }],
      "limit.nofile": { soft: 1024, hard: "unlimited" },
      "limit.core": 0,
      user: 1000,
      groups: ["www", 33],
      umask: 0o022,
      nice: -5,
      "respawn.jitter": "10%",
      "respawn.factor": 1.5,
      output: { file: "/var/log/a" },
      "error-output": { pipe: ["logger", "-t", "a b"] },
      env: "clean",
      "env.EMPTY": "",
      "env.GONE": undefined
    })).toEqual({
      success: [{ from: 0, to: 0 }, { from: 2, to: 4 }],
      "limit.nofile": { soft: 1024, hard: "unlimited" },
      "limit.core": { soft: 0, hard: 0 },
      user: "1000",
      groups: ["www", "33"],
      umask: 0o022,
      nice: -5,
      "respawn.jitter": 10,
      "respawn.factor": 1.5,
      output: { _tag: "File", path: "/var/log/a" },
      "error-output": { _tag: "Pipe", command: "exec logger -t 'a b'" },
      env: "clean",
      "env.EMPTY": ""
    })
  })

  for (
    const [name, given, shown] of [
      ["timeout", "5 parsecs", "\"5 parsecs\""],
      ["timeout", 1.5, "1.5"],
      ["timeout", -1, "-1"],
      ["timeout", Infinity, "Infinity"],
      ["stop", [], "[]"],
      ["stop", ["INT", "KILL"], "[\"INT\",\"KILL\"]"],
      ["stop", [{ signal: "TERM" }, "KILL"], "[{\"signal\":\"TERM\"},\"KILL\"]"],
      ["stop", ["FOO"], "[\"FOO\"]"],
      ["stop", 5, "5"],
      ["stop", [null], "[null]"],
      ["success", [256], "[256]"],
      ["groups", ["www,root"], "[\"www,root\"]"],
      ["user", "-root", "\"-root\""],
      ["umask", 0o1000, "512"],
      ["limit.nofile", { soft: 2, hard: 1 }, "{\"soft\":2,\"hard\":1}"],
      ["limit.nofile", 1.5, "1.5"],
      ["respawn.jitter", "lots", "\"lots\""],
      ["output", { file: "log" }, "{\"file\":\"log\"}"],
      ["output", { pipe: [] }, "{\"pipe\":[]}"],
      ["output", null, "null"],
      ["cwd", "~", "\"~\""]
    ] as const
  ) {
    it(`refuse ${JSON.stringify(given)} for ${name}, with what it may be`, () => {
      const form = CltabSettings.valueOf(name).form
      expect(refusal([process({ settings: { [name]: given } })])).toEqual([
        `entries:1:1: error: web/a: ${name} is ${form}, not ${shown}`
      ])
    })
  }

  it("do not show what a variable was to be", () => {
    expect(refusal([process({ settings: { "env.PASSWORD": "se\ncret" } })])).toEqual([
      "entries:1:1: error: web/a: env.PASSWORD is text without control characters"
    ])
  })
})

describe("a mistake in code is told with the place of its entry:", () => {
  for (
    const [title, items, messages] of [
      ["names", [Entry.process("w:b", "a b", { levels, mode: "once", command: "x" })], [
        "entries:1:1: error: w:b/a b: the name has a colon: \"w:b\"",
        "entries:1:1: error: w:b/a b: the tag has white space or a control character: \"a b\""
      ]],
      ["empty fields", [Entry.process("web", "", { levels: [""], mode: "once", command: " " })], [
        "entries:1:1: error: web/: the tag is empty",
        "entries:1:1: error: web/: the level is empty",
        "entries:1:1: error: web/: the command is empty"
      ]],
      ["a comment's sign", [Entry.process("#web", "a", { levels, mode: "once", command: "x" })], [
        "entries:1:1: error: #web/a: the group name begins with #: \"#web\""
      ]],
      ["no levels", [process({ levels: [] })], [
        "entries:1:1: error: web/a: there are no levels (levels are words such as [\"run\"])"
      ]],
      ["lists as levels", [process({ levels: ["run,dev"] })], [
        "entries:1:1: error: web/a: the level has a comma or a colon: \"run,dev\""
      ]],
      ["modes", [process(), process({ mode: "respwan" })], [
        "entries:2:1: error: web/a: unknown mode \"respwan\" (did you mean respawn?)",
        "entries:2:1: error: web/a: entry has duplicate tag: a (entries 1 and 2) (a tag is used once, also across groups)"
      ]],
      ["lines in a command", [process({ command: "a\nb" })], [
        "entries:1:1: error: web/a: the command has a control character: \"a\\nb\""
      ]],
      ["lines in a word of a command", [process({ command: ["a", "b\nc"] })], [
        "entries:1:1: error: web/a: the command has a control character: \"exec a 'b\\nc'\""
      ]],
      ["a program that a shell might take for an option", [process({ command: ["-x"] })], [
        "entries:1:1: error: web/a: the program's name begins with a sign: \"-x\" (write its path)"
      ]],
      ["no words", [process({ command: [] })], ["entries:1:1: error: web/a: the command is empty"]],
      ["scopes", [process(), process({ settings: { socket: "/s" } })].slice(1), [
        "entries:1:1: error: web/a: socket holds for the whole daemon"
      ]],
      ["what is no text at all", [{
        _tag: "Process",
        group: 5,
        tag: null,
        levels: "run",
        mode: {},
        command: [1]
      }], [
        "entries:1:1: error: 5/null: the group name is no text: 5",
        "entries:1:1: error: 5/null: the tag is no text: null",
        "entries:1:1: error: 5/null: there are no levels (levels are words such as [\"run\"])",
        "entries:1:1: error: 5/null: unknown mode {} (the modes are once, wait, respawn, off, test)",
        "entries:1:1: error: 5/null: the command is no text: [1]"
      ]],
      ["what is no effect", [Entry.effect("web", "f", { levels, mode: "once", effect: 5 as never })], [
        "entries:1:1: error: web/f: the effect is none: 5"
      ]],
      ["ambiguous names", [
        Entry.process("a", "b", { levels, mode: "once", command: "x", settings: { nice: 1 } }),
        Entry.process("a/b", "c", { levels, mode: "once", command: "x" })
      ], [
        "entries:1:1: error: setting \"a/b/nice\" is ambiguous: \"a/b\" is the entry of line 1 and the group of line 2 " +
        "(give one of them another name)"
      ]]
    ] as ReadonlyArray<[string, ReadonlyArray<unknown>, ReadonlyArray<string>]>
  ) {
    it(title, () => {
      expect(refusal(items)).toEqual(messages)
    })
  }

  it("of an item that is none", () => {
    expect(refusal([null, process(), false])).toEqual([
      "entries:1:1: error: this is no item: null",
      "entries:3:1: error: this is no item: false"
    ])
  })

  it("of the settings of the whole at place 0", () => {
    expect(refusal([process()], { containment: "jail" })).toEqual([
      "entries:0:1: error: containment is cgroup, descendants or group, not \"jail\""
    ])
  })
})

describe("a warning in code", () => {
  it("is of settings that the mode, an effect or nobody has a use for, and of groups that are not there", () => {
    const unfit = { user: "www" } as Entry.EffectSettings
    expect(warnings([
      process({ settings: { timeout: "1 second" } }),
      Entry.effect("web", "f", { levels, mode: "once", effect: Effect.void, settings: unfit }),
      process({ tag: "b", settings: { timeuot: 5 } }),
      Entry.group("wbe", { nice: 1 })
    ].with(
      2,
      Entry.process("web", "b", {
        levels,
        mode: "once",
        command: "b",
        settings: { timeuot: 5 } as Entry.EntrySettings
      })
    ))).toEqual([
      [1, "timeout has no effect: \"web/a\" is a respawn entry", "it is for wait and test entries"],
      [2, "web/f: user has no effect: it is for processes, and this is an effect of the program", undefined],
      [3, "web/b: unknown setting \"timeuot\" is ignored", "did you mean timeout?"],
      [
        4,
        "setting \"wbe/nice\" names no group or entry of this file and is ignored",
        "did you mean web/nice?"
      ]
    ])
  })
})

describe("for any entries in code", () => {
  const { fields } = Cltab.Entry
  const Time = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: SettingValue.longestMillis }))
  const Word = Schema.String.check(Schema.isPattern(/^[\t\P{Cc}]*$/u))
  const Program = Word.check(Schema.isPattern(/^(?![-+])/))
  const Words = Schema.Union([
    Schema.TupleWithRest(Schema.Tuple([Program]), [Word]),
    Schema.Literals(["sleep 5", "a 'b' # c"])
  ])
  const Signals = Schema.Literals(["TERM", "SIGKILL", "HUP"])
  const Step = Schema.Union([
    Schema.Struct({ signal: Signals, grace: Time }),
    Schema.Struct({ command: Words, grace: Time })
  ])
  const Settings = Schema.Struct({
    stop: Schema.optionalKey(Schema.TupleWithRest(Schema.Tuple([Step]), [Step])),
    timeout: Schema.optionalKey(Time),
    "respawn.factor": Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 1, maximum: 100 }))),
    success: Schema.optionalKey(
      Schema.NonEmptyArray(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })))
    ),
    output: Schema.optionalKey(Schema.Struct({ pipe: Words })),
    "env.TEXT": Schema.optionalKey(Word),
    "limit.nofile": Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1e15 - 1 })))
  })
  const Item = Schema.Struct({
    group: fields.group,
    tag: fields.tag,
    levels: Schema.NonEmptyArray(Level.check(Schema.isPattern(/^[^,:]*$/))),
    mode: fields.mode,
    command: Schema.Union([fields.command, Words]),
    settings: Settings
  })

  it.prop(
    "what they say is printed, and parsed, as the same entries with the same settings",
    [Schema.Array(Item)],
    ([generated]) => {
      const unique = [...new Map(generated.map((each) => [each.tag, each])).values()]
      const result = CltabInCode.toCltab(
        unique.map(({ group, tag, ...definition }) => Entry.process(group, tag, definition))
      )
      // Two of the names mean the same scope: hardly ever.
      if (Result.isFailure(result)) return expect(result.failure.message).toContain("is ambiguous")
      const { cltab } = result.success
      const withoutLine = (entry: Cltab.Entry) => Struct.omit(entry, ["line"])
      const parsed = Cltab.parse(Cltab.print(cltab))
      expect(parsed.entries.map(withoutLine)).toEqual(cltab.entries.map(withoutLine))
      expect(parsed.diagnostics.filter(({ severity }) => severity === "error")).toEqual([])
      expect(cltab.entries.every(Schema.is(Cltab.Entry))).toBe(true)
      expect(Schema.is(Cltab.Settings)(cltab.settings)).toBe(true)
    },
    { arbitrary: { runs: 300, maxDiscards: 100_000 }, timeout: 60_000 }
  )
})
