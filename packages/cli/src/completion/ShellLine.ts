/** How bash reads what stands at some place of a line: `$'` is none of these, since nobody types it into a completion. */
export type Quoting = "none" | "single" | "double"

export interface Word {
  /** As it is typed. */
  readonly raw: string
  /** What bash makes of it, but for expansions, which stay as they are. */
  readonly text: string
  /** How its end is quoted. */
  readonly quoting: Quoting
}

/** The words of a command line up to the cursor; the last one, empty behind white space, is the one at the cursor. */
export const split = (line: string): ReadonlyArray<Word> => {
  const words: Array<Word> = []
  let [raw, text, quoting, isOpen]: [string, string, Quoting, boolean] = ["", "", "none", false]
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!
    if (quoting === "none" && /[ \t\n]/.test(character)) {
      if (isOpen) words.push({ raw, text, quoting })
      ;[raw, text, isOpen] = ["", "", false]
      continue
    }
    isOpen = true
    raw += character
    if (character === "\\" && quoting !== "single") {
      const next = line[at + 1]
      if (next === undefined) continue
      raw += next
      text += quoting === "double" && !/["$`\\]/.test(next) ? character + next : next
      at++
    } else if (character === "'" && quoting !== "double") quoting = quoting === "single" ? "none" : "single"
    else if (character === "\"" && quoting !== "single") quoting = quoting === "double" ? "none" : "double"
    else text += character
  }
  return [...words, { raw, text, quoting }]
}

/** The text so that bash reads just it where it stands, or nothing if that cannot be written there. */
const quote = (text: string, quoting: Quoting): string | undefined => {
  switch (quoting) {
    case "none":
      return text.replace(/[^\w/.,+@%^:=\u0080-\u{10FFFF}-]/gu, "\\$&")
    case "single":
      return text.includes("'") ? undefined : text
    case "double":
      // Between double quotes nothing keeps `!` from the history.
      return text.includes("!") ? undefined : text.replace(/["$`\\]/g, "\\$&")
  }
}

/**
 * What to put in the place of `replaced`, the end of the last word that readline takes for the word, so that the whole
 * word is the candidate; nothing if it cannot be. Readline breaks words also at `=` and `:`, and leaves out an opening quote.
 */
export const replacement = (word: Word, replaced: string, candidate: string): string | undefined => {
  if (!word.raw.endsWith(replaced)) return undefined
  const kept = word.raw.slice(0, word.raw.length - replaced.length)
  const { quoting, text } = split(kept).at(-1)!
  return candidate.startsWith(text) ? quote(candidate.slice(text.length), quoting) : undefined
}
