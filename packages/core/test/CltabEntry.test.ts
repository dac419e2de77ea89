import * as CltabEntry from "@clinit/core/CltabEntry"
import { assert, it } from "@effect/vitest"
import * as ScheduleRandom from "./support/ScheduleRandom.ts"
import { cltab } from "./support/ValidCltab.ts"

const pieces = [
  ":",
  "::",
  "#",
  " ",
  "\t",
  "\r",
  "",
  "/",
  "~",
  "!",
  "é",
  "組",
  "\u00a0",
  "\u202e",
  "\u007f",
  "\ud800"
]

it("a line that is read without its fields' schemas says exactly what it says by them", () => {
  let plain = 0
  let others = 0
  for (let seed = 1; seed <= 300; seed++) {
    const random = ScheduleRandom.make(seed)
    for (const line of cltab(random).split("\n")) {
      const at = random.below(line.length + 1)
      const mutated = line.slice(0, at) + random.pick(pieces) + line.slice(at + random.below(2))
      for (const text of [line, mutated]) {
        const source = { number: seed, text }
        const reading = CltabEntry.read(source)
        assert.deepStrictEqual(reading, CltabEntry.readAny(source), JSON.stringify(text))
        if (CltabEntry.isPlain(text)) plain++
        else others++
      }
    }
  }
  assert.isAbove(plain, 2_000)
  assert.isAbove(others, 2_000)
})

it("names, modes and commands are taken apart at the first four colons", () => {
  assert.deepStrictEqual(CltabEntry.read({ number: 7, text: "web:app:1,run:respawn:exec a: b" }), {
    entry: {
      group: "web",
      tag: "app",
      levels: "1,run",
      mode: "respawn",
      command: "exec a: b",
      line: 7
    },
    group: "web",
    tag: { name: "app", index: 4 },
    diagnostics: []
  } as unknown as CltabEntry.Reading)
})
