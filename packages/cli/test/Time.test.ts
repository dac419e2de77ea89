import * as Time from "@clinit/cli/Time"
import { describe, expect, it } from "@effect/vitest"

describe("a time is told by its two largest units:", () => {
  for (
    const [seconds, text] of [
      [-5, "0 s"],
      [0, "0 s"],
      [59.9, "59 s"],
      [60, "1 min"],
      [3_599, "59 min"],
      [3_600, "1 h 0 min"],
      [86_399, "23 h 59 min"],
      [86_400, "1 d 0 h"],
      [100 * 86_400 + 7_200, "100 d 2 h"]
    ] as const
  ) {
    it(`${seconds} s is ${text}`, () => {
      expect(Time.describe(seconds * 1_000)).toBe(text)
    })
  }
})

it("what is left until something is rounded up, and is never less than nothing", () => {
  expect(Time.until(7_001, 0)).toBe("8 s")
  expect(Time.until(7_000, 0)).toBe("7 s")
  expect(Time.until(0, 7_000)).toBe("0 s")
})
