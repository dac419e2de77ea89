import { ClinitClient } from "@clinit/protocol/ClinitClient"
import * as NodeClinitClient from "@clinit/protocol/node/NodeClinitClient"
import * as Watch from "@clinit/protocol/Watch"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as ScriptedDaemon from "./support/ScriptedDaemon.ts"

const line = (value: object) => `${JSON.stringify({ jsonrpc: "2.0", ...value })}\n`
const version = { version: "9", protocol: 1 as const }
const event = (seq: number) =>
  line({ method: "event", params: { seq, at: 0, what: { _tag: "Daemon", words: "" } } })

/** A client of a daemon that replies so. */
const client = Effect.fnUntraced(function*(reply: ScriptedDaemon.Reply) {
  const daemon = yield* Effect.acquireRelease(
    Effect.promise(() => ScriptedDaemon.make(reply)),
    (daemon) => Effect.promise(async () => daemon[Symbol.asyncDispose]())
  )
  const clinit = yield* Effect.provide(ClinitClient, NodeClinitClient.layer(daemon.socket))
  return { clinit, daemon }
})

const eventually = (what: string, check: () => boolean) =>
  Effect.promise(() => ScriptedDaemon.eventually(what, check))

describe("the client over a socket", () => {
  it.live("opens nothing before a call, and leaves nothing open behind it", () =>
    Effect.gen(function*() {
      const { clinit, daemon } = yield* client((_, peer) => peer.write(line({ id: 1, result: version })))
      assert.strictEqual(daemon.open(), 0)
      assert.deepStrictEqual(yield* clinit.version({}), version)
      yield* eventually("no connection is left", () => daemon.open() === 0)
    }))

  it.live("fails with what came, or did not: garbage, half a line, the end; and sends nothing twice", () =>
    Effect.gen(function*() {
      const half = `{"jsonrpc":"2.0","id":1,"resu`
      for (
        const [text, tag] of [["garbage\n", "ProtocolError"], [half, "ConnectionLost"], [
          "",
          "ConnectionLost"
        ]]
      ) {
        const { clinit, daemon } = yield* client((_, peer) => peer.end(text!))
        const failure = yield* Effect.flip(clinit.shutdown({ wait: true }))
        assert.strictEqual(failure._tag, tag)
        assert.strictEqual(daemon.requests.length, 1)
        yield* Effect.promise(() => daemon.stop())
        assert.strictEqual((yield* Effect.flip(clinit.shutdown({ wait: true })))._tag, "NoDaemon")
        assert.strictEqual(daemon.requests.length, 1)
      }
    }))

  it.live("waits for a daemon that answers nothing until that is given up, and disturbs nobody meanwhile", () =>
    Effect.gen(function*() {
      const { clinit, daemon } = yield* client((request, peer) =>
        request.includes("version") ? peer.write(line({ id: 1, result: version })) : undefined
      )
      const waiting = yield* Effect.forkChild(clinit.tell({ group: "web", level: "1", wait: true }))
      yield* eventually("it is asked", () => daemon.requests.length === 1)
      assert.deepStrictEqual(yield* clinit.version({}), version)
      yield* eventually("only that is open", () => daemon.open() === 1)
      assert.isUndefined(waiting.pollUnsafe())
      yield* Fiber.interrupt(waiting)
      yield* eventually("no connection is left", () => daemon.open() === 0)
      const late = yield* Effect.timeoutOption(clinit.status({}), "50 millis")
      assert.strictEqual(late._tag, "None")
      yield* eventually("no connection is left", () => daemon.open() === 0)
    }))
})

describe("a watch over a socket", () => {
  it.live("goes on when the daemon listens again, and closes its connection when it is no longer listened to", () =>
    Effect.gen(function*() {
      const connections = [
        `${line({ id: 1, result: { seq: 4, sequence: "a", after: 4 } })}${event(5)}${event(6).slice(0, 20)}`,
        `${line({ id: 1, result: { seq: 6, sequence: "b", after: 5 } })}${event(6)}`
      ]
      const { clinit, daemon } = yield* client((_, peer) => peer.write(connections.shift() ?? ""))
      const seqs: Array<number> = []
      const watching = yield* Effect.forkChild(
        Stream.runForEach(
          clinit.watch({ reconnect: Watch.untiring }),
          (news) => Effect.sync(() => seqs.push(news.position.seq))
        )
      )
      yield* eventually("the first is told", () => seqs.length === 2)
      yield* Effect.promise(() => daemon.stop())
      yield* Effect.promise(() => daemon.start())
      yield* eventually("the second is told", () => seqs.length === 4)
      assert.deepStrictEqual(seqs, [4, 5, 5, 6])
      assert.deepStrictEqual(JSON.parse(daemon.requests[1]!).params, { since: 5, sequence: "a" })
      assert.strictEqual(daemon.open(), 1)
      yield* Fiber.interrupt(watching)
      yield* eventually("no connection is left", () => daemon.open() === 0)
    }))

  it.live("takes no more of the socket than is asked for: a daemon is held up by who does not listen", () =>
    Effect.gen(function*() {
      const many = Array.from({ length: 100_000 }, (_, index) => event(index + 1)).join("")
      let isTaken = false
      const { clinit } = yield* client((_, peer) => {
        peer.write(line({ id: 1, result: { seq: 0, sequence: "a", after: 0 } }))
        peer.write(many, () => void (isTaken = true))
      })
      const ten = yield* Stream.runCollect(
        Stream.tap(Stream.take(clinit.watch({}), 10), () => Effect.sleep("10 millis"))
      )
      assert.strictEqual(ten.length, 10)
      assert.isFalse(isTaken)
    }))
})
