import type { News } from "@clinit/protocol/node/PromiseClient"
import { ClinitFailed, ClinitRefused, connect } from "@clinit/protocol/node/PromiseClient"
import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import { build } from "esbuild"
import { getEventListeners } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import * as net from "node:net"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as ScriptedDaemon from "./support/ScriptedDaemon.ts"

const { eventually } = ScriptedDaemon

const line = (value: object) => `${JSON.stringify({ jsonrpc: "2.0", ...value })}\n`
const result = (value: object) => line({ id: 1, result: value })
const error = (code: number, message: string, data?: object) =>
  line({ id: 1, error: { code, message, data } })
const event = (seq: number) =>
  line({ method: "event", params: { seq, at: 0, what: { _tag: "Daemon", words: "" } } })

/** A daemon that answers every line with this text. */
const answering = (text: string) => ScriptedDaemon.make((_, client) => client.write(text))

const failure = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    await work
  } catch (error) {
    return error
  }
  throw new Error("it did not fail")
}

const brief = (news: News): string => {
  const what = news._tag === "Watching" && news.renumbered ? "Watching renumbered" : news._tag
  return `${what} ${news.position.sequence ?? "-"}${news.position.seq}`
}

describe("a call", () => {
  it("sends what it was given, and resolves with the result", async () => {
    const answer = {
      message: "level transition started",
      warnings: [],
      outcome: { state: "DONE", failed: [] }
    }
    await using daemon = await answering(result(answer))
    await using clinit = connect(daemon)
    const told = await clinit.tell("web", "run", { wait: true, client: { pid: 7 } })
    expectTypeOf(told.outcome?.state).toEqualTypeOf<"DONE" | "PASSED" | "FAILED" | undefined>()
    expect(told).toEqual(answer)
    await clinit.signal("web/app", "HUP")
    await clinit.status()
    await clinit.history("web", { limit: 3 })
    await clinit.plan({ group: "web", level: "run" })
    expect(daemon.requests.map((request) => JSON.parse(request))).toEqual([
      { method: "tell", params: { group: "web", level: "run", wait: true, client: { pid: 7 } } },
      { method: "signal", params: { name: "web/app", signal: "HUP" } },
      { method: "status", params: {} },
      { method: "history", params: { name: "web", limit: 3 } },
      { method: "plan", params: { group: "web", level: "run" } }
    ].map((request) => ({ jsonrpc: "2.0", id: 1, ...request })))
    await eventually("no connection is left", () => daemon.open() === 0)
  })

  it("rejects with what it was refused with, with its tag and its members", async () => {
    const data = { _tag: "UnknownGroup", group: "wbe", meant: "web" }
    await using daemon = await answering(error(-32001, "no such group: wbe (did you mean web?)", data))
    const refused = await failure(connect(daemon).tell("wbe", "run")) as ClinitRefused
    expect(refused).toBeInstanceOf(ClinitRefused)
    expect(refused).toMatchObject({
      name: "ClinitRefused",
      _tag: "UnknownGroup",
      message: "no such group: wbe (did you mean web?)",
      refusal: data
    })
    if (refused.refusal._tag === "UnknownGroup") expectTypeOf(refused.refusal.group).toBeString()
  })

  it("rejects when there is no daemon, and when the daemon goes away before it answers, without sending it again", async () => {
    await using daemon = await ScriptedDaemon.make((_, client) =>
      client.end("{\"jsonrpc\":\"2.0\",\"id\":1,\"res")
    )
    const clinit = connect(daemon)
    expect(await failure(clinit.shutdown())).toMatchObject({
      _tag: "ConnectionLost",
      message: "the daemon went away before it answered: the connection was closed"
    })
    expect(daemon.requests.length).toBe(1)
    await daemon.stop()
    const none = await failure(clinit.shutdown())
    expect(none).toBeInstanceOf(ClinitFailed)
    expect(none).toMatchObject({
      _tag: "NoDaemon",
      message: `no daemon at ${daemon.socket}: there is no such socket`
    })
  })

  it("says that nothing was sent, and why, where too many wait for a daemon that lets nobody in", async () => {
    const directory = mkdtempSync(path.join(tmpdir(), "clinit-protocol-"))
    const socket = path.join(directory, "s")
    const busy = net.createServer((client) => client.end(result({ version: "9", protocol: 1 })))
    await new Promise<void>((resolve) => busy.listen({ path: socket, backlog: 1 }, resolve))
    const all = await Promise.allSettled(Array.from({ length: 9 }, () => connect({ socket }).version()))
    busy.close()
    rmSync(directory, { recursive: true })
    expect(all.findLast(({ status }) => status === "rejected")).toMatchObject({
      reason: {
        _tag: "NoDaemon",
        message: `no daemon at ${socket}: it lets nobody in, and too many wait already`
      }
    })
  })

  it("rejects with the words and the code of an error of the protocol", async () => {
    await using daemon = await answering(error(-32602, "Expected string\n  at [\"name\"]"))
    expect(await failure(connect(daemon).stop(3 as never))).toMatchObject({
      _tag: "ProtocolError",
      code: -32602,
      message: "protocol error: Expected string\n  at [\"name\"]"
    })
  })

  const garbage = [
    "\n",
    "220 mail.example ESMTP\n",
    "null\n",
    "[]\n",
    "{}\n",
    "{\"jsonrpc\":\"1.0\",\"id\":1,\"result\":{}}\n",
    "{\"jsonrpc\":\"2.0\",\"id\":1}\n",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}\n",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":\"no\"}\n",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1.5,\"message\":\"m\"}}\n",
    error(-32001, "no", {}),
    `${"[".repeat(50_000)}\n`
  ]
  for (const text of garbage) {
    it(`rejects ${JSON.stringify(text.slice(0, 60))}, which is no answer`, async () => {
      await using daemon = await answering(text)
      const clinit = connect(daemon)
      const refused = { name: "ClinitFailed", _tag: "ProtocolError" }
      expect(await failure(clinit.version())).toMatchObject(refused)
      expect(await failure(clinit.watch({ reconnect: true }).next())).toMatchObject(refused)
    })
  }

  it("gets an answer that comes in pieces", async () => {
    await using daemon = await ScriptedDaemon.make((_, client) => {
      const text = result({ version: "é", protocol: 1 })
      const bytes = Buffer.from(text)
      void (async () => {
        for (const byte of bytes) {
          client.write(Buffer.of(byte))
          await new Promise((resume) => setImmediate(resume))
        }
      })()
    })
    expect(await connect(daemon).version()).toEqual({ version: "é", protocol: 1 })
  })
})

describe("giving up", () => {
  it("rejects a call that waits with the signal's reason, closes its connection and disturbs no other", async () => {
    await using daemon = await ScriptedDaemon.make((request, client) => {
      if (request.includes("version")) client.write(result({ version: "9", protocol: 1 }))
    })
    const clinit = connect(daemon)
    const giving = new AbortController()
    const { signal } = giving
    const waiting = [clinit.tell("web", "1", { wait: true, signal }), clinit.shutdown({ wait: true, signal })]
    const patient = clinit.tell("web", "2", { wait: true })
    await eventually("they are asked", () => daemon.requests.length === 3)
    expect(await clinit.version()).toEqual({ version: "9", protocol: 1 })
    giving.abort(new Error("enough"))
    for (const each of waiting) expect(await failure(each)).toEqual(new Error("enough"))
    await eventually("one waits", () => daemon.open() === 1)
    expect(await failure(clinit.version({ signal }))).toEqual(new Error("enough"))
    expect(await failure(clinit.version({ signal: AbortSignal.abort() }))).toMatchObject({
      name: "AbortError"
    })
    expect(daemon.requests.length).toBe(4)
    clinit.close()
    expect(await failure(patient)).toMatchObject({ _tag: "Closed" })
  })

  it("works for a daemon that answers nothing at all: a signal with a time limit is the limit", async () => {
    await using daemon = await ScriptedDaemon.make(() => {})
    const late = await failure(connect(daemon).status(undefined, { signal: AbortSignal.timeout(50) }))
    expect(late).toMatchObject({ name: "TimeoutError" })
  })

  it("closing rejects what waits and what comes later, and ends the watches", async () => {
    await using daemon = await ScriptedDaemon.make((request, client) => {
      if (request.includes("watch")) client.write(result({ seq: 1, sequence: "a", after: 1 }))
    })
    const clinit = connect(daemon)
    const waiting = clinit.tell("web", "1", { wait: true })
    const news: Array<string> = []
    const watching = (async () => {
      for await (const each of clinit.watch({ reconnect: true })) news.push(brief(each))
    })()
    await eventually("they go on", () => news.length === 1 && daemon.requests.length === 2)
    await clinit[Symbol.asyncDispose]()
    expect(await failure(waiting)).toMatchObject({ _tag: "Closed", message: "the client was closed" })
    await watching
    expect(await failure(clinit.version())).toMatchObject({ _tag: "Closed" })
    for await (const _ of clinit.watch()) throw new Error("it is closed")
    await eventually("no connection is left", () => daemon.open() === 0)
  })

  it("leaves nothing behind at a signal that lives long", async () => {
    await using daemon = await answering(result({ version: "9", protocol: 1 }))
    const clinit = connect(daemon)
    const { signal } = new AbortController()
    await Promise.all(Array.from({ length: 100 }, () => clinit.version({ signal })))
    expect(getEventListeners(signal, "abort").length).toBe(0)
  })
})

describe("a watch", () => {
  it("tells where it begins and every event; leaving the loop closes its connection", async () => {
    await using daemon = await answering(
      `${result({ seq: 4, sequence: "a", after: 4 })}${event(5)}${event(6)}`
    )
    const news: Array<string> = []
    for await (const each of connect(daemon).watch({ group: "web" })) {
      news.push(brief(each))
      if (news.length === 3) break
    }
    expect(news).toEqual(["Watching a4", "Event a5", "Event a6"])
    expect(JSON.parse(daemon.requests[0]!).params).toEqual({ group: "web" })
    await eventually("no connection is left", () => daemon.open() === 0)
  })

  it("that is left while it waits for news ends at once, and what waits is told that it is over", async () => {
    await using daemon = await answering(result({ seq: 4, sequence: "a", after: 4 }))
    const clinit = connect(daemon)
    const { signal } = new AbortController()
    const watch = clinit.watch({ reconnect: true, signal })
    await watch.next()
    const waiting = watch.next()
    expect(await watch.return()).toEqual({ done: true, value: undefined })
    expect(await waiting).toEqual({ done: true, value: undefined })
    await eventually("no connection is left", () => daemon.open() === 0)
    expect(getEventListeners(signal, "abort").length).toBe(0)
    {
      await using scoped = clinit.watch()
      await scoped.next()
      expect(Object.hasOwn(scoped, Symbol.asyncDispose), "in Node 22, too").toBe(true)
    }
    await eventually("no connection is left", () => daemon.open() === 0)
  })

  it("has no connection any more once the client is closed or its signal comes, even if nobody asks it for news", async () => {
    await using daemon = await answering(`${result({ seq: 4, sequence: "a", after: 4 })}${event(5)}`)
    const clinit = connect(daemon)
    const giving = new AbortController()
    const watches = [clinit.watch(), clinit.watch({ reconnect: true, signal: giving.signal })]
    for (const watch of watches) await watch.next()
    giving.abort(new Error("enough"))
    await eventually("one is left", () => daemon.open() === 1)
    clinit.close()
    await eventually("no connection is left", () => daemon.open() === 0)
    expect(await watches[0]!.next()).toEqual({ done: true, value: undefined })
    expect(await failure(watches[1]!.next())).toEqual(new Error("enough"))
  })

  it("throws what a call would reject with", async () => {
    await using daemon = await ScriptedDaemon.make((_, client) =>
      client.end(`${result({ seq: 4, sequence: "a", after: 4 })}${event(5)}{"jsonrpc":`)
    )
    const clinit = connect(daemon)
    const all = async (options = {}) => {
      for await (const _ of clinit.watch(options)) continue
    }
    expect(await failure(all())).toMatchObject({
      _tag: "ConnectionLost",
      message: "the daemon went away: the connection was closed"
    })
    await daemon.stop()
    expect(await failure(all())).toMatchObject({ _tag: "NoDaemon" })
    const signal = AbortSignal.timeout(200)
    expect(await failure(all({ reconnect: true, signal }))).toBe(signal.reason)
  })

  it("that reconnects goes on behind the last event, tells none twice and passes over what it does not know", async () => {
    const more = line({ method: "mood", params: {} })
    const connections = [
      `${result({ seq: 4, sequence: "a", after: 4 })}${event(5)}${more}`,
      error(-32004, "too many clients"),
      `${result({ seq: 5, sequence: "b", after: 5 })}${event(5)}${event(6)}`,
      `${result({ seq: 1, sequence: "c", after: 0, renumbered: true })}${event(1)}`
    ]
    await using daemon = await ScriptedDaemon.make((_, client) => client.end(connections.shift() ?? ""))
    const news: Array<string> = []
    for await (const each of connect(daemon).watch({ reconnect: true })) {
      news.push(brief(each))
      if (news.length === 6) break
    }
    expect(news).toEqual([
      "Watching a4",
      "Event a5",
      "Watching b5",
      "Event b6",
      "Watching renumbered c0",
      "Event c1"
    ])
    expect(daemon.requests.map((request) => JSON.parse(request).params)).toEqual([
      {},
      { since: 5, sequence: "a" },
      { since: 5, sequence: "a" },
      { since: 6, sequence: "b" }
    ])
  })
})

it("the client loads no Effect, directly or not", async () => {
  const { metafile } = await build({
    entryPoints: [new URL("../src/node/PromiseClient.ts", import.meta.url).pathname],
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "node",
    conditions: ["@clinit/source"]
  })
  const loaded = Object.keys(metafile.inputs)
  expect(loaded.filter((file) => file.includes("node_modules"))).toEqual([])
  expect(loaded.length).toBeGreaterThan(3)
})
