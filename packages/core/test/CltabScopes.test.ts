import * as Cltab from "@clinit/core/Cltab"
import type { Diagnostic } from "@clinit/protocol/Diagnostic"
import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import * as Growth from "./support/Growth.ts"

const lines = (...lines: ReadonlyArray<string>) => lines.join("\n")

const brief = ({ column, hint, line, message, severity }: Diagnostic) =>
  `${line}:${column} ${severity}: ${message}${hint === undefined ? "" : ` (${hint})`}`

const diagnose = (...text: ReadonlyArray<string>) => Cltab.parse(lines(...text)).diagnostics.map(brief)

/** The tree setting of each entry, by tag. */
const trees = (...text: ReadonlyArray<string>) => {
  const { diagnostics, entries } = Cltab.parse(lines(...text))
  expect(diagnostics).toEqual([])
  return Object.fromEntries(entries.map(({ settings, tag }) => [tag, settings?.tree]))
}

const inherited =
  "tree, stop, timeout, success, respawn.NAME, user, groups, cwd, umask, nice, limit.NAME, env, env-file, " +
  "output, error-output, env.NAME"

const entries = ["web:a:1:once:x", "web:b:1:once:x", "db:c:1:once:x"]

describe("which line applies", () => {
  it("an entry has no key for a setting that no line makes", () => {
    expect(Cltab.parse(lines(...entries)).entries.every((entry) => !("settings" in entry))).toBe(true)
    const [a, , c] = Cltab.parse(lines(...entries, ":::web/tree:loose")).entries
    expect([a !== undefined && "settings" in a, c !== undefined && "settings" in c]).toEqual([true, false])
  })

  it("that of the whole daemon applies to all", () => {
    expect(trees(...entries, ":::tree:strict")).toEqual({ a: "strict", b: "strict", c: "strict" })
  })

  it("that of a group applies to its entries", () => {
    expect(trees(...entries, ":::web/tree:strict")).toEqual({ a: "strict", b: "strict", c: undefined })
  })

  it("that of an entry applies to it alone", () => {
    expect(trees(...entries, ":::web/b/tree:strict")).toEqual({ a: undefined, b: "strict", c: undefined })
  })

  it.each([
    ["the most general first", [":::tree:strict", ":::web/tree:loose", ":::web/b/tree:strict"]],
    ["the most specific first", [":::web/b/tree:strict", ":::web/tree:loose", ":::tree:strict"]]
  ])("the most specific wins, wherever they stand: %s", (_, settings) => {
    const expected = { a: "loose", b: "strict", c: "strict" }
    expect(trees(...settings, ...entries)).toEqual(expected)
    expect(trees(...entries, ...settings)).toEqual(expected)
    expect(trees(settings[0]!, entries[0]!, settings[1]!, ...entries.slice(1), settings[2]!)).toEqual(
      expected
    )
  })

  it.each(["tree", "web/tree", "web/a/tree"])("of several lines for %s the last one wins", (name) => {
    expect(trees(...entries, `:::${name}:strict`, `:::${name}:loose`)["a"]).toBe("loose")
    expect(trees(`:::${name}:loose`, ...entries, `:::${name}:strict`)["a"]).toBe("strict")
  })

  it("a broken later line leaves the earlier one in force", () => {
    const { entries } = Cltab.parse(lines("web:a:1:once:x", ":::web/tree:loose", ":::web/tree:maybe"))
    expect(entries[0]?.settings?.tree).toBe("loose")
  })

  it("a broken entry takes no setting from the others", () => {
    const { entries } = Cltab.parse(lines("web:a", "web:b:1:once:x", ":::web/tree:loose"))
    expect(entries.map(({ settings, tag }) => [tag, settings?.tree])).toEqual([["b", "loose"]])
  })
})

describe("what the settings of a cltab keep", () => {
  it("each scope once, with its last value and that one's line", () => {
    expect(
      Cltab.parse(
        lines(":::web/tree:loose", ":::tree:loose", ":::web/a/tree:loose", ":::web/tree:strict", ...entries)
      )
        .settings
    ).toEqual({
      tree: { value: "loose", line: 2 },
      scoped: [
        { scope: "web", settings: { tree: { value: "strict", line: 4 } } },
        { scope: "web/a", settings: { tree: { value: "loose", line: 3 } } }
      ]
    })
  })

  it("they are printed as they were said", () => {
    const text = [
      ":::socket:/s",
      ":::containment:group",
      ":::tree:loose",
      ":::web/tree:strict",
      ":::web/a/tree:loose",
      "web:a:1:once:x"
    ].map((line) => `${line}\n`).join("")
    expect(Cltab.print(Cltab.parse(text))).toBe(text)
  })
})

describe("slashes in names", () => {
  it("the setting's name is what stands behind the last slash", () => {
    expect(trees("a/b:c/d:1:once:x", "a/b:e:1:once:x", ":::a/b/tree:loose", ":::a/b/c/d/tree:strict"))
      .toEqual({
        "c/d": "strict",
        e: "loose"
      })
  })

  it("a group or a tag may be called like a setting", () => {
    expect(
      trees("tree:tree:1:once:x", "socket:log:1:once:x", ":::tree/tree:loose", ":::socket/log/tree:strict")
    )
      .toEqual({ tree: "loose", log: "strict" })
    expect(trees("tree:tree:1:once:x", "tree:u:1:once:x", ":::tree/tree/tree:loose"))
      .toEqual({ tree: "loose", u: undefined })
  })

  it("they may begin and end names, and be all of them", () => {
    const names = ["web/:/a:1:once:x", "/:/:1:once:x"]
    expect(trees(...names, ":::web//tree:loose", "::://tree:strict")).toEqual({
      "/a": "loose",
      "/": "strict"
    })
    expect(trees(...names, ":::web///a/tree:strict", ":::////tree:loose")).toEqual({
      "/a": "strict",
      "/": "loose"
    })
  })
})

describe("a scope that means two things", () => {
  it("a group and an entry: an error with both lines", () => {
    expect(diagnose("a/b:x:1:once:x", "a/b:y:1:once:x", "a:b:1:once:x", ":::a/b/tree:loose")).toEqual([
      "4:4 error: setting \"a/b/tree\" is ambiguous: \"a/b\" is the group of line 1 and the entry of line 3 " +
      "(give one of them another name)"
    ])
  })

  it("lines are named in the order of the file", () => {
    expect(diagnose(":::a/b/tree:loose", "a:b:1:once:x", "a/b:x:1:once:x")).toEqual([
      "1:4 error: setting \"a/b/tree\" is ambiguous: \"a/b\" is the entry of line 2 and the group of line 3 " +
      "(give one of them another name)"
    ])
  })

  it("two entries, and a group as well", () => {
    expect(diagnose("a:b/c:1:once:x", "a/b:c:1:once:x", "a/b/c:d:1:once:x", ":::a/b/c/tree:loose")).toEqual([
      "4:4 error: setting \"a/b/c/tree\" is ambiguous: \"a/b/c\" is the entry of line 1 and the entry of line 2 " +
      "and the group of line 3 (give one of them another name)"
    ])
  })

  it("nothing is wrong as long as no setting names it", () => {
    expect(diagnose("a/b:x:1:once:x", "a:b:1:once:x", ":::a/tree:loose", ":::a/b/x/tree:loose")).toEqual([])
  })

  it("an entry whose tag is repeated is a duplicate, not ambiguous", () => {
    expect(diagnose("a:b:1:once:x", "a:b:1:once:x", ":::a/b/tree:loose")).toEqual([
      "2:3 error: entry has duplicate tag: b (lines 1 and 2) (a tag is used once in the whole file, also across groups)"
    ])
  })
})

describe("a scope that names nothing", () => {
  it.each([
    ["wbe", " (did you mean web/tree?)"],
    ["Web", " (did you mean web/tree?)"],
    ["web/", " (did you mean web/tree?)"],
    ["web/frnot", " (did you mean web/front/tree?)"],
    ["wbe/front", " (did you mean web/front/tree?)"],
    ["front", " (did you mean web/front/tree?)"],
    ["elsewhere", ""],
    ["web/front/tree", ""],
    [" web", " (did you mean web/tree?)"],
    ["__proto__", ""],
    ["constructor", ""],
    ["web/__proto__", ""]
  ])("%j is a warning, with what was meant if that is near", (scope, hint) => {
    const text = lines("web:front:1:once:x", `:::${scope}/tree:loose`)
    const cltab = Cltab.parse(text)
    expect(cltab.diagnostics.map(brief)).toEqual([
      `2:4 warning: setting ${
        JSON.stringify(`${scope}/tree`)
      } names no group or entry of this file and is ignored` + hint
    ])
    expect(Cltab.isValid(cltab)).toBe(true)
    expect(cltab.entries.map((entry) => "settings" in entry)).toEqual([false])
  })

  it("each such line is told, the ones that are alike as well", () => {
    expect(
      diagnose(":::a/tree:loose", ":::b/tree:loose", ":::a/tree:strict").map((text) => text.slice(0, 11))
    )
      .toEqual(["1:4 warning", "2:4 warning", "3:4 warning"])
  })

  it.each([
    ["web:front:1:boot:x", "web/front"],
    ["web:front:1", "web/front"],
    ["web", "web"],
    ["web:a b:1:once:x", "web"]
  ])("the names of the broken entry %j are there", (entry, scope) => {
    expect(diagnose(entry, `:::${scope}/tree:loose`).filter((text) => text.includes("warning"))).toEqual([])
  })

  it("what a comment says is not", () => {
    expect(diagnose("#web:a:1:once:x", ":::#web/tree:loose")).toHaveLength(1)
  })

  it("what a terminal would act on is escaped", () => {
    expect(diagnose("we\u00adb:a:1:once:x", ":::we\u001bb/tree:loose")).toEqual([
      String.raw`2:4 warning: setting "we\u001bb/tree" names no group or entry of this file and is ignored ` +
      String.raw`(did you mean we\u00adb/tree?)`
    ])
  })
})

describe("names of the language's own objects", () => {
  it("are groups and tags like others", () => {
    expect(trees(
      "__proto__:constructor:1:once:x",
      "constructor:toString:1:once:x",
      "toString:u:1:once:x",
      ":::__proto__/tree:loose",
      ":::constructor/toString/tree:strict"
    )).toEqual({ constructor: "loose", toString: "strict", u: undefined })
  })

  it.each(["__proto__", "constructor", "toString", "scoped"])("%s is no setting of a group", (name) => {
    const cltab = Cltab.parse(lines(`:::web/${name}:loose`, "web:a:1:once:x"))
    expect(cltab.settings).toEqual({})
    expect(Object.getPrototypeOf(cltab.settings)).toBe(Object.prototype)
    expect(cltab.diagnostics.map(brief)).toEqual([
      `1:4 warning: unknown setting "web/${name}" is ignored (settings of a group or an entry: ${inherited})`
    ])
  })
})

describe("settings of the whole daemon only", () => {
  it.each(["socket", "clstat", "log", "containment"])("%s can be made for no group and no entry", (name) => {
    for (const scope of ["web", "web/a", "nowhere", ""]) {
      const cltab = Cltab.parse(lines("web:a:1:once:x", `:::${scope}/${name}:group`))
      expect(cltab.settings).toEqual({})
      expect(cltab.diagnostics.map(brief)).toEqual([
        `2:4 error: ${name} holds for the whole daemon (write :::${name}:VALUE)`
      ])
    }
  })

  it.each(["cgroup", "descendants", "group"])("containment may be %s", (value) => {
    expect(Cltab.parse(`:::containment:${value}`)).toEqual({
      entries: [],
      settings: { containment: { value, line: 1 } },
      diagnostics: []
    })
  })
})

describe("values that a setting does not have", () => {
  it.each([
    [":::tree:maybe", "1:9 error: tree is strict or loose, not \"maybe\""],
    [":::web/tree:lose", "1:13 error: tree is strict or loose, not \"lose\" (did you mean loose?)"],
    [":::web/a/tree:Strict", "1:15 error: tree is strict or loose, not \"Strict\" (did you mean strict?)"],
    [":::tree: loose", "1:9 error: tree is strict or loose, not \" loose\" (did you mean loose?)"],
    [":::tree:constructor", "1:9 error: tree is strict or loose, not \"constructor\""],
    [
      ":::containment:cgruop",
      "1:16 error: containment is cgroup, descendants or group, not \"cgruop\" (did you mean cgroup?)"
    ],
    [":::groups:a,\"b\"", "1:13 error: groups: \"\\\"b\\\"\" is not a name or a number"],
    [":::user:a b", "1:9 error: user is a name or a number, not \"a b\""],
    [":::web/tree:", "1:13 error: malformed setting: the value is empty (a setting is :::NAME:VALUE)"],
    [
      ":::tree:l\u0000",
      "1:10 error: malformed setting: the value has a control character (a setting is :::NAME:VALUE)"
    ]
  ])("%j is refused at the value", (text, expected) => {
    expect(diagnose(text, "web:a:1:once:x")).toEqual([expected])
    expect(Cltab.parse(text).settings).toEqual({})
  })

  it("columns count characters", () => {
    expect(diagnose("größe😀:a:1:once:x", ":::größe😀/tree:maybe")).toEqual([
      "2:16 error: tree is strict or loose, not \"maybe\""
    ])
  })

  it("all problems of a line are reported", () => {
    expect(diagnose(":::wbe/tree:lose", ":::web/containment:cgruop", "web:a:1:once:x")).toEqual([
      "1:4 warning: setting \"wbe/tree\" names no group or entry of this file and is ignored (did you mean web/tree?)",
      "1:13 error: tree is strict or loose, not \"lose\" (did you mean loose?)",
      "2:4 error: containment holds for the whole daemon (write :::containment:VALUE)",
      "2:20 error: containment is cgroup, descendants or group, not \"cgruop\" (did you mean cgroup?)"
    ])
  })

  it("a carriage return makes a word another one", () => {
    expect(diagnose("web:a:1:once:x", ":::web/tree:loose\r", ":::tree:lose\r")).toEqual([
      String.raw`2:13 error: tree is strict or loose, not "loose\r" (convert the file to LF line ends)`,
      "2:18 warning: a carriage return ends the line and becomes part of its last field (2 lines in this file) " +
      "(convert the file to LF line ends)",
      String.raw`3:9 error: tree is strict or loose, not "lose\r" (did you mean loose?)`
    ])
  })
})

describe("malformed lines with a scope", () => {
  it.each([
    [
      ":::/tree:loose",
      "1:4 error: malformed setting: the group is empty " +
      "(a setting is :::NAME:VALUE, :::GROUP/NAME:VALUE or :::GROUP/TAG/NAME:VALUE)"
    ],
    [":::web/:loose", "1:8 error: malformed setting: the name is empty (a setting is :::NAME:VALUE)"],
    [":::/:loose", "1:5 error: malformed setting: the name is empty (a setting is :::NAME:VALUE)"],
    [":::web/tree", "1:12 error: malformed setting: no colon after the name (a setting is :::NAME:VALUE)"],
    [":::web/tre:loose", "1:4 warning: unknown setting \"web/tre\" is ignored (did you mean tree?)"],
    [
      ":::web/sokcet:/x",
      `1:4 warning: unknown setting "web/sokcet" is ignored (settings of a group or an entry: ${inherited})`
    ],
    [
      ":::/run:x",
      `1:4 warning: unknown setting "/run" is ignored (settings of a group or an entry: ${inherited})`
    ]
  ])("%j says what is wrong", (text, expected) => {
    expect(diagnose(text, "web:a:1:once:x")).toEqual([expected])
    expect(Cltab.parse(text).settings).toEqual({})
  })
})

describe("entries with settings", () => {
  it.prop("are JSON by their schema", [Cltab.Entry], ([entry]) => {
    const Json = Schema.fromJsonString(Cltab.Entry)
    expect(Schema.decodeSync(Json)(Schema.encodeSync(Json)(entry))).toEqual(entry)
  }, { arbitrary: { maxDiscards: 100_000 } })
})

describe("for any names", () => {
  const Part = Schema.Literals(["a", "b", "a/b", "b/a", "/", "a/", "/b", "tree", "__proto__", "é😀"])
  const Names = Schema.Array(Schema.Struct({ group: Part, tag: Part }))
  const Lines = Schema.Array(
    Schema.Struct({
      scope: Schema.NullOr(Schema.Struct({ group: Part, tag: Schema.NullOr(Part) })),
      tree: Schema.Literals(["strict", "loose"])
    })
  )

  it.prop(
    "an entry has what the last line says that names it, else its group, else nobody; printed text says the same",
    [Names, Lines, Schema.Boolean],
    ([names, settings, settingsFirst]) => {
      const unique = [...new Map(names.map((name) => [name.tag, name])).values()]
      const scopeOf = (scope: (typeof settings)[number]["scope"]) =>
        scope === null ? null : scope.tag === null ? scope.group : `${scope.group}/${scope.tag}`
      const entryLines = unique.map(({ group, tag }) => `${group}:${tag}:1:once:x`)
      const settingLines = settings.map(({ scope, tree }) =>
        `:::${scope === null ? "" : `${scopeOf(scope)}/`}tree:${tree}`
      )
      const cltab = Cltab.parse(
        lines(...(settingsFirst ? [...settingLines, ...entryLines] : [...entryLines, ...settingLines]))
      )
      const { diagnostics, entries } = cltab

      const last = (wanted: string | null) =>
        settings.findLast(({ scope }) => scopeOf(scope) === wanted)?.tree
      expect(entries.map(({ settings }) => settings?.tree)).toEqual(
        unique.map(({ group, tag }) => last(`${group}/${tag}`) ?? last(group) ?? last(null))
      )

      const printed = Cltab.print(cltab)
      const again = Cltab.parse(printed)
      const withoutLine = (entry: Cltab.Entry) => Struct.omit(entry, ["line"])
      expect(again.entries.map(withoutLine)).toEqual(entries.map(withoutLine))
      expect(Cltab.print(again)).toBe(printed)

      const meanings = (scope: string | null) =>
        unique.filter(({ group, tag }) => `${group}/${tag}` === scope).length +
        (unique.some(({ group }) => group === scope) ? 1 : 0)
      const scopes = settings.map(({ scope }) => scopeOf(scope)).filter((scope) => scope !== null)
      const count = (severity: string) => diagnostics.filter((each) => each.severity === severity).length
      expect(count("warning")).toBe(scopes.filter((scope) => meanings(scope) === 0).length)
      expect(count("error")).toBe(scopes.filter((scope) => meanings(scope) > 1).length)
    },
    { arbitrary: { runs: 1000 } }
  )
})

describe("thousands of lines", () => {
  const many = (count: number, line: (index: number) => string) =>
    Array.from({ length: count }, (_, i) => line(i))
  const tagged = (count: number) => many(count, (i) => `group${i % 50}:tag${i}:1:once:x`)
  const encode = (text: ReadonlyArray<string>) => new TextEncoder().encode(text.join("\n"))

  it("settings of as many entries are read in time that grows with their number, and no faster", () => {
    const settings = (count: number) =>
      encode([...tagged(count), ...many(count, (i) => `:::group${i % 50}/tag${i}/tree:loose`)])
    expect(Growth.exponent(settings, Cltab.decode, [4_000, 32_000])).toBeLessThan(1.5)
  })

  it("for settings that all name nothing it is looked for what was meant for a bounded time", () => {
    const settings = (count: number) =>
      encode([...tagged(count), ...many(count, (i) => `:::gruop${i % 50}/tag${i}/tree:loose`)])
    expect(Growth.exponent(settings, Cltab.decode, [8_000, 32_000])).toBeLessThan(1.5)
  })

  it("names of any length are no trouble", () => {
    const names = (length: number) =>
      encode([`${"g".repeat(length)}:a:1:once:x`, `:::${"h".repeat(length)}/tree:loose`])
    expect(Growth.exponent(names, Cltab.decode, [20_000, 320_000])).toBeLessThan(1.5)
  })

  it("any number of them can be wrong", () => {
    expect(Cltab.parse(many(200_000, () => ":::a/tree:loose").join("\n")).diagnostics.length)
      .toBeGreaterThan(190_000)
  })
})
