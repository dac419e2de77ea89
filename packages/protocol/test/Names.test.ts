import { GroupName, Level, Mode, Tag } from "@clinit/protocol/Names"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const kinds = [
  ["the group name", GroupName],
  ["the level", Level],
  ["the tag", Tag]
] as const

const isOdd = (text: string) =>
  text === "" || !text.isWellFormed() || /[\s\p{Cc}]|[\u202A-\u202E]|[\u2066-\u2069]/u.test(text)

for (const [what, schema] of kinds) {
  const decode = Schema.decodeUnknownResult(schema)
  const refusal = (input: unknown) =>
    Result.match(decode(input), { onSuccess: () => undefined, onFailure: String })

  describe(what, () => {
    it("may have any characters that are neither white space nor control characters", () => {
      for (
        const name of [
          "a",
          "0",
          "-",
          "::ALL::",
          "web-1.example",
          "é",
          "組",
          "😀",
          "a=b",
          "*",
          "\"'`$\\",
          "%",
          "e\u0301"
        ]
      ) {
        assert.deepStrictEqual<unknown>(decode(name), Result.succeed(name))
      }
    })

    it("may not be empty", () => assert.include(refusal(""), `${what} is empty`))

    it("may have no white space, of Unicode either, at any place", () => {
      for (const blank of [" ", "\t", "\n", "\r", "\v", "\f", "\u00a0", "\u2028", "\u3000", "\ufeff"]) {
        for (const name of [blank, `${blank}a`, `a${blank}`, `a${blank}b`]) {
          assert.include(refusal(name), `${what} has white space or a control character`)
        }
      }
    })

    it("may have no control characters, which could steer a terminal", () => {
      for (const control of ["\0", "\x1b", "\x07", "\x7f", "\x80", "\x9b"]) {
        assert.include(refusal(`a${control}b`), `${what} has white space or a control character`)
      }
    })

    it("may have nothing that turns the direction of writing round, nor half a surrogate pair", () => {
      for (const odd of ["\u202a", "\u202e", "\u2066", "\u2069", "\ud800", "\udfff", "\udc00\ud800"]) {
        assert.include(refusal(`a${odd}b`), `${what} has white space or a control character`)
      }
    })

    it("is a string: nothing else is taken for one", () => {
      for (const other of [0, 1, null, undefined, true, ["a"], { toString: () => "a" }]) {
        assert.isDefined(refusal(other))
      }
    })

    it.prop("any name is one field of a line that is split at white space", [schema], ([name]) => {
      assert.deepStrictEqual(`a ${name} b`.split(/\s+/u), ["a", name, "b"])
    })

    it.prop("a string is either a name, unchanged, or refused", [Schema.String], ([text]) => {
      assert.strictEqual(
        Result.getOrElse(decode(text), () => "refused"),
        isOdd(text) ? "refused" : text
      )
    })
  })
}

describe("the mode", () => {
  it("is one of five words, in small letters", () => {
    const decode = Schema.decodeUnknownResult(Mode)
    for (const mode of ["once", "wait", "respawn", "off", "test"]) {
      assert.deepStrictEqual<unknown>(decode(mode), Result.succeed(mode))
    }
    for (const other of ["Once", "", "on", "once ", 1]) assert.isTrue(Result.isFailure(decode(other)))
  })
})
