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
      expect(Time.span(seconds * 1_000)).toBe(text)
    })
  }
})

it("what is left until something is rounded up, and is never less than nothing", () => {
  expect(Time.until(7_001, 0)).toBe("8 s")
  expect(Time.until(7_000, 0)).toBe("7 s")
  expect(Time.until(0, 7_000)).toBe("0 s")
})

it("what is mostly short is told finer than in seconds, and from 10 s on as any other time", () => {
  expect([-5, 4, 99.9, 312, 9_960, 10_000, 61_000, 8_000_000].map(Time.fineSpan)).toEqual([
    "0 ms",
    "4 ms",
    "100 ms",
    "0.3 s",
    "10 s",
    "10 s",
    "1 min",
    "2 h 13 min"
  ])
})

it("a time of day is that of this machine's clock, and has the day only if that is another", () => {
  const at = new Date(2026, 10, 23, 12, 3, 4, 123).getTime()
  expect([Time.clock(at, at), Time.clock(at, at + 86_400_000), Time.fineClock(at, at)]).toEqual([
    "12:03:04",
    "2026-11-23 12:03:04",
    "12:03:04.123"
  ])
})
