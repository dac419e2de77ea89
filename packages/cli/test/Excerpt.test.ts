import * as Excerpt from "@clinit/cli/Excerpt"
import { describe, expect, it } from "@effect/vitest"

describe("the caret is under the character", () => {
  it.each([
    ["of a plain line", "web:app", 5, "web:app", "    ^"],
    ["at the start", "web", 1, "web", "^"],
    ["behind the end", "web", 4, "web", "   ^"],
    ["of an empty line", "", 1, "", "^"],
    ["behind wide characters", "組日:app", 4, "組日:app", "     ^"],
    ["behind an emoji", "😀:x", 3, "😀:x", "   ^"],
    ["behind a combining accent", "e\u0301:x", 4, "e\u0301:x", "  ^"],
    ["behind a tab", "a\tb", 3, "a       b", "        ^"],
    ["behind wide characters and a tab", "組\tb", 3, "組      b", "        ^"],
    ["at a tab", "a\tb", 2, "a       b", " ^"],
    ["that is no character to print", "a\u001b[2J", 2, "a\\u001b[2J", " ^"],
    ["behind one", "\u202Ex", 2, "\\u202ex", "      ^"],
    ["behind a carriage return", "x\r", 2, "x\\u000d", " ^"]
  ])("%s", (_, text, column, line, caret) => expect(Excerpt.of(text, column)).toEqual([line, caret]))

  it("of a long line, which is cut around it", () => {
    const text = Array.from({ length: 1_000 }, (_, index) => index % 10).join("")
    const [start, first] = Excerpt.of(text, 3)
    expect([start.length, start.slice(0, 4), start.slice(-5), first]).toEqual([75, "0123", "01...", "  ^"])
    const [middle, second] = Excerpt.of(text, 501)
    expect(middle).toMatch(/^\.\.\.\d{72}\.\.\.$/)
    expect([middle[second.length - 1], middle.slice(3, 5)]).toEqual(["0", "45"])
    const [end, third] = Excerpt.of(text, 1_001)
    expect([end.slice(0, 3), end.length, third.length]).toEqual(["...", 75, 76])
  })

  it("of a line of megabytes, in a moment", () => {
    const begun = performance.now()
    Excerpt.of("x\t組".repeat(1_000_000), 2_999_999)
    expect(performance.now() - begun).toBeLessThan(2_000)
  })
})
