import type * as net from "node:net"
import * as CallText from "../CallText.ts"
import { ClinitFailed } from "../Envelope.ts"
import * as LineSocket from "./LineSocket.ts"

// Connections of a client without Effect: all that waits rejects with the reason of its signal when that comes, and is over.

const lost = (text: (reason: string) => string) => (reason: string) =>
  new ClinitFailed("ConnectionLost", text(reason))

/** What the work comes to, unless the signal comes first; then `stop` is called. */
const unlessAborted = <A>(signal: AbortSignal, stop: () => void, work: Promise<A>): Promise<A> =>
  new Promise((resolve, reject) => {
    const aborted = () => {
      stop()
      reject(signal.reason as Error)
    }
    if (signal.aborted) aborted()
    signal.addEventListener("abort", aborted, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", aborted))
  })

/** A connection to the socket at `path`, to be destroyed by whoever asked. */
export const open = (path: string, signal: AbortSignal): Promise<net.Socket> => {
  signal.throwIfAborted()
  let socket: net.Socket
  const connected = new Promise<net.Socket>((resolve, reject) => {
    socket = LineSocket.open(
      path,
      resolve,
      (reason) => reject(new ClinitFailed("NoDaemon", CallText.noDaemon(path, reason)))
    )
  })
  return unlessAborted(signal, () => socket.destroy(), connected)
}

/** Done after so long; rejects when the signal comes. */
export const pause = (millis: number, signal: AbortSignal): Promise<void> => {
  let timer: NodeJS.Timeout
  const paused = new Promise<void>((resolve) => void (timer = setTimeout(resolve, millis)))
  return unlessAborted(signal, () => clearTimeout(timer), paused)
}

/** The lines that come, one at a time; when none comes any more it rejects with this text. */
export const linesOf = (socket: net.Socket, signal: AbortSignal) => {
  const next = LineSocket.linesOf(socket)
  return (text: (reason: string) => string): Promise<string> =>
    unlessAborted(
      signal,
      () => socket.destroy(),
      next().catch((error: unknown) => {
        throw lost(text)((error as Error).message)
      })
    )
}
