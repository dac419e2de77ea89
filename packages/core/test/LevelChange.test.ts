import * as Cltab from "@clinit/core/Cltab"
import * as LevelChange from "@clinit/core/LevelChange"
import * as LevelList from "@clinit/core/LevelList"
import { Level } from "@clinit/protocol/Names"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"

const entries = (...lines: ReadonlyArray<string>): ReadonlyArray<Cltab.Entry> => {
  const cltab = Cltab.parse(lines.map((line) => `web:${line}`).join("\n"))
  assert.deepStrictEqual(cltab.diagnostics, [])
  return cltab.entries
}

/** The plan in short: tags only. */
const plan = (started: ReadonlyArray<Cltab.Entry>, cltab: ReadonlyArray<Cltab.Entry>, level: string) => {
  const { keep, sequence, stop } = LevelChange.plan(started, cltab, Level.make(level))
  return {
    stop: stop.map(({ tag }) => tag).join(" "),
    sequence: sequence.map(({ tag }) => tag).join(" "),
    keep: [...keep].join(" ")
  }
}

describe("by example", () => {
  const cltab = entries("a:1:once:a", "b:12:once:b", "c:2:once:c")

  it("from nothing everything of the level is to be started", () => {
    assert.deepStrictEqual(plan([], cltab, "1"), { stop: "", sequence: "a b", keep: "" })
  })

  it("to another level the shared entries are kept and the rest is stopped", () => {
    assert.deepStrictEqual(plan(cltab.slice(0, 2), cltab, "2"), { stop: "a", sequence: "b c", keep: "b" })
  })

  it("to the same level nothing is stopped", () => {
    assert.deepStrictEqual(plan(cltab.slice(0, 2), cltab, "1"), { stop: "", sequence: "a b", keep: "a b" })
  })

  it("to a level nobody has everything is stopped", () => {
    assert.deepStrictEqual(plan(cltab.slice(0, 2), cltab, "9"), { stop: "a b", sequence: "", keep: "" })
  })

  it("an entry whose mode or command changed is stopped and started anew (D3)", () => {
    const started = entries("a:1:once:a", "b:1:once:b", "c:1:once:c")
    assert.deepStrictEqual(
      plan(started, entries("a:1:wait:a", "b:1:once:b2", "c:1:once:c"), "1"),
      { stop: "a b", sequence: "a b c", keep: "c" }
    )
  })

  it("a running entry is judged by its new level list, not by the one it was started with (D17)", () => {
    const started = entries("a:1:once:a", "b:1:once:b")
    assert.deepStrictEqual(plan(started, entries("a:2:once:a", "b:12:once:b"), "1"), {
      stop: "a",
      sequence: "b",
      keep: "b"
    })
    assert.deepStrictEqual(plan(started, entries("a:2:once:a", "b:12:once:b"), "2"), {
      stop: "",
      sequence: "a b",
      keep: "a b"
    })
  })

  it("an entry that is off belongs to no level and is stopped (D5)", () => {
    assert.deepStrictEqual(
      plan(entries("a:1:once:a"), entries("a:1:off:a", "b:1:once:b"), "1"),
      { stop: "a", sequence: "b", keep: "" }
    )
  })

  it("an entry that is gone from the cltab is stopped", () => {
    assert.deepStrictEqual(
      plan(entries("a:1:once:a", "b:1:once:b"), entries("b:1:once:b"), "1"),
      { stop: "a", sequence: "b", keep: "b" }
    )
  })

  it("the order of the lines changes the sequence and nothing else", () => {
    const [a, b, c] = entries("a:1:once:a", "b:1:once:b", "c:1:once:c")
    assert.deepStrictEqual(plan([a!, b!], [c!, b!, a!], "1"), { stop: "", sequence: "c b a", keep: "a b" })
  })
})

const Lines = Schema.Array(
  Schema.Struct({
    tag: Schema.Literals(["a", "b", "c", "d", "e"]),
    levels: Schema.Literals(["1", "2", "12", "1,2", "3,"]),
    mode: Schema.Literals(["once", "wait", "respawn", "test", "off"]),
    command: Schema.Literals(["x", "y"])
  })
)

const unique = (lines: typeof Lines.Type) => {
  const first = new Map<string, string>()
  for (const { command, levels, mode, tag } of lines) {
    if (!first.has(tag)) first.set(tag, `${tag}:${levels}:${mode}:${command}`)
  }
  return entries(...first.values())
}

describe("by property", () => {
  const level = Level.make("1")

  it.prop("every started entry is either stopped or kept", [Lines, Lines], ([old, now]) => {
    const started = unique(old)
    const { keep, stop } = LevelChange.plan(started, unique(now), level)
    assert.deepStrictEqual(
      [...stop.map(({ tag }) => tag), ...keep].sort(),
      started.map(({ tag }) => tag).sort()
    )
  })

  it.prop("the sequence is in file order what has the level and is not off", [Lines, Lines], ([old, now]) => {
    const cltab = unique(now)
    assert.deepStrictEqual(
      LevelChange.plan(unique(old), cltab, level).sequence,
      cltab.filter((entry) => entry.mode !== "off" && LevelList.matches(entry.levels, level))
    )
  })

  it.prop(
    "what is kept is of the sequence, with the mode and the command it has",
    [Lines, Lines],
    ([old, now]) => {
      const started = unique(old)
      const { keep, sequence } = LevelChange.plan(started, unique(now), level)
      for (const tag of keep) {
        const was = started.find((entry) => entry.tag === tag)!
        const is = sequence.find((entry) => entry.tag === tag)!
        assert.deepStrictEqual([is.mode, is.command], [was.mode, was.command])
      }
    }
  )

  it.prop("carrying out a plan leaves nothing to do", [Lines, Lines], ([old, now]) => {
    const cltab = unique(now)
    const { sequence } = LevelChange.plan(unique(old), cltab, level)
    const again = LevelChange.plan(sequence, cltab, level)
    assert.deepStrictEqual(again.stop, [])
    assert.strictEqual(again.keep.size, sequence.length)
  })
})
