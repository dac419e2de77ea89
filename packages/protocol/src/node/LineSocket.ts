import * as net from "node:net"
import * as LineDecoder from "../LineDecoder.ts"

// Without Effect: `clinit status` does not load it.

/** An answer may be longer than a request: a status of thousands of entries is one line. */
export const maxAnswerBytes = 64 * 1024 * 1024

/** Why nobody answers, in words without the path: that is told beside them. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such socket",
  ECONNREFUSED: "nobody listens there",
  EAGAIN: "it lets nobody in, and too many wait already",
  EACCES: "permission denied"
}

/** Connects to the socket at `path`, and hands over the connection or why there is none. Destroy what it returns to give up. */
export const open = (
  path: string,
  connected: (socket: net.Socket) => void,
  refused: (reason: string) => void
): net.Socket => {
  const socket = net.connect({ path })
  const failed = ({ code, message }: NodeJS.ErrnoException) =>
    refused(reasons[code ?? ""] ?? message.replace(` ${path}`, ""))
  socket.once("error", failed)
  socket.once("connect", () => {
    socket.off("error", failed)
    socket.on("error", () => socket.destroy())
    connected(socket)
  })
  return socket
}

/**
 * The lines that come, one at a time; no more is read of the socket than is asked for. Rejects with an `Error` that says why
 * none comes any more.
 */
export const linesOf = (socket: net.Socket): () => Promise<string> => {
  const decoder = LineDecoder.make(maxAnswerBytes)
  const chunks: AsyncIterator<Buffer, undefined> = socket.iterator({ destroyOnReturn: false })
  const frames: Array<LineDecoder.Frame> = []
  return async () => {
    for (;;) {
      const frame = frames.shift()
      if (frame?._tag === "Line") return frame.text
      if (frame !== undefined) throw new Error(`a line of more than ${maxAnswerBytes} bytes`)
      const chunk = await chunks.next().catch(() => undefined)
      if (chunk?.value === undefined) throw new Error("the connection was closed")
      frames.push(...decoder.push(chunk.value))
    }
  }
}
