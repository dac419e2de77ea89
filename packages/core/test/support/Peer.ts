import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as fs from "node:fs"
import * as net from "node:net"
import * as os from "node:os"
import * as path from "node:path"

/** A directory of its own for a test, removed with all that is in it. */
export const scratch: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "clinit-test-"))),
  (directory) => Effect.sync(() => fs.rmSync(directory, { recursive: true, force: true }))
)

/** Waits until the check holds; fails the test if it does not within the time. */
export const eventually = (what: string, check: () => boolean, withinMillis = 15_000) =>
  Effect.promise(async () => {
    const deadline = Date.now() + withinMillis
    while (!check()) {
      if (Date.now() > deadline) throw new Error(`not within ${withinMillis} ms: ${what}`)
      await new Promise((resume) => setTimeout(resume, 5))
    }
  })

/** Checks again and again for so long that nothing changes; fails the test if it does. */
export const stays = (what: string, check: () => boolean, forMillis: number) =>
  Effect.promise(async () => {
    const end = Date.now() + forMillis
    while (Date.now() < end) {
      if (!check()) throw new Error(`no longer: ${what}`)
      await new Promise((resume) => setTimeout(resume, 5))
    }
  })

/** A client that can misbehave. */
export interface Peer {
  readonly send: (text: string | Uint8Array) => Effect.Effect<void>
  /** Says that nothing more comes, and goes on reading. */
  readonly halfClose: Effect.Effect<void>
  /** Closes both sides, whatever has not been read. */
  readonly vanish: Effect.Effect<void>
  /** The next line, or undefined when the daemon has ended the connection. */
  readonly line: Effect.Effect<string | undefined>
  /** The lines that come before the daemon ends the connection. */
  readonly lines: Effect.Effect<ReadonlyArray<string>>
  /** Sends a line and waits for one. */
  readonly ask: (line: string) => Effect.Effect<string | undefined>
  /** The daemon has said that nothing more comes. */
  readonly isEnded: () => boolean
  /** The daemon takes nothing any more; only sending shows that. */
  readonly isCutOff: () => boolean
  /** Begins to read, if it was suspended. */
  readonly resume: () => void
}

/**
 * Connects to the socket; the connection ends with the scope. A deaf one takes nothing out of its socket, so that the
 * daemon's writes come to a stop; nor does a suspended one before it is resumed.
 */
export const connect = Effect.fnUntraced(function*(
  socket: string,
  options: { readonly deaf?: boolean; readonly suspended?: boolean } = {}
): Effect.fn.Return<Peer, Error, Scope.Scope> {
  const client = yield* Effect.acquireRelease(
    Effect.callback<net.Socket, Error>((resume) => {
      const client = net.connect({ path: socket, allowHalfOpen: true })
      client.once("error", (error) => resume(Effect.fail(error)))
      client.once("connect", () => resume(Effect.succeed(client)))
    }),
    (client) => Effect.sync(() => client.destroy())
  )
  let text = ""
  let ended = false
  const ends = () => void (ended = true)
  client.on("error", ends).on("close", ends).on("end", ends).setEncoding("utf8")
  const listen = () => void client.on("data", (chunk) => void (text += chunk))
  if (options.deaf !== true && options.suspended !== true) listen()

  const line = Effect.map(
    eventually("a line or the end", () => ended || text.includes("\n")),
    () => {
      const at = text.indexOf("\n")
      if (at < 0) return undefined
      const first = text.slice(0, at)
      text = text.slice(at + 1)
      return first
    }
  )
  const send = (message: string | Uint8Array) =>
    Effect.sync(() => {
      if (!client.destroyed) client.write(message)
    })
  return {
    send,
    halfClose: Effect.sync(() => void client.end()),
    vanish: Effect.sync(() => void client.destroy()),
    line,
    lines: Effect.map(eventually("the end", () => ended), () => {
      const lines = text.split("\n")
      text = ""
      return lines.slice(0, -1)
    }),
    ask: (message) => Effect.andThen(send(`${message}\n`), line),
    isEnded: () => ended,
    isCutOff: () => client.destroyed,
    resume: listen
  }
})
