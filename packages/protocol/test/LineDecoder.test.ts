import { maxLineBytes } from "@clinit/protocol/JsonRpc"
import * as LineDecoder from "@clinit/protocol/LineDecoder"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

const bytes = (text: string) => new TextEncoder().encode(text)

const line = (text: string): LineDecoder.Frame => ({ _tag: "Line", text })
const tooLong: LineDecoder.Frame = { _tag: "TooLong" }

/** All frames of a stream that comes in these chunks and then ends. */
const decode = (chunks: ReadonlyArray<Uint8Array>, maxBytes = maxLineBytes) => {
  const decoder = LineDecoder.make(maxBytes)
  return [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.end()]
}

describe("lines", () => {
  it("a line is what stands before a newline, which may come in a later chunk", () => {
    const decoder = LineDecoder.make(100)
    assert.deepStrictEqual(decoder.push(bytes("one\ntwo\nthr")), [line("one"), line("two")])
    assert.deepStrictEqual(decoder.push(bytes("ee")), [])
    assert.deepStrictEqual(decoder.push(bytes("\n")), [line("three")])
    assert.deepStrictEqual(decoder.end(), [])
  })

  it("a last line without a newline is given at the end, once", () => {
    const decoder = LineDecoder.make(100)
    assert.deepStrictEqual(decoder.push(bytes("whole\nhalf")), [line("whole")])
    assert.deepStrictEqual(decoder.end(), [line("half")])
    assert.deepStrictEqual(decoder.end(), [])
  })

  it("a stream of nothing has no lines, and an empty line is a line", () => {
    assert.deepStrictEqual(decode([]), [])
    assert.deepStrictEqual(decode([bytes(""), bytes("")]), [])
    assert.deepStrictEqual(decode([bytes("\n\na\n")]), [line(""), line(""), line("a")])
  })

  it("only the newline ends a line: carriage returns and Unicode's separators are part of it", () => {
    assert.deepStrictEqual(decode([bytes("a\r\nb\u2028c\u0085d\0e\n")]), [
      line("a\r"),
      line("b\u2028c\u0085d\0e")
    ])
  })

  it("a character may be cut anywhere by the chunks", () => {
    const whole = bytes("é€😀\n")
    for (let at = 0; at <= whole.length; at++) {
      assert.deepStrictEqual(decode([whole.subarray(0, at), whole.subarray(at)]), [line("é€😀")])
    }
  })

  it("bytes that are no UTF-8 become U+FFFD and harm neither their line nor the next", () => {
    assert.deepStrictEqual(decode([Uint8Array.of(0x61, 0xff, 0x62, 0x0a, 0xc3, 0x0a, 0x63, 0x0a)]), [
      line("a\ufffdb"),
      line("\ufffd"),
      line("c")
    ])
  })
})

describe("the limit", () => {
  it("is exact: 65536 bytes are a line, 65537 are too many, and the newline does not count", () => {
    const longest = "x".repeat(65_536)
    assert.deepStrictEqual(decode([bytes(`${longest}\n`)]), [line(longest)])
    assert.deepStrictEqual(decode([bytes(longest)]), [line(longest)])
    assert.deepStrictEqual(decode([bytes(`${longest}x\n`)]), [tooLong])
    assert.deepStrictEqual(decode([bytes(`${longest}x`)]), [tooLong])
  })

  it("counts bytes, not characters", () => {
    assert.deepStrictEqual(decode([bytes("éé\n")], 4), [line("éé")])
    assert.deepStrictEqual(decode([bytes("éé\n")], 3), [tooLong])
  })

  it("a line beyond it is reported once, at its end, however many chunks it has, and the next line works", () => {
    const decoder = LineDecoder.make(8)
    for (let count = 0; count < 100; count++) assert.deepStrictEqual(decoder.push(bytes("0123456789")), [])
    assert.deepStrictEqual(decoder.push(bytes("\nnext\n")), [tooLong, line("next")])
    assert.deepStrictEqual(decoder.end(), [])
  })

  it("long lines in a row are reported one by one", () => {
    assert.deepStrictEqual(decode([bytes("123456789\n123456789\n1\n123456789")], 8), [
      tooLong,
      tooLong,
      line("1"),
      tooLong
    ])
  })
})

describe("memory", () => {
  setFlagsFromString("--expose-gc")
  const collect = runInNewContext("gc") as () => void
  const blocks = 2_000
  const bytesOfBlock = 65_536
  const block = () => new Uint8Array(bytesOfBlock).fill(0x61)

  /** Collects until few buffers are left; the sweeper works beside the program, so one call may not show it. */
  const isReleased = async (before: number) => {
    for (let attempt = 0; attempt < 100; attempt++) {
      collect()
      await new Promise((resume) => setImmediate(resume))
      if (process.memoryUsage().arrayBuffers - before < blocks * bytesOfBlock / 10) return true
    }
    return false
  }

  it("an unfinished line of single bytes does not keep the blocks alive that they came in", async () => {
    const before = process.memoryUsage().arrayBuffers
    const decoder = LineDecoder.make(maxLineBytes)
    for (let count = 0; count < blocks; count++) decoder.push(block().subarray(0, 1))
    assert.isTrue(await isReleased(before))
    assert.deepStrictEqual(decoder.end(), [line("a".repeat(blocks))])
  })

  it("a line that never ends holds nothing once it is too long", async () => {
    const before = process.memoryUsage().arrayBuffers
    const decoder = LineDecoder.make(maxLineBytes)
    for (let count = 0; count < blocks; count++) decoder.push(block())
    assert.isTrue(await isReleased(before))
    assert.deepStrictEqual(decoder.end(), [tooLong])
  })
})

describe("any stream", () => {
  // Few different bytes, so that newlines, long lines and pieces of characters are frequent.
  const Byte = Schema.Literals([0x0a, 0x0a, 0x61, 0x62, 0xc3, 0xa9, 0xff, 0x00])
  const Stream = Schema.Array(Byte)
  const Sizes = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 7 })))

  const cut = (stream: Uint8Array, sizes: ReadonlyArray<number>) => {
    const chunks: Array<Uint8Array> = []
    let from = 0
    for (const size of sizes) chunks.push(stream.slice(from, from += size))
    return [...chunks, stream.slice(from)]
  }

  it.prop("gives the same frames in whatever chunks it comes", [Stream, Sizes], ([stream, sizes]) => {
    const whole = Uint8Array.from(stream)
    assert.deepStrictEqual(decode(cut(whole, sizes), 6), decode([whole], 6))
  }, { arbitrary: { runs: 1_000 } })

  it.prop("gives what splitting it at its newlines gives", [Stream, Sizes], ([stream, sizes]) => {
    const whole = Buffer.from(stream)
    const parts: Array<Buffer> = []
    let from = 0
    for (let at = whole.indexOf(0x0a); at >= 0; at = whole.indexOf(0x0a, from)) {
      parts.push(whole.subarray(from, at))
      from = at + 1
    }
    if (from < whole.length) parts.push(whole.subarray(from))
    const expected = parts.map((part) => part.length > 6 ? tooLong : line(part.toString("utf8")))
    assert.deepStrictEqual(decode(cut(whole, sizes), 6), expected)
  }, { arbitrary: { runs: 1_000 } })
})
