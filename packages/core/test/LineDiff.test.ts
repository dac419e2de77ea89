import * as LineDiff from "@clinit/core/testing/LineDiff"
import { assert, describe, it } from "@effect/vitest"

/** Every word of these letters, up to this length. */
const words = (letters: string, length: number): ReadonlyArray<string> =>
  length === 0
    ? [""]
    : ["", ...[...letters].flatMap((first) => words(letters, length - 1).map((rest) => first + rest))]

/** How many letters the longest word has that can be made of both by leaving letters out. */
const common = (one: string, other: string): number =>
  one === "" || other === ""
    ? 0
    : one[0] === other[0]
    ? 1 + common(one.slice(1), other.slice(1))
    : Math.max(common(one.slice(1), other), common(one, other.slice(1)))

const show = (before: string, after: string): string =>
  LineDiff.diff([...before], [...after]).map(({ line, sign }) => `${sign}${line}`).join("")

describe("the difference of two traces", () => {
  it("shows what is the same once, and what is not with its sign, the expected first", () => {
    assert.strictEqual(show("abc", "abc"), " a b c")
    assert.strictEqual(show("abc", "axc"), " a-b+x c")
    assert.strictEqual(show("", "ab"), "+a+b")
    assert.strictEqual(show("ab", ""), "-a-b")
    assert.strictEqual(show("abcd", "bcde"), "-a b c d+e")
    assert.strictEqual(show("abc", "ab"), " a b-c")
  })

  it("has all of both in their order, and in common as much as possible: for all words of up to four letters", () => {
    for (const before of words("abc", 4)) {
      for (const after of words("abc", 4)) {
        const lines = LineDiff.diff([...before], [...after])
        const without = (left: string) => lines.filter(({ sign }) => sign !== left)
        const text = (part: typeof lines) => part.map(({ line }) => line).join("")
        assert.strictEqual(text(without("+")), before)
        assert.strictEqual(text(without("-")), after)
        assert.strictEqual(lines.filter(({ sign }) => sign === " ").length, common(before, after))
      }
    }
  })

  it("takes no more than a moment for traces of any length", () => {
    const lines = (length: number, text: string) => Array.from({ length }, (_, index) => `${index}s ${text}`)
    const differing = LineDiff.diff(["same", ...lines(5_000, "a"), "same"], [
      "same",
      ...lines(5_000, "b"),
      "same"
    ])
    assert.strictEqual(differing.length, 10_002)
    assert.strictEqual(differing.filter(({ sign }) => sign === " ").length, 2)
  })
})
