import * as fs from "node:fs"
import * as net from "node:net"
import * as os from "node:os"
import * as path from "node:path"

/** What a daemon does with a request's line: writes this, which need not be an answer, and then ends the connection or not. */
export type Reply = (line: string, client: net.Socket) => void

/** A daemon at a socket in a directory of its own that does what a test says. */
export interface ScriptedDaemon extends AsyncDisposable {
  readonly socket: string
  /** The lines that it got. */
  readonly requests: ReadonlyArray<string>
  /** How many connections are open. */
  readonly open: () => number
  /** Listens, if it does not. */
  readonly start: () => Promise<void>
  /** Ends its connections, and listens no more. */
  readonly stop: () => Promise<void>
}

export const make = async (reply: Reply): Promise<ScriptedDaemon> => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "clinit-test-"))
  const socket = path.join(directory, "s")
  const requests: Array<string> = []
  const clients = new Set<net.Socket>()
  let server: net.Server | undefined
  const serve = (client: net.Socket) => {
    let text = ""
    clients.add(client)
    client.on("close", () => clients.delete(client)).on("error", () => client.destroy())
    client.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk
      for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n")) {
        const line = text.slice(0, at)
        text = text.slice(at + 1)
        requests.push(line)
        reply(line, client)
      }
    })
  }
  const start = () =>
    new Promise<void>((resolve) => {
      server = net.createServer(serve)
      server.listen(socket, resolve)
    })
  const stop = () =>
    new Promise<void>((resolve) => {
      for (const client of clients) client.destroy()
      if (server === undefined) return resolve()
      server.close(() => resolve())
      server = undefined
    })
  await start()
  return {
    socket,
    requests,
    open: () => clients.size,
    start,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop()
      fs.rmSync(directory, { recursive: true, force: true })
    }
  }
}

/** Waits until the check holds; fails if it does not within 15 s. */
export const eventually = async (what: string, check: () => boolean): Promise<void> => {
  const deadline = Date.now() + 15_000
  while (!check()) {
    if (Date.now() > deadline) throw new Error(`not within 15 s: ${what}`)
    await new Promise((resume) => setTimeout(resume, 5))
  }
}
