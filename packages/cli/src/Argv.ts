/**
 * Getopt's short flags in the form that effect/cli reads without doubt. It reads `-cFILE` as five flags and takes
 * the `1` of `-v 1` for the flag's value; the original (Getopt::Std) knows attached values and bundles.
 */

/** Flags with a value by their letters. */
const valued: Readonly<Record<string, string>> = { c: "cltab", s: "socket" }

/** Flags without a value by their letters. */
const plain: Readonly<Record<string, string>> = {
  d: "daemon",
  h: "help",
  k: "kill",
  v: "verbose",
  w: "wait"
}

const longPlain = new Set([...Object.values(plain), "json"])

/** The arguments with every known short flag written as `--name=value`; what is not known is left as it is. */
export const normalise = (argv: ReadonlyArray<string>): ReadonlyArray<string> => {
  const normal: Array<string> = []
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!
    if (word === "--") return [...normal, ...argv.slice(at)]
    if (word.startsWith("--")) {
      normal.push(longPlain.has(word.slice(2)) ? `${word}=true` : word)
    } else if (/^-[a-z]/i.test(word)) {
      const letters = word.slice(1)
      for (let index = 0; index < letters.length; index++) {
        const letter = letters[index]!
        if (letter in plain) {
          normal.push(`--${plain[letter]}=true`)
        } else if (letter in valued) {
          const value = index + 1 < letters.length ? letters.slice(index + 1) : argv[++at]
          normal.push(value === undefined ? `--${valued[letter]}` : `--${valued[letter]}=${value}`)
          break
        } else {
          normal.push(`-${letter}`)
        }
      }
    } else {
      normal.push(word)
    }
  }
  return normal
}
