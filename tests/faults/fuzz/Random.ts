/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** From 0 up to, but not including, 1. */
  readonly fraction: () => number
  /** A whole number from 0 up to, but not including, the limit. */
  readonly below: (limit: number) => number
  readonly between: (least: number, most: number) => number
  readonly chance: (probability: number) => boolean
  readonly pick: <A>(choices: ReadonlyArray<A>) => A
}

// FNV-1a, once for each word of the generator's state.
const hash = (text: string, basis: number): number => {
  let state = basis
  for (let index = 0; index < text.length; index++) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193)
  }
  return state >>> 0
}

/** The numbers for this seed: sfc32, which passes the usual tests of randomness. */
export const make = (seed: string): Random => {
  let a = hash(seed, 0x811c9dc5)
  let b = hash(seed, 0x9e3779b9)
  let c = hash(seed, 0x85ebca6b)
  let counter = 1
  const fraction = () => {
    const word = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + word | 0
    return (word >>> 0) / 2 ** 32
  }
  for (let rounds = 0; rounds < 12; rounds++) fraction()
  const below = (limit: number) => Math.floor(fraction() * limit)
  return {
    fraction,
    below,
    between: (least, most) => least + below(most - least + 1),
    chance: (probability) => fraction() < probability,
    pick: (choices) => choices[below(choices.length)]!
  }
}

/** The numbers for one input of a run: any input can be made again without those before it. */
export const forInput = (seed: number, target: string, index: number): Random =>
  make(`${seed}/${target}/${index}`)
