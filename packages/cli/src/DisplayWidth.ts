/** Characters that a terminal shows in one column each, whatever stands beside them. */
const simple = /^[\u0020-\u007e\u00a1-\u00ac\u00ae-\u02ff\n]*$/

/**
 * A function that tells how many columns a part of this text takes. What can tell it of every script takes a quarter of
 * the time of a whole command to load, and most texts do not need it.
 */
export const within = async (text: string): Promise<(part: string) => number> =>
  simple.test(text) ? (part) => part.length : (await import("./late/WideText.ts")).displayWidth
