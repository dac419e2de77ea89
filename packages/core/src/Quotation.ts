// Also invisible and bidirectional format characters: they would make a message read as something else.
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

const longestQuotation = 60

const escapeUnits = (text: string): string =>
  text.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")

/** The text with everything a terminal would act on or hide written as `\u001b`; all else is left alone. */
export const escape = (text: string): string => text.replace(unprintable, escapeUnits)

/** The text as one JSON string that is safe on a terminal, cut after 60 characters. */
export const quote = (text: string): string =>
  text.length > longestQuotation
    ? `${escape(JSON.stringify(text.slice(0, longestQuotation)))}...`
    : escape(JSON.stringify(text))
