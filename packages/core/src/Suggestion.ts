/**
 * How many edits make the one text of the other. Optimal string alignment: Levenshtein plus swapped neighbours, the
 * commonest slip in a short word.
 */
export const editDistance = (from: string, to: string): number => {
  let beforePrevious: ReadonlyArray<number> = []
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      current.push(Math.min(
        previous[column]! + 1,
        current[column - 1]! + 1,
        previous[column - 1]! + (same ? 0 : 1),
        swapped ? beforePrevious[column - 2]! + 1 : Infinity
      ))
    }
    beforePrevious = previous
    previous = current
  }
  return previous[to.length]!
}

/** Counts how many of the word's characters each text has, whatever their order; a character counts as often as both have it. */
const sharedWith = (word: string): (text: string) => number => {
  const places = new Map(Array.from(new Set(word.split("")), (unit, place) => [unit, place]))
  const all = new Uint16Array(places.size)
  for (const unit of word.split("")) all[places.get(unit)!]!++
  const left = new Uint16Array(places.size)
  return (text) => {
    left.set(all)
    let shared = 0
    for (let index = 0; index < text.length; index++) {
      const place = places.get(text[index]!)
      if (place === undefined || left[place] === 0) continue
      left[place]!--
      shared++
    }
    return shared
  }
}

const tolerance = (candidate: string): number => Math.max(1, Math.floor(candidate.length / 3))

/**
 * The candidate the word was probably meant to be, or undefined if none is near. Case and surrounding white
 * space do not count; one edit in three letters, and at least one, is near, unless nothing is left of the word. Of
 * equals the first one wins.
 */
export const nearest = <A extends string>(word: string, candidates: ReadonlyArray<A>): A | undefined => {
  const plain = word.trim().toLowerCase()
  if (plain === "") return undefined
  const shared = sharedWith(plain)
  return candidates
    .filter((candidate) => Math.abs(candidate.length - plain.length) <= tolerance(candidate))
    .map((candidate) => ({ candidate, text: candidate.toLowerCase() }))
    // Each edit makes one character more the same, at most: of thousands of names this leaves a few to be compared.
    .filter(({ candidate, text }) =>
      Math.max(text.length, plain.length) - shared(text) <= tolerance(candidate)
    )
    .map(({ candidate, text }) => ({ candidate, distance: editDistance(plain, text) }))
    .filter(({ candidate, distance }) =>
      distance <= tolerance(candidate) && distance < Math.max(candidate.length, plain.length)
    )
    .sort((a, b) => a.distance - b.distance)[0]?.candidate
}
