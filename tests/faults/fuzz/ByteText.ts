/**
 * Bytes as a string with one character, U+0000 to U+00FF, for each: so inputs of any encoding, and of none, are cut
 * and joined with the language's own means.
 */
export type ByteText = string

/** The UTF-8 of the text. */
export const utf8 = (text: string): ByteText => Buffer.from(text, "utf8").toString("latin1")

export const toBytes = (text: ByteText): Uint8Array => Buffer.from(text, "latin1")

/** For a terminal: printable ASCII as it is, all else as `\xHH`, cut after this many bytes. */
export const escape = (bytes: Uint8Array, most = 400): string => {
  const shown = Array.from(
    bytes.subarray(0, most),
    (byte) =>
      byte === 0x5c ? "\\\\" : byte >= 0x20 && byte < 0x7f
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).padStart(2, "0")}`
  )
  return bytes.length > most ? `${shown.join("")}... (${bytes.length} bytes)` : shown.join("")
}
