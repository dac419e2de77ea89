import * as JsonRpc from "@clinit/protocol/JsonRpc"
import type { ByteText } from "./ByteText.ts"
import { toBytes } from "./ByteText.ts"
import type { Random } from "./Random.ts"

/** The lines of a byte stream, said a second time: `undefined` for one that is too long. */
export const lines = (stream: ByteText): ReadonlyArray<string | undefined> => {
  const all = stream.split("\n")
  // An end of input in the middle of a line ends that; one right behind a newline ends nothing.
  if (all.at(-1) === "") all.pop()
  return all.map((line) =>
    line.length > JsonRpc.maxLineBytes ? undefined : new TextDecoder().decode(toBytes(line))
  )
}

/** The stream in a few pieces, cut wherever it happens: also in the middle of a character. */
export const pieces = (random: Random, stream: ByteText): ReadonlyArray<Uint8Array> => {
  const bytes = toBytes(stream)
  const cuts = Array.from(
    { length: random.chance(0.4) ? 0 : random.below(8) },
    () => random.below(bytes.length + 1)
  )
  const ends = [...cuts.sort((a, b) => a - b), bytes.length]
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
}
