declare const TextDecoder: new(label: "utf-8") => { decode(bytes: Uint8Array): string }

/** A whole line without its newline, or the news that one exceeded the limit. */
export type Frame = { readonly _tag: "Line"; readonly text: string } | { readonly _tag: "TooLong" }

export interface LineDecoder {
  /** The frames that these bytes complete, in order. */
  readonly push: (bytes: Uint8Array) => ReadonlyArray<Frame>
  /** The last line, if the stream ended without a newline behind it. */
  readonly end: () => ReadonlyArray<Frame>
}

const newline = 0x0a

/**
 * Cuts a byte stream into lines and holds at most `maxBytes` of an unfinished one: what goes beyond is dropped
 * up to the next newline and reported once, so that the line after it works again.
 */
export const make = (maxBytes: number): LineDecoder => {
  const decoder = new TextDecoder("utf-8")
  let held: Array<Uint8Array> = []
  let size = 0
  const take = (): Frame => {
    const frame: Frame = size > maxBytes
      ? { _tag: "TooLong" }
      : { _tag: "Line", text: decoder.decode(concat(held, size)) }
    held = []
    size = 0
    return frame
  }
  const hold = (part: Uint8Array) => {
    size += part.length
    if (size > maxBytes) held = []
    else if (part.length > 0) held.push(part)
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

const concat = (parts: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  if (parts.length === 1) return parts[0]!
  const whole = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
