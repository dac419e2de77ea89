import { once } from "node:events"
import * as net from "node:net"
import { setTimeout as delay } from "node:timers/promises"

interface Call {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

/** A connection to a daemon, on which requests are made one after the other, without the cost of a client process. */
export class Client {
  private readonly socket: net.Socket
  private readonly waiting: Array<Call> = []
  private parts: Array<string> = []
  /** Why nothing is answered any more. */
  private over: Error | undefined

  private constructor(socket: net.Socket) {
    this.socket = socket
    socket.setEncoding("utf8")
      .on("error", (error) => this.end(error))
      .on("close", () => this.end(new Error("the connection has ended")))
      .on("data", (text: string) => {
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

  private end(error: Error): void {
    this.over ??= error
    this.socket.destroy()
    for (const { reject } of this.waiting.splice(0)) reject(this.over)
  }

  private take(line: string): void {
    let message: { readonly id?: number | null; readonly result?: unknown; readonly error?: unknown }
    try {
      message = Object(JSON.parse(line))
    } catch {
      return this.end(new Error(`the daemon says what is not JSON: ${JSON.stringify(line.slice(0, 200))}`))
    }
    if (message.id === undefined) return // an event for a watcher
    const call = this.waiting.shift()
    if (message.error === undefined) call?.resolve(message.result)
    else call?.reject(new Error(`the daemon refuses: ${JSON.stringify(message.error)}`))
  }

  /** The result; rejects if the daemon refuses, says what is not JSON, or ends the connection before it has answered. */
  call(method: string, params: object = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.over !== undefined) return reject(this.over)
      this.waiting.push({ resolve, reject })
      this.socket.write(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })}\n`)
    })
  }

  close(): void {
    this.socket.destroy()
  }
}
