import "@clinit/cli/Clinit" // which defines the flags
import * as Argv from "@clinit/cli/Argv"
import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"

describe("short flags are written in full", () => {
  for (
    const [given, expected] of [
      ["", ""],
      ["g 1", "g 1"],
      ["-v", "--verbose=true"],
      ["-vk", "--verbose=true --kill=true"],
      ["-dvwhk", "--daemon=true --verbose=true --wait=true --help=true --kill=true"],
      ["-cFILE", "--cltab=FILE"],
      ["-c FILE", "--cltab=FILE"],
      ["-c=FILE", "--cltab==FILE"],
      ["-sPATH -c FILE g 1", "--socket=PATH --cltab=FILE g 1"],
      ["-vcFILE g 1", "--verbose=true --cltab=FILE g 1"],
      ["-vc FILE g 1", "--verbose=true --cltab=FILE g 1"],
      ["-ckv", "--cltab=kv"],
      ["-c -v 1", "--cltab=-v 1"],
      ["-c -- 1", "--cltab=-- 1"],
      ["-c", "--cltab"],
      ["-vs", "--verbose=true --socket"],
      ["-v 1", "--verbose=true 1"],
      ["--verbose 1", "--verbose=true 1"],
      [
        "--wait --kill --daemon --help --json",
        "--wait=true --kill=true --daemon=true --help=true --json=true"
      ],
      ["check --strict FILE --secrets", "check --strict=true FILE --secrets=true"],
      ["g 1 -v", "g 1 --verbose=true"],
      ["--timeout 3 --cltab FILE", "--timeout 3 --cltab FILE"],
      ["-", "-"]
    ] as const
  ) {
    it(`${given} is ${expected}`, () => {
      const words = (text: string) => text.split(" ").filter((word) => word !== "")
      expect(Argv.normalise(words(given))).toEqual(words(expected))
    })
  }
})

it("an empty word is kept, also as a flag's value", () => {
  expect(Argv.normalise(["", "1", "-c", ""])).toEqual(["", "1", "--cltab="])
})

describe("what is not known is left as it is", () => {
  for (
    const word of [
      "-x",
      "-vx",
      "-xv",
      "-v1",
      "-1",
      "-v-k",
      "-v=true",
      "-é",
      "--frob",
      "--frob=1",
      "--verbosely"
    ]
  ) {
    it(word, () => {
      expect(Argv.normalise([word, "FILE"])).toEqual([word, "FILE"])
    })
  }
})

describe("of a flag that is repeated the last one counts", () => {
  it("a flag without a value", () => {
    expect(Argv.normalise(["-vv", "g", "-v", "1"])).toEqual(["g", "--verbose=true", "1"])
  })

  it("a flag with a value", () => {
    expect(Argv.normalise(["-c", "a", "-s", "s", "-cb", "1"])).toEqual(["--socket=s", "--cltab=b", "1"])
  })
})

it("behind -- everything is a word", () => {
  expect(Argv.normalise(["-v", "--", "-v", "-c", "--", "tell"])).toEqual([
    "--verbose=true",
    "--",
    "-v",
    "-c",
    "--",
    "tell"
  ])
})

const Word = Schema.Union([
  Schema.Literals([
    "-v",
    "-vk",
    "-c",
    "-cF",
    "-sS",
    "-vcF",
    "-x",
    "-vx",
    "-1",
    "--",
    "-",
    "--wait",
    "--timeout"
  ]),
  Schema.String.check(Schema.isMaxLength(4))
])
const Line = Schema.Array(Word).check(Schema.isMaxLength(8))

it.prop("what is normal already stays as it is", [Line], ([line]) => {
  const normal = Argv.normalise(line)
  expect(Argv.normalise(normal)).toEqual(normal)
})

it.prop("no word that is not a flag, nor a flag's value, is dropped or moved", [Line], ([line]) => {
  // Each word's own number makes it recognisable; a word behind a bare -c or -s is that flag's value, also a -- there.
  const tagged = line.map((word, at) => word.startsWith("-") ? word : `${at}:${word}`)
  const words: Array<string> = []
  let isOver = false
  let takesNext = false
  for (const word of tagged) {
    const isValue: boolean = takesNext
    takesNext = !isOver && !isValue && /^-(v|vk)?[cs]$/.test(word)
    isOver ||= !isValue && word === "--"
    if (!isValue && !word.startsWith("-")) words.push(word)
  }
  const normal = Argv.normalise(tagged)
  expect(normal.filter((word) => /^\d:/.test(word)).filter((word) => words.includes(word))).toEqual(words)
})
