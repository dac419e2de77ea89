import * as Cltab from "@clinit/core/Cltab"
import * as CltabSettings from "@clinit/core/CltabSettings"
import * as DaemonPaths from "@clinit/core/DaemonPaths"
import type { Diagnostic } from "@clinit/protocol/Diagnostic"
import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import * as Growth from "./support/Growth.ts"

const brief = ({ column, line, message, severity }: Diagnostic) => `${line}:${column} ${severity}: ${message}`

const diagnose = (text: string) => Cltab.parse(text).diagnostics.map(brief)

const hints = (text: string) => Cltab.parse(text).diagnostics.map(({ hint }) => hint)

const bytes = (...parts: ReadonlyArray<string | number>): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) => typeof part === "number" ? [part] : [...new TextEncoder().encode(part)])
  )

const clean = "g:t:1:once:cmd"

describe("entries", () => {
  it("a line has five fields, split at the first four colons, with its number", () => {
    expect(Cltab.parse("# head\n\ndb:pg:12:respawn:/usr/bin/pg -c 'a:b' # no comment\n")).toEqual({
      entries: [{
        group: "db",
        tag: "pg",
        levels: "12",
        mode: "respawn",
        command: "/usr/bin/pg -c 'a:b' # no comment",
        line: 3
      }],
      settings: {},
      diagnostics: []
    })
  })

  it("entries are in file order, whatever lines of other groups are in between", () => {
    const { entries } = Cltab.parse("a:1:1:once:x\nb:2:1:once:x\na:3:1:once:x")
    expect(entries.map(({ group, line, tag }) => `${group}${tag}${line}`)).toEqual(["a11", "b22", "a33"])
  })

  it("the last line needs no line feed", () => {
    expect(Cltab.parse(clean).entries).toEqual(Cltab.parse(`${clean}\n`).entries)
  })

  it("nothing of a command is trimmed", () => {
    expect(Cltab.parse("g:t:1:once: \t cmd  ").entries[0]?.command).toBe(" \t cmd  ")
  })

  it("names need not be ASCII", () => {
    expect(Cltab.parse("größe:тэг:é😀:once:écho 😀").diagnostics).toEqual([])
  })

  it("every mode is known", () => {
    const text = ["once", "wait", "respawn", "off", "test"].map((mode) => `g:${mode}:1:${mode}:x`).join("\n")
    expect(Cltab.parse(text).entries.map(({ mode }) => mode)).toEqual([
      "once",
      "wait",
      "respawn",
      "off",
      "test"
    ])
    expect(diagnose(text)).toEqual([])
  })

  it("0 is a group, tag and level like any other (D1)", () => {
    expect(Cltab.parse("0:0:0:once:0")).toMatchObject({
      entries: [{ group: "0", tag: "0", levels: "0", command: "0" }],
      diagnostics: []
    })
  })

  it("a broken line takes no other entry with it", () => {
    const { entries } = Cltab.parse("a:1:1:once:x\nbroken\nb:2:1:once:y")
    expect(entries.map(({ tag }) => tag)).toEqual(["1", "2"])
  })
})

describe("lines that are skipped", () => {
  it("a # in column 1 begins a comment", () => {
    expect(Cltab.parse("#\n#:::socket:/x\n# g:t:1:once:x")).toEqual({
      entries: [],
      settings: {},
      diagnostics: []
    })
  })

  it("lines that are empty or all white space say nothing", () => {
    expect(diagnose("\n \n\t\n \t \r\n\r\n\f\v\n")).toEqual([])
    expect(Cltab.parse("")).toEqual({ entries: [], settings: {}, diagnostics: [] })
  })

  it("a comment that is indented is one error, which tells where comments start", () => {
    expect(Cltab.parse("  # comment").diagnostics).toEqual([{
      severity: "error",
      line: 1,
      column: 1,
      message: "the group name has white space: \"  # comment\"",
      hint: "a comment starts in column 1: remove the white space before #"
    }])
  })

  it("an entry that is commented out but indented takes no tag", () => {
    expect(diagnose(` #g:t:1:once:cmd\n${clean}`)).toEqual([
      "1:1 error: the group name has white space: \" #g:t:1:once:cmd\""
    ])
  })
})

describe("missing and empty fields (D35)", () => {
  it.each([
    ["g", "1:2 error: entry has 1 of 5 fields: tag, level list, mode and command are missing"],
    ["g:t", "1:4 error: entry has 2 of 5 fields: level list, mode and command are missing"],
    ["g:t:1", "1:6 error: entry has 3 of 5 fields: mode and command are missing"],
    ["g:t:1:once", "1:11 error: entry has 4 of 5 fields: command is missing"]
  ])("%s is refused with what is missing, at its end", (text, expected) => {
    expect(diagnose(text)).toEqual([expected])
    expect(hints(text)).toEqual(["an entry is group:tag:levels:mode:command"])
  })

  it.each([
    [":t:1:once:x", "1:1 error: the group name is empty"],
    ["g::1:once:x", "1:3 error: the tag is empty"],
    ["g:t::once:x", "1:5 error: the level list is empty"],
    ["g:t:1::x", "1:7 error: the mode is empty"],
    ["g:t:1:once:", "1:12 error: the command is empty"],
    ["g:t:1:once: \t", "1:12 error: the command is empty"]
  ])("%j is refused at the field", (text, expected) => expect(diagnose(text)).toEqual([expected]))

  it("two lines without a tag are two empty tags, not a duplicate", () => {
    expect(diagnose("g\nh")).toHaveLength(2)
    expect(diagnose("g::1:once:x\nh::1:once:x").filter((text) => text.includes("duplicate"))).toEqual([])
  })

  it("all problems of a line are reported, from left to right", () => {
    expect(diagnose(": t::onse:\u0007")).toEqual([
      "1:1 error: the group name is empty",
      "1:2 error: the tag has white space or a control character: \" t\"",
      "1:5 error: the level list is empty",
      "1:6 error: unknown mode \"onse\"",
      "1:11 error: the command has a control character: \"\\u0007\""
    ])
    expect(diagnose("g g::1")).toEqual([
      "1:2 error: the group name has white space or a control character: \"g g\"",
      "1:5 error: the tag is empty",
      "1:7 error: entry has 3 of 5 fields: mode and command are missing"
    ])
  })
})

describe("white space and control characters", () => {
  it.each([
    [" g:t:1:once:x", "1:1 error: the group name has white space or a control character: \" g\""],
    ["g:t t:1:once:x", "1:4 error: the tag has white space or a control character: \"t t\""],
    ["g:t:1 :once:x", "1:6 error: the level list has white space or a control character: \"1 \""],
    ["g:t:1\u00a02:once:x", "1:6 error: the level list has white space or a control character: \"1\u00a02\""],
    ["g:t\u0000:1:once:x", "1:4 error: the tag has white space or a control character: \"t\\u0000\""],
    ["g:t:1:once:a\u0000b", "1:13 error: the command has a control character: \"a\\u0000b\""],
    ["g:t:1:once:a\rb", "1:13 error: the command has a control character: \"a\\rb\""],
    ["g:t:1:once:a\r\r", "1:13 error: the command has a control character: \"a\\r\\r\""]
  ])("%j is refused at the first offending character", (text, expected) => {
    expect(diagnose(text).filter((line) => line.includes("error"))).toEqual([expected])
  })

  it("columns count characters, not UTF-16 units or bytes", () => {
    expect(diagnose("😀é:t t:1:once:x")).toEqual([
      "1:5 error: the tag has white space or a control character: \"t t\""
    ])
  })

  it("a tab belongs to a command", () => expect(diagnose("g:t:1:once:a\tb")).toEqual([]))

  it("what a terminal would act on is escaped in messages", () => {
    const [message] = diagnose("\u001b[2J\u009b\u202e\u2028\u{e0001}\ud800:t:1:once:x")
    expect(message).toBe(
      "1:1 error: the group name has white space or a control character: " +
        String.raw`"\u001b[2J\u009b\u202e\u2028\udb40\udc01\ud800"`
    )
  })

  it("a long field is cut in messages", () => {
    expect(diagnose(`${"x".repeat(10_000)} :t:1:once:x`)[0]?.length).toBeLessThan(200)
  })
})

describe("modes (D6)", () => {
  it("an unknown mode is refused at read time, with line and column", () => {
    expect(Cltab.parse(`${clean}\ng:u:1:boot:x`)).toMatchObject({
      entries: [{ tag: "t" }],
      diagnostics: [{ severity: "error", line: 2, column: 7, message: "unknown mode \"boot\"" }]
    })
  })

  it.each([
    ["respwan", "respawn"],
    ["repsawn", "respawn"],
    ["Respawn", "respawn"],
    ["RESPWN", "respawn"],
    ["once ", "once"],
    [" once", "once"],
    ["onec", "once"],
    ["tset", "test"],
    ["of", "off"],
    ["wiat", "wait"]
  ])("for the mode %j, %s is suggested", (mode, meant) => {
    expect(hints(`g:t:1:${mode}:x`)).toEqual([`did you mean ${meant}?`])
  })

  it.each(["", "boot", "ctrlaltdel", "x", "x".repeat(5000)])(
    "for the mode %j all modes are listed",
    (mode) => {
      expect(hints(`g:t:1:${mode}:x`)).toEqual([
        "Expected \"once\" | \"wait\" | \"respawn\" | \"off\" | \"test\""
      ])
    }
  )
})

describe("duplicate tags (D20)", () => {
  it("a tag used twice is refused with both lines named", () => {
    expect(Cltab.parse("g:t:1:once:x\n\ng:t:2:once:y")).toMatchObject({
      entries: [{ tag: "t", line: 1 }],
      diagnostics: [{
        severity: "error",
        line: 3,
        column: 3,
        message: "entry has duplicate tag: t (lines 1 and 3)",
        hint: "a tag is used once in the whole file, also across groups"
      }]
    })
  })

  it("a tag used in two groups is a duplicate as well", () => {
    expect(diagnose("a:t:1:once:x\nbb:t:1:once:x")).toEqual([
      "2:4 error: entry has duplicate tag: t (lines 1 and 2)"
    ])
  })

  it("every further use is reported, not only the last, against the first", () => {
    expect(diagnose("g:t:1:once:x\ng:u:1:once:x\ng:t:1:once:x\ng:u:1:once:x\ng:t:1:once:x")).toEqual([
      "3:3 error: entry has duplicate tag: t (lines 1 and 3)",
      "4:3 error: entry has duplicate tag: u (lines 2 and 4)",
      "5:3 error: entry has duplicate tag: t (lines 1 and 5)"
    ])
  })

  it("tags are compared literally, not as patterns", () => {
    expect(diagnose("g:a.c:1:once:x\ng:abc:1:once:x\ng:a(c:1:once:x\ng:ABC:1:once:x")).toEqual([])
  })

  it("names of the language's own objects are tags like others", () => {
    const text = ["__proto__", "constructor", "toString"].map((tag) => `${tag}:${tag}:1:once:x`).join("\n")
    expect(Cltab.parse(text)).toMatchObject({ entries: [{}, {}, {}], diagnostics: [] })
  })

  it("a duplicate is found, once, even if the rest of either line is broken", () => {
    expect(diagnose("g:t\ng:t:1:once:x")).toEqual([
      "1:4 error: entry has 2 of 5 fields: level list, mode and command are missing",
      "2:3 error: entry has duplicate tag: t (lines 1 and 2)"
    ])
    expect(diagnose("g:t:1:once:x\n:t:1:boot:x")).toEqual([
      "2:1 error: the group name is empty",
      "2:2 error: entry has duplicate tag: t (lines 1 and 2)",
      "2:6 error: unknown mode \"boot\""
    ])
  })

  it("what hides in a tag is escaped", () => {
    expect(diagnose("g:t\u00ad:1:once:x\ng:t\u00ad:1:once:x")).toEqual([
      "2:3 error: entry has duplicate tag: t\\u00ad (lines 1 and 2)"
    ])
  })
})

describe("characters that a terminal would act on", () => {
  it("a name that turns the direction of writing round, or has half a character, is refused", () => {
    expect(diagnose("g\u202e:t\ud800:1\u2066:once:x")).toHaveLength(3)
  })
})

describe("settings", () => {
  it("a setting has a name up to the first colon and the whole rest as its value", () => {
    expect(Cltab.parse(":::socket:/run/a:b \n:::clstat: /c\n:::log:#")).toEqual({
      entries: [],
      settings: {
        socket: { value: "/run/a:b ", line: 1 },
        clstat: { value: " /c", line: 2 },
        log: { value: "#", line: 3 }
      },
      diagnostics: []
    })
  })

  it("of two lines for one name the last one wins", () => {
    expect(Cltab.parse(":::socket:/a\n:::socket:/b").settings).toEqual({ socket: { value: "/b", line: 2 } })
  })

  it("a broken later line leaves the earlier one in force", () => {
    expect(Cltab.parse(":::socket:/a\n:::socket:").settings).toEqual({ socket: { value: "/a", line: 1 } })
  })

  it("settings are there even if every entry is broken, as clients need nothing else", () => {
    expect(Cltab.parse("nonsense\n:::socket:/a\ng:t:1:boot:x").settings).toEqual({
      socket: { value: "/a", line: 2 }
    })
  })

  it.each([
    [":::", "1:4 error: malformed setting: no colon after the name"],
    [":::socket", "1:10 error: malformed setting: no colon after the name"],
    [":::socket:", "1:11 error: malformed setting: the value is empty"],
    ["::::/x", "1:4 error: malformed setting: the name is empty"],
    [":::socket:/a\u0000", "1:13 error: malformed setting: the value has a control character"]
  ])("%j is refused with what was expected", (text, expected) => {
    expect(diagnose(text)).toEqual([expected])
    expect(hints(text)).toEqual(["a setting is :::NAME:VALUE"])
  })

  it("a setting with neither name nor value has two problems", () => {
    expect(diagnose("::::")).toEqual([
      "1:4 error: malformed setting: the name is empty",
      "1:5 error: malformed setting: the value is empty"
    ])
  })

  it.each([
    "cltab",
    "context",
    "ok",
    "raw",
    "__proto__",
    "constructor",
    "toString",
    "grace",
    "g/grace",
    "g/t/grace"
  ])(
    "the unknown setting %s is a warning and changes nothing (D33)",
    (name) => {
      const cltab = Cltab.parse(`:::${name}:x\n${clean}`)
      expect(cltab.settings).toEqual({})
      expect(Object.getPrototypeOf(cltab.settings)).toBe(Object.prototype)
      expect(cltab.entries).toHaveLength(1)
      expect(Cltab.isValid(cltab)).toBe(true)
      expect(cltab.diagnostics.map(brief)).toEqual([`1:4 warning: unknown setting "${name}" is ignored`])
    }
  )

  it("for an unknown setting a near name is suggested, otherwise all are listed", () => {
    expect(hints(":::sokcet:/x\n:::Clstat:/x\n::: log:/x\n:::grace:5")).toEqual([
      "did you mean socket?",
      "did you mean clstat?",
      "did you mean log?",
      "the settings are socket, clstat, log, containment, log-format, metrics, otlp, tree, stop, timeout, success, respawn.NAME, user, groups, " +
      "cwd, umask, nice, limit.NAME, env, env-file, output, error-output, env.NAME"
    ])
  })
})

describe("carriage returns", () => {
  it("one at the end of a line belongs to the command, and is warned of once per file", () => {
    expect(Cltab.parse("# c\r\n\r\ng:t:1:once:é\r\ng:u:1:once:x\r\n")).toMatchObject({
      entries: [{ command: "é\r" }, { command: "x\r" }],
      diagnostics: [{
        severity: "warning",
        line: 3,
        column: 13,
        message: "a carriage return ends the line and becomes part of its last field (2 lines in this file)",
        hint: "convert the file to LF line ends"
      }]
    })
  })

  it("one at the end of a setting belongs to its value", () => {
    const cltab = Cltab.parse(":::socket:/s\r\n")
    expect(cltab.settings.socket?.value).toBe("/s\r")
    expect(cltab.diagnostics.map(brief)).toEqual([
      "1:13 warning: a carriage return ends the line and becomes part of its last field (1 line in this file)"
    ])
  })

  it("a file with them is valid", () => expect(Cltab.isValid(Cltab.parse(`${clean}\r\n`))).toBe(true))

  it("one alone is neither a command nor a value", () => {
    const errors = Cltab.parse("g:t:1:once:\r\n:::socket:\r").diagnostics.filter(({ severity }) =>
      severity === "error"
    )
    expect(errors.map(brief)).toEqual([
      "1:12 error: the command is empty",
      "2:11 error: malformed setting: the value is empty"
    ])
  })
})

describe("bytes", () => {
  it("UTF-8 is read as text", () => {
    expect(Cltab.decode(bytes("é:😀:1:once:\uFFFD"))).toEqual(Cltab.parse("é:😀:1:once:\uFFFD"))
  })

  it("a byte order mark at the beginning is dropped, one elsewhere is not", () => {
    expect(Cltab.decode(bytes(0xef, 0xbb, 0xbf, clean))).toEqual(Cltab.parse(clean))
    expect(Cltab.parse(`\uFEFF${clean}`)).toEqual(Cltab.parse(clean))
    expect(diagnose(`${clean}\n\uFEFFg:u:1:once:x`)).toHaveLength(1)
  })

  it("each line that is not UTF-8 is an error at its first bad byte, the others are still read", () => {
    const cltab = Cltab.decode(
      bytes(
        0xef,
        0xbb,
        0xbf,
        "é",
        0xff,
        ":t:1:once:x\n",
        "g:u:1:once:x\n",
        "g:\uFFFD😀",
        0xe2,
        0x82,
        "\n",
        "g:v:1:boot:x"
      )
    )
    expect(cltab.entries.map(({ tag }) => tag)).toEqual(["u"])
    expect(cltab.diagnostics.map(brief)).toEqual([
      "1:2 error: the line is not valid UTF-8",
      "3:5 error: the line is not valid UTF-8",
      "4:7 error: unknown mode \"boot\""
    ])
  })

  it.each([
    ["a stray continuation byte", [0x80]],
    ["an overlong form", [0xc0, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["a code point beyond Unicode", [0xf4, 0x90, 0x80, 0x80]],
    ["a sequence cut off by a line feed", [0xf0, 0x9f, 0x98]]
  ])("%s is an error", (_, bad) => {
    const { diagnostics } = Cltab.decode(bytes("g:é", ...bad, "\n", clean))
    expect(diagnostics.map(brief)).toEqual(["1:4 error: the line is not valid UTF-8"])
  })

  it("a comment may be in any encoding", () => {
    expect(Cltab.decode(bytes("# caf", 0xe9, "\n", clean))).toEqual(Cltab.parse(`#\n${clean}`))
  })
})

describe("validity", () => {
  it("a cltab with an error is not valid, one with warnings is", () => {
    expect(Cltab.isValid(Cltab.parse("g"))).toBe(false)
    expect(Cltab.isValid(Cltab.parse(":::x:y"))).toBe(true)
    expect(Cltab.isValid(Cltab.parse(""))).toBe(true)
  })

  it("diagnostics are in the order of lines and columns, warnings among errors", () => {
    expect(diagnose("g\n:::x:y\ng:t:1:once:x\r\nh").map((text) => text.slice(0, 3))).toEqual([
      "1:2",
      "2:4",
      "3:1",
      "4:2"
    ])
  })
})

type Located = { readonly [name: string]: unknown }

const valuesOf = (settings: Located) =>
  Object.fromEntries(
    Object.entries(settings).map(([name, setting]) => [name, (setting as { readonly value: unknown }).value])
  )

const withoutLines = (
  { entries, settings: { scoped = [], ...whole } }: Pick<Cltab.Cltab, "entries" | "settings">
) => ({
  entries: entries.map((entry) => Struct.omit(entry, ["line"])),
  settings: {
    ...valuesOf(whole),
    scoped: scoped.map(({ scope, settings }) => ({ scope, settings: valuesOf(settings) }))
  }
})

const definedOf = (lines: DaemonPaths.Lines) =>
  Object.fromEntries(Object.entries(lines).filter(([, path]) => path !== undefined))

describe("for any input", () => {
  const Choice = Schema.Struct({ of: Schema.Literals(["group", "entry"]), settings: CltabSettings.Inherited })

  it.prop(
    "what is printed reads as the same entries and settings, without errors",
    [Schema.Array(Cltab.Entry), Cltab.Settings, Schema.Array(Choice)],
    ([generated, whole, choices]) => {
      const unique = [...new Map(generated.map((entry) => [entry.tag, entry])).values()]
      // Settings of these entries and their groups, and generated ones, which name hardly ever anything.
      const scopes = new Map([
        ...unique.flatMap(({ group, tag }, index) => {
          const choice = choices[index]
          if (choice === undefined) return []
          const scope = choice.of === "group" ? group : `${group}/${tag}`
          return [[scope, { scope, settings: choice.settings }] as const]
        }),
        ...(whole.scoped ?? []).map((each) => [each.scope, each] as const)
      ].filter(([, { settings }]) => Object.keys(settings).length > 0))
      const rest = Struct.omit(whole, ["scoped"]) as Cltab.Settings
      const settings: Cltab.Settings = scopes.size === 0 ? rest : { ...rest, scoped: [...scopes.values()] }
      const entries = unique.map((each): Cltab.Entry => {
        const of = (scope: string) => valuesOf(scopes.get(scope)?.settings ?? {})
        const applied = {
          ...Object.fromEntries(
            Object.entries(valuesOf(rest)).filter(([name]) => CltabSettings.isInherited(name))
          ),
          ...of(each.group),
          ...of(`${each.group}/${each.tag}`)
        }
        const { command, group, levels, line, mode, tag } = each
        const entry = { command, group, levels, line, mode, tag }
        return Object.keys(applied).length === 0
          ? entry
          : { ...entry, settings: applied as NonNullable<Cltab.Entry["settings"]> }
      })
      const printed = Cltab.print({ entries, settings })
      const read = Cltab.parse(printed)
      expect(withoutLines(read)).toEqual(withoutLines({ entries, settings }))
      expect(read.diagnostics.filter(({ severity }) => severity === "error")).toEqual([])
      expect(Cltab.print(read)).toBe(printed)
    },
    { arbitrary: { runs: 300, maxDiscards: 100_000 }, timeout: 60_000 }
  )

  const Fragment = Schema.Union([
    Schema.Literals([
      ":",
      ":",
      ":",
      ":",
      "\n",
      "\n",
      ":::",
      "#",
      " ",
      "\t",
      "\r",
      "\u0000",
      "\u001b",
      "\uFEFF",
      "😀"
    ]),
    Schema.Literals([
      "g",
      "t",
      "u",
      "1",
      "1,2",
      "once",
      "respwan",
      "socket",
      "clstat",
      "\n:::socket:/s",
      "\n:::clstat:",
      "/",
      "tree:",
      "strict",
      ":::g/tree:loose\n",
      ":::g/t/tree:strict\n",
      "__proto__",
      "cmd -x",
      clean
    ]),
    Schema.String
  ])

  const expectDiagnosticsInside = (text: string, { diagnostics }: Cltab.Cltab) => {
    const lines = text.split("\n")
    for (const { column, line, message } of diagnostics) {
      const length = [...lines[line - 1]!].length
      expect(column).toBeGreaterThanOrEqual(1)
      expect(column).toBeLessThanOrEqual(length + 1)
      expect(message).not.toMatch(/\p{Cc}/u)
    }
  }

  it.prop(
    "text is read without throwing, with every diagnostic inside of it",
    [Schema.Array(Fragment)],
    ([fragments]) => {
      const text = fragments.join("")
      const cltab = Cltab.parse(text)
      expect(DaemonPaths.read(bytes(text))).toEqual(
        definedOf(CltabSettings.paths(Cltab.decode(bytes(text)).settings))
      )
      expectDiagnosticsInside(text, cltab)
      expect(withoutLines(Cltab.parse(Cltab.print(cltab)))).toEqual(withoutLines(cltab))
      expect(cltab.entries.every(Schema.is(Cltab.Entry))).toBe(true)
      expect(Schema.is(Cltab.Settings)(cltab.settings)).toBe(true)
    },
    { arbitrary: { runs: 1000 } }
  )

  const Bytes = Schema.Array(Schema.Union([
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })),
    Schema.Literals([10, 58, 0xef, 0xbf, 0xbd, 0xe2, 0x82, 0xf0, 0x9f]),
    Schema.Literals([
      "é",
      "😀",
      "\uFFFD",
      "\uFEFF",
      "g:",
      "once",
      "\n",
      "\n:::g/tree:",
      "loose",
      "\n:::socket:",
      "\n:::log:/l"
    ])
  ]))

  it.prop("bytes are read without throwing, with every diagnostic inside of them", [Bytes], ([parts]) => {
    const input = bytes(...parts)
    const cltab = Cltab.decode(input)
    expect(DaemonPaths.read(input)).toEqual(definedOf(CltabSettings.paths(cltab.settings)))
    expectDiagnosticsInside(new TextDecoder().decode(input), cltab)
  }, { arbitrary: { runs: 1000 } })

  it.prop(
    "a line is called malformed exactly if its bytes are not UTF-8, at its first bad byte",
    [Bytes],
    ([parts]) => {
      const line = bytes("g", ...parts).filter((byte) => byte !== 10)
      // The longest prefix that could still become UTF-8 tells the place independently.
      const decodes = (prefix: Uint8Array, stream: boolean) => {
        try {
          return new TextDecoder("utf-8", { fatal: true }).decode(prefix, { stream })
        } catch {
          return undefined
        }
      }
      const found = Cltab.decode(line).diagnostics.find(({ message }) => message.includes("UTF-8"))
      if (decodes(line, false) !== undefined) return expect(found).toBeUndefined()
      let length = line.length
      while (decodes(line.subarray(0, length), true) === undefined) length -= 1
      return expect(found?.column).toBe([...decodes(line.subarray(0, length), true)!].length + 1)
    },
    { arbitrary: { runs: 1000 } }
  )
})

it("a cltab is read in time that grows with its lines, and no faster", () => {
  const entries = (count: number) =>
    bytes(
      Array.from(
        { length: count },
        (_, i) => `group${i % 50}:tag${i}:1,2,${i}:respawn:/usr/bin/prog -n ${i}\n`
      ).join("")
    )
  expect(Cltab.decode(entries(4_000)).entries).toHaveLength(4_000)
  expect(Growth.exponent(entries, Cltab.decode, [4_000, 32_000])).toBeLessThan(1.5)
})
