import { letters as known } from "./Flags.ts"

/**
 * Getopt's short flags in the form that effect/cli reads without doubt. It reads `-cFILE` as five flags, takes the
 * `1` of `-v 1` for the flag's value and refuses a flag that is repeated; the original (Getopt::Std) knows attached
 * values and bundles, and the last of a flag's values counts.
 */

/** A bundle's flags, as far as a letter is known; `lacksValue` if the last one takes the next word as its value. */
const unbundle = (
  letters: string
): { readonly flags: ReadonlyArray<string>; readonly lacksValue: boolean } | undefined => {
  const flags: Array<string> = []
  for (let index = 0; index < letters.length; index++) {
    const letter = letters[index]!
    const valued = known.valued.get(letter)
    if (valued !== undefined) {
      const value = letters.slice(index + 1)
      const flag = `--${valued}`
      return { flags: [...flags, value === "" ? flag : `${flag}=${value}`], lacksValue: value === "" }
    }
    const plain = known.plain.get(letter)
    if (plain === undefined) return undefined
    flags.push(`--${plain}=true`)
  }
  return { flags, lacksValue: false }
}

const nameOf = (flag: string) => /^--([^=]+)=/.exec(flag)?.[1]

/** The original's own: of those the last counts. */
const isRepeatable = (name: string): boolean => {
  const has = (names: ReadonlyMap<string, string>) => [...names.values()].includes(name)
  return has(known.plain) || has(known.valued)
}

const withoutRepeated = (normal: ReadonlyArray<string>): ReadonlyArray<string> => {
  const last = new Map(normal.map((word, at) => [nameOf(word), at]))
  return normal.filter((word, at) => {
    const name = nameOf(word)
    return name === undefined || !isRepeatable(name) || last.get(name) === at
  })
}

/**
 * The first word that looks like a flag with a digit, if there is one: the original knows none, and effect/cli would take
 * it for a level. What follows a flag may be its value, and a signal may be written so, as for kill(1).
 */
export const digitFlag = (argv: ReadonlyArray<string>): string | undefined => {
  const end = argv.indexOf("--")
  const words = end === -1 ? argv : argv.slice(0, end)
  return words.find((word, at) =>
    /^-\d/.test(word) && !words[at - 1]?.startsWith("-") && !words.slice(0, at).includes("signal")
  )
}

/**
 * The arguments with every bundle of known short flags written as `--name=value`. A word with a flag that is not
 * known is left as it is, for effect/cli to refuse it; so is everything from `--` on.
 */
export const normalise = (argv: ReadonlyArray<string>): ReadonlyArray<string> => {
  const normal: Array<string> = []
  let at = 0
  for (; at < argv.length && argv[at] !== "--"; at++) {
    const word = argv[at]!
    const bundle = /^-[a-z]/i.test(word) ? unbundle(word.slice(1)) : undefined
    if (bundle === undefined) {
      normal.push(word.startsWith("--") && known.toggles.has(word.slice(2)) ? `${word}=true` : word)
    } else {
      normal.push(...bundle.flags)
      const value = bundle.lacksValue ? argv[at + 1] : undefined
      if (value !== undefined) {
        normal.push(`${normal.pop()}=${value}`)
        at++
      }
    }
  }
  return [...withoutRepeated(normal), ...argv.slice(at)]
}
