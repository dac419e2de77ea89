import type { ByteText } from "./ByteText.ts"
import * as Pieces from "./Pieces.ts"
import type { Random } from "./Random.ts"

type Mutation = (random: Random, text: ByteText, words: ReadonlyArray<ByteText>) => ByteText

const byte = (random: Random): ByteText => String.fromCharCode(random.below(256))

/** So many bytes of any value. */
export const noise = (random: Random, length: number): ByteText =>
  Array.from({ length }, () => byte(random)).join("")

const insert = (random: Random, text: ByteText, piece: ByteText): ByteText => {
  const at = random.below(text.length + 1)
  return text.slice(0, at) + piece + text.slice(at)
}

/** A part of the text: mostly a short one. */
const range = (random: Random, text: ByteText): readonly [from: number, to: number] => {
  const from = random.below(text.length + 1)
  const longest = random.chance(0.8) ? 16 : text.length
  return [from, Math.min(text.length, from + random.below(longest + 1))]
}

const inLines = (
  random: Random,
  text: ByteText,
  change: (lines: Array<ByteText>, at: number) => void
): ByteText => {
  const lines = text.split("\n")
  change(lines, random.below(lines.length))
  return lines.join("\n")
}

const runs: ReadonlyArray<ByteText> = [..." \t\r:/,.#a0\\\"[{-", "\0", "\x80"]

const mutations: ReadonlyArray<Mutation> = [
  // A bit, a byte.
  (random, text) => {
    const at = random.below(text.length)
    const flipped = (text.charCodeAt(at) || 0) ^ (1 << random.below(8))
    return text.slice(0, at) + String.fromCharCode(flipped) + text.slice(at + 1)
  },
  (random, text) => {
    const at = random.below(text.length)
    return text.slice(0, at) + byte(random) + text.slice(at + 1)
  },
  (random, text) => insert(random, text, noise(random, random.between(1, 4))),
  // Pieces: what is known to hurt, and what the format is made of.
  (random, text) => insert(random, text, random.pick(Pieces.all)),
  (random, text) => insert(random, text, random.pick(Pieces.controls)),
  (random, text) => insert(random, text, random.pick(Pieces.encodings)),
  (random, text, words) => insert(random, text, random.pick(words)),
  (random, text, words) => {
    const [from, to] = range(random, text)
    return text.slice(0, from) + random.pick(random.chance(0.5) ? words : Pieces.all) + text.slice(to)
  },
  (random, text) =>
    text.replace(/\d+/g, (digits) => random.chance(0.3) ? random.pick(Pieces.numbers) : digits),
  // Parts of itself.
  (random, text) => {
    const [from, to] = range(random, text)
    return text.slice(0, from) + text.slice(to)
  },
  (random, text) => {
    const [from, to] = range(random, text)
    return insert(random, text, text.slice(from, to))
  },
  (random, text) => {
    const [from, to] = range(random, text)
    return text.slice(0, to) + text.slice(from, to).repeat(random.between(1, 40)) + text.slice(to)
  },
  (random, text) => text.slice(0, random.below(text.length + 1)),
  (random, text) => text.slice(random.below(text.length + 1)),
  // One character very often: what a regular expression that can match it in two ways takes for ever on.
  (random, text) => insert(random, text, random.pick(runs).repeat(random.pick([20, 40, 300]))),
  // Lines.
  (random, text) => inLines(random, text, (lines, at) => lines.splice(at, 0, random.pick(lines))),
  (random, text) => inLines(random, text, (lines, at) => lines.splice(at, 1)),
  (random, text) => inLines(random, text, (lines, at) => lines.push(...lines.splice(at, 1))),
  (random, text) => inLines(random, text, (lines, at) => void (lines[at] = lines[at]! + "\r")),
  (random, text) =>
    inLines(random, text, (lines, at) => void (lines[at] = random.pick(Pieces.encodings) + lines[at]!))
]

/** The text after a few changes. `words` are what its format is made of. */
export const mutate = (random: Random, text: ByteText, words: ReadonlyArray<ByteText>): ByteText => {
  let mutated = text
  const changes = random.chance(0.4) ? 1 : random.between(1, 8)
  for (let change = 0; change < changes; change++) mutated = random.pick(mutations)(random, mutated, words)
  return mutated
}

/** Words of the format in any order, with what is known to hurt in between. */
export const soup = (random: Random, words: ReadonlyArray<ByteText>, length: number): ByteText =>
  Array.from({ length }, () => random.pick(random.chance(0.85) ? words : Pieces.all)).join("")

/** A text of about this many bytes that repeats something: what takes longer than its length deserves shows here. */
export const long = (random: Random, words: ReadonlyArray<ByteText>, length: number): ByteText => {
  const piece = (random.chance(0.4) ? random.pick(runs) : soup(random, words, random.between(1, 4))) || "x"
  const head = soup(random, words, random.below(4))
  const tail = soup(random, words, random.below(4))
  return head + piece.repeat(Math.ceil(length / piece.length)).slice(0, length) + tail
}
