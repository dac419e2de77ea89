/** How many columns a text takes on a terminal. */
export type WidthOf = (text: string) => number

/** Characters that a terminal shows in one column each, whatever stands beside them. */
const simple = /^[\u0020-\u007e\u00a1-\u00ac\u00ae-\u02ff\n]*$/

/**
 * A function that tells how many columns a part of this text takes. What can tell it of every script takes a quarter of
 * the time of a whole command to load, and most texts do not need it.
 */
export const within = async (text: string): Promise<WidthOf> =>
  simple.test(text) ? (part) => part.length : (await import("./late/WideText.ts")).displayWidth

/** The text, or as much of its beginning as has room in so many columns, and `…`. */
export const cut = (text: string, room: number, widthOf: WidthOf): string => {
  if (widthOf(text) <= room) return text
  const characters = Array.from(text).slice(0, room)
  while (characters.length > 0 && widthOf(characters.join("")) > room - 1) characters.pop()
  return `${characters.join("").trimEnd()}…`
}

/** How many columns this terminal has. One that does not tell its size says 0. */
export const columnsOf = ({ columns }: NodeJS.WriteStream): number => columns || 80
