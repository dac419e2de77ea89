declare const TextDecoder: new(label: "utf-8") => { decode(bytes: Uint8Array): string }

/** A whole line without its newline, or the news that one exceeded the limit. */
export type Frame = { readonly _tag: "Line"; readonly text: string } | { readonly _tag: "TooLong" }

/** Makes lines of the bytes of a stream. */
export interface LineDecoder {
  /** The frames that these bytes complete, in order. */
  readonly push: (bytes: Uint8Array) => ReadonlyArray<Frame>
  /** The last line, if the stream ended without a newline behind it. */
  readonly end: () => ReadonlyArray<Frame>
}

const newline = 0x0a

const nothing = new Uint8Array(0)

const enlarged = (bytes: Uint8Array, length: number): Uint8Array => {
  const larger = new Uint8Array(length)
  larger.set(bytes)
  return larger
}

/**
 * Cuts a byte stream into lines and holds at most `maxBytes` of an unfinished one, in whatever pieces it comes: what
 * goes beyond is dropped up to the next newline and reported once, so that the line after it works again. Bytes that
 * are not UTF-8 become U+FFFD.
 */
export const make = (maxBytes: number): LineDecoder => {
  const decoder = new TextDecoder("utf-8")
  let held: Uint8Array = nothing
  let size = 0
  // Copies, since a piece of one byte may keep a block of 64 KiB alive.
  const hold = (part: Uint8Array) => {
    const before = size
    size += part.length
    if (size > maxBytes) {
      held = nothing
      return
    }
    if (size > held.length) held = enlarged(held, Math.min(maxBytes, Math.max(size, 2 * held.length)))
    held.set(part, before)
  }
  const take = (): Frame => {
    const frame: Frame = size > maxBytes ?
      { _tag: "TooLong" } :
      { _tag: "Line", text: decoder.decode(held.subarray(0, size)) }
    held = nothing
    size = 0
    return frame
  }
  return {
    push(bytes) {
      const frames: Array<Frame> = []
      let from = 0
      for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, from)) {
        hold(bytes.subarray(from, at))
        frames.push(take())
        from = at + 1
      }
      hold(bytes.subarray(from))
      return frames
    },
    end: () => size === 0 ? [] : [take()]
  }
}
