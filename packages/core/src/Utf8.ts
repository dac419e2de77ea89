// Part of every platform this runs on, but typed only by the DOM and Node libraries.
declare const TextDecoder: new(label: "utf-8", options?: { readonly fatal: boolean }) => {
  readonly decode: (bytes: Uint8Array) => string
}

/** Text read from bytes. `malformed` maps the number of each line that is not UTF-8 to its first bad column. */
export interface Decoded {
  readonly text: string
  readonly malformed: ReadonlyMap<number, number>
}

const lineFeed = 10
const replacement = "\uFFFD"
const byteOrderMark = [0xef, 0xbb, 0xbf]

const startsWith = (bytes: Uint8Array, offset: number, prefix: ReadonlyArray<number>): boolean =>
  prefix.every((byte, index) => bytes[offset + index] === byte)

const encodedLength = (character: string): number => {
  const codePoint = character.codePointAt(0)!
  return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4
}

// A replacement character that the bytes do not spell out stands where decoding failed.
const malformedColumn = (line: string, bytes: Uint8Array, lineStart: number): number | undefined => {
  if (!line.includes(replacement)) return undefined
  let offset = lineStart
  let column = 1
  for (const character of line) {
    if (character === replacement && !startsWith(bytes, offset, [0xef, 0xbf, 0xbd])) return column
    offset += encodedLength(character)
    column += 1
  }
  return undefined
}

const malformedLines = (text: string, bytes: Uint8Array): ReadonlyMap<number, number> => {
  const columns = new Map<number, number>()
  let lineStart = startsWith(bytes, 0, byteOrderMark) ? byteOrderMark.length : 0
  for (const [index, line] of text.split("\n").entries()) {
    const column = malformedColumn(line, bytes, lineStart)
    if (column !== undefined) columns.set(index + 1, column)
    lineStart = bytes.indexOf(lineFeed, lineStart) + 1
  }
  return columns
}

/**
 * The text of UTF-8 bytes, without a leading byte order mark. Never fails: bad bytes read as U+FFFD and their
 * lines are listed. Lines and columns (code points) count from 1.
 */
export const decode = (bytes: Uint8Array): Decoded => {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), malformed: new Map() }
  } catch {
    const text = new TextDecoder("utf-8").decode(bytes)
    return { text, malformed: malformedLines(text, bytes) }
  }
}
