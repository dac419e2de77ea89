import { utf8 } from "./ByteText.ts"
import type { ByteText } from "./ByteText.ts"

// What programs that read text have stumbled over, each a few bytes.

/** What terminals, C strings and line splitters act on. */
export const controls: ReadonlyArray<ByteText> = [
  "\0",
  "\x07",
  "\x08",
  "\x1b",
  "\x1b[2J",
  "\x1b]0;x\x07",
  "\r",
  "\r\n",
  "\n",
  "\n\n",
  "\t",
  "\v",
  "\f",
  "\x7f",
  "\x85"
]

/** UTF-8 that is cut off, too long, or stands for what cannot be seen; and marks that turn the direction round. */
export const encodings: ReadonlyArray<ByteText> = [
  "\xc3",
  "\x80",
  "\xff",
  "\xfe",
  "\xe2\x82",
  "\xf0\x9f\x98",
  "\xc0\xaf",
  "\xe0\x80\x80",
  "\xed\xa0\x80",
  "\xed\xb0\x80",
  "\xf4\x90\x80\x80",
  "\xf8\x88\x80\x80\x80",
  "\xef\xbb\xbf",
  "\xef\xbf\xbd",
  "\xc2\xa0",
  "\xe2\x80\xa8",
  "\xe2\x80\xae",
  "\xe2\x81\xa6",
  "\xc2\xad",
  ...["é", "😀", "e\u0301", "\u200b", "\u{e0001}", "\u{10ffff}", "İ", "ß"].map(utf8)
]

export const numbers: ReadonlyArray<ByteText> = [
  "0",
  "-0",
  "-1",
  "1",
  "2",
  "00",
  "1.5",
  "65536",
  "2147483648",
  "4294967297",
  "9007199254740991",
  "9007199254740993",
  "999999999999999",
  "1000000000000000",
  "99999999999999999999",
  "1e15",
  "1e308",
  "1e999",
  "-1e999",
  "1e-400",
  "0x10",
  "NaN",
  "Infinity",
  "9".repeat(400)
]

/** Names that every object inherits. */
export const prototypeNames: ReadonlyArray<string> = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "__defineGetter__",
  "length",
  "then"
]

export const nestings: ReadonlyArray<ByteText> = [
  "[",
  "]",
  "{",
  "}",
  "[[[[[[[[",
  "]]]]]]]]",
  "{\"a\":",
  "[{\"a\":[",
  "(",
  ")",
  "\"",
  "\\",
  "\\u0000",
  "\\ud800",
  ",",
  "null",
  "true",
  "'"
]

/** All of these. */
export const all: ReadonlyArray<ByteText> = [
  ...controls,
  ...encodings,
  ...numbers,
  ...prototypeNames,
  ...nestings
]
