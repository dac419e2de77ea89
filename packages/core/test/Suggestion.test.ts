import * as Suggestion from "@clinit/core/Suggestion"
import { assert, it } from "@effect/vitest"
import * as ScheduleRandom from "./support/ScheduleRandom.ts"

const letters = ["a", "b", "c", "A", "/", "1", "é", "İ", "ß", "組", "\ud83d\ude00", " "]

/** The rule, candidate by candidate. */
const nearestByAll = (word: string, candidates: ReadonlyArray<string>): string | undefined => {
  const plain = word.trim().toLowerCase()
  const isNear = (candidate: string, distance: number) =>
    distance <= Math.max(1, Math.floor(candidate.length / 3)) &&
    distance < Math.max(candidate.length, plain.length)
  return candidates
    .map((candidate) => ({
      candidate,
      distance: Suggestion.editDistance(plain, candidate.toLowerCase())
    }))
    .filter(({ candidate, distance }) => plain !== "" && isNear(candidate, distance))
    .filter(({ candidate }) =>
      Math.abs(candidate.length - plain.length) <= Math.max(1, Math.floor(candidate.length / 3))
    )
    .toSorted((a, b) => a.distance - b.distance)[0]?.candidate
}

it("what is not compared letter by letter could not have been near", () => {
  const random = ScheduleRandom.make(1)
  const text = (longest: number) =>
    Array.from({ length: random.below(longest + 1) }, () => random.pick(letters)).join("")
  let found = 0
  for (let round = 0; round < 5_000; round++) {
    const word = text(9)
    const candidates = Array.from({ length: 8 }, () => text(9))
    const expected = nearestByAll(word, candidates)
    assert.strictEqual(Suggestion.nearest(word, candidates), expected, JSON.stringify({ word, candidates }))
    if (expected !== undefined) found++
  }
  assert.isAbove(found, 150)
})
