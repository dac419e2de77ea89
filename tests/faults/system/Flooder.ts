/** A client that is a nuisance, in a process of its own: `Flooder.ts KIND SOCKET`, until it is killed. */
import { once } from "node:events"
import * as net from "node:net"

const [kind, path] = process.argv.slice(2) as [Kind, string]

const request = `${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "status" })}\n`

/** So many connections at a time; each that ends is followed by another. */
const crowd = (size: number, behave: (client: net.Socket) => void) => {
  const enter = () => {
    const client = net.connect({ path })
    client.on("error", () => {}).once("connect", () => behave(client)).once(
      "close",
      () => setTimeout(enter, 10)
    )
  }
  for (let index = 0; index < size; index++) enter()
}

/** Writes the text for as long as the daemon takes it. */
const pour = async (client: net.Socket, text: string) => {
  while (!client.destroyed) {
    if (!client.write(text)) await once(client, "drain").catch(() => {})
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const kinds = {
  /** All that may be served at once, who say nothing. */
  silent: () => crowd(1_000, (client) => client.resume()),
  /** Three times as many. */
  overfull: () => crowd(3_000, (client) => client.resume()),
  /** Begin a request and never end it. */
  half: () => crowd(900, (client) => client.resume().write(request.slice(0, 20))),
  /** One line without an end each. */
  huge: () => crowd(50, (client) => void pour(client.resume(), "x".repeat(65_536))),
  /** Ask and never read an answer. */
  deaf: () => crowd(50, (client) => void pour(client.pause(), request.repeat(100))),
  /** Ask as often as they can, and read. */
  eager: () => crowd(20, (client) => void pour(client.resume(), request.repeat(10))),
  /** Come and go. */
  fleeting: () => crowd(50, (client) => client.destroy())
}
export type Kind = keyof typeof kinds

kinds[kind]()
