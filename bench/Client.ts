import { once } from "node:events"
import * as net from "node:net"
import { setTimeout as delay } from "node:timers/promises"

/** A connection to a daemon, on which requests are made one after the other, without the cost of a client process. */
export class Client {
  private readonly socket: net.Socket
  private readonly waiting: Array<(answer: unknown) => void> = []
  private parts: Array<string> = []

  private constructor(socket: net.Socket) {
    this.socket = socket
    socket.setEncoding("utf8").on("error", () => {}).on("data", (text: string) => {
      const lines = text.split("\n")
      this.parts.push(lines[0]!)
      for (const line of lines.slice(1)) {
        this.take(this.parts.join(""))
        this.parts = [line]
      }
    })
  }

  /** Connects; a server that has its socket, but does not listen yet, is waited for. */
  static async connect(path: string, seconds = 10): Promise<Client> {
    const deadline = performance.now() + seconds * 1_000
    while (true) {
      const socket = net.connect({ path })
      try {
        await once(socket, "connect")
        return new Client(socket)
      } catch (error) {
        if (performance.now() > deadline) throw error
        await delay(1)
      }
    }
  }

  private take(line: string): void {
    const message = JSON.parse(line) as {
      readonly id?: number
      readonly result?: unknown
      readonly error?: unknown
    }
    if (message.id === undefined) return // an event for a watcher
    if (message.error !== undefined) throw new Error(`the daemon refuses: ${JSON.stringify(message.error)}`)
    this.waiting.shift()?.(message.result)
  }

  call(method: string, params: object = {}): Promise<unknown> {
    this.socket.write(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })}\n`)
    return new Promise((resolve) => void this.waiting.push(resolve))
  }

  close(): void {
    this.socket.destroy()
  }
}
