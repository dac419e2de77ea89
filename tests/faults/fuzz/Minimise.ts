import type { ByteText } from "./ByteText.ts"

/**
 * A shorter text that still fails, found by leaving out parts and then smaller ones; not always the shortest.
 * Gives up after so many milliseconds.
 */
export const minimise = async (
  text: ByteText,
  fails: (text: ByteText) => Promise<boolean>,
  patience = 2_000
): Promise<ByteText> => {
  const deadline = performance.now() + patience
  let shortest = text
  for (let size = Math.ceil(text.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < shortest.length;) {
      if (performance.now() > deadline) return shortest
      const shorter = shortest.slice(0, from) + shortest.slice(from + size)
      if (await fails(shorter)) shortest = shorter
      else from += size
    }
  }
  return shortest
}
