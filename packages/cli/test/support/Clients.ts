import { once } from "node:events"
import * as net from "node:net"

/** A connection that sends what no client of ours would, and whatever comes back by then. */
export interface RawClient {
  readonly socket: net.Socket
  /** The whole lines that came. */
  readonly lines: () => ReadonlyArray<string>
  readonly isOpen: () => boolean
}

/** Connects, without a word. That the daemon cuts it off is no error. */
export const connect = async (path: string): Promise<RawClient> => {
  const socket = net.connect({ path })
  let received = ""
  let isOpen = true
  socket.setEncoding("utf8").on("data", (text: string) => received += text)
    .on("error", () => {}).on("close", () => isOpen = false)
  await once(socket, "connect").catch(() => {})
  return { socket, lines: () => received.split("\n").slice(0, -1), isOpen: () => isOpen }
}

/** So many of them. */
export const crowd = (path: string, count: number): Promise<ReadonlyArray<RawClient>> =>
  Promise.all(Array.from({ length: count }, () => connect(path)))

export const disperse = (clients: ReadonlyArray<RawClient>): void => {
  for (const { socket } of clients) socket.destroy()
}

/** A request's line. */
export const request = (method: string, params: unknown, id: number | string = 1): string =>
  `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`
