import type { News, Position } from "@clinit/protocol/ClinitClient"
import type { Connection } from "@clinit/protocol/ClinitClient"
import { ClinitClient, ConnectionLost, NoDaemon, Transport } from "@clinit/protocol/ClinitClient"
import * as Watch from "@clinit/protocol/Watch"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"

/** What a connection brings: nothing, or these lines and then its end; the last of the connections stays open. */
type Script = "none" | ReadonlyArray<string>

const line = (value: object) => JSON.stringify({ jsonrpc: "2.0", ...value })
const answer = (seq: number, sequence = "a", more: object = {}) =>
  line({ id: 1, result: { seq, sequence, after: seq, ...more } })
const event = (seq: number) =>
  line({ method: "event", params: { seq, at: 0, what: { _tag: "Daemon", words: "" } } })
const missed = (count: number, next: number) => line({ method: "missed", params: { count, next } })
const failure = (code: number, data?: object) => line({ id: 1, error: { code, message: "no", data } })

const brief = (news: News): string => {
  const at = `${news.position.sequence ?? "-"}${news.position.seq}`
  switch (news._tag) {
    case "Watching":
      return `${news.renumbered ? "renumbered" : "watching"} ${at}`
    case "Event":
      return `event ${at}`
    case "Missed":
      return `missed ${news.missed.count} ${at}`
  }
}

/**
 * Watches a daemon with these connections, one after the other, for a minute, and returns when what was asked and what was told,
 * and how it ended. No connection may be left.
 */
const watched = Effect.fnUntraced(function*(scripts: ReadonlyArray<Script>, options: Watch.Options = {}) {
  const trace: Array<string> = []
  let open = 0
  const begun = yield* Clock.currentTimeMillis
  const note = (what: string) =>
    Effect.map(Clock.currentTimeMillis, (millis) => void trace.push(`${millis - begun} ${what}`))
  let next = 0
  const connection = (lines: ReadonlyArray<string>, isLast: boolean): Connection => {
    const waiting = [...lines]
    const receive = Effect.suspend((): Effect.Effect<string, ConnectionLost> => {
      const line = waiting.shift()
      if (line !== undefined) return Effect.succeed(line)
      return isLast ? Effect.never : Effect.fail(new ConnectionLost({ reason: "closed" }))
    })
    return { send: (request) => note(`asked ${JSON.stringify(JSON.parse(request).params)}`), receive }
  }
  const connect = Effect.suspend(() => {
    const index = Math.min(next++, scripts.length - 1)
    const script = scripts[index]!
    if (script === "none") {
      return Effect.andThen(note("no daemon"), Effect.fail(new NoDaemon({ socket: "s", reason: "none" })))
    }
    return Effect.as(
      Effect.acquireRelease(Effect.sync(() => open++), () => Effect.sync(() => open--)),
      connection(script, index === scripts.length - 1)
    )
  })
  const client = yield* Effect.provide(
    ClinitClient,
    Layer.provide(ClinitClient.layer, Layer.succeed(Transport, { connect }))
  )
  const told = Stream.runForEach(client.watch(options), (news) => note(brief(news)))
  const fiber = yield* Effect.forkChild(
    Effect.catch(told, (error) => note(`failed: ${error.message}`)),
    { startImmediately: true }
  )
  yield* TestClock.adjust("1 minute")
  assert.isAtMost(open, 1)
  yield* Fiber.interrupt(fiber)
  assert.strictEqual(open, 0)
  return trace
})

const reconnect = Watch.untiring

describe("a watch over one connection", () => {
  it.effect("tells where it begins, then every event and every gap, and fails when the daemon goes away", () =>
    Effect.gen(function*() {
      const trace = yield* watched([[answer(4), event(5), missed(2, 8), event(8)], []], { group: "web" })
      assert.deepStrictEqual(trace, [
        "0 asked {\"group\":\"web\"}",
        "0 watching a4",
        "0 event a5",
        "0 missed 2 a7",
        "0 event a8",
        "0 failed: the daemon went away: closed"
      ])
    }))

  it.effect("fails if there is no daemon, if it refuses, and if it says what is not understood", () =>
    Effect.gen(function*() {
      const last = Effect.fnUntraced(function*(script: Script) {
        return (yield* watched([script, []])).at(-1)
      })
      assert.strictEqual(yield* last("none"), "0 failed: no daemon at s: none")
      const unknown = failure(-32001, { _tag: "UnknownGroup", group: "wbe", meant: "web" })
      assert.strictEqual(yield* last([unknown]), "0 failed: no such group: wbe (did you mean web?)")
      assert.strictEqual(yield* last([failure(-32004)]), "0 failed: protocol error: no")
      for (const garbage of ["", "220 hello", "{}", line({ method: "event", params: { seq: "1" } })]) {
        assert.match((yield* last([answer(4), garbage]))!, /^0 failed: protocol error: /)
      }
    }))

  it.effect("passes over what a later daemon may tell beside", () =>
    Effect.gen(function*() {
      const later = line({ method: "mood", params: { fine: true } })
      assert.deepStrictEqual((yield* watched([[answer(4), later, event(5)]])).slice(1), [
        "0 watching a4",
        "0 event a5"
      ])
    }))
})

describe("a watch that reconnects", () => {
  it.effect("asks 50 ms after a loss for what comes behind the last event, then after twice as long, up to 2 s", () =>
    Effect.gen(function*() {
      const trace = yield* watched(
        [[answer(4), event(5)], ...Array.from({ length: 8 }, () => "none" as const), [
          answer(9, "b", { after: 5 }),
          event(6)
        ]],
        { reconnect }
      )
      assert.deepStrictEqual(trace, [
        "0 asked {}",
        "0 watching a4",
        "0 event a5",
        "50 no daemon",
        "150 no daemon",
        "350 no daemon",
        "750 no daemon",
        "1550 no daemon",
        "3150 no daemon",
        "5150 no daemon",
        "7150 no daemon",
        "9150 asked {\"since\":5,\"sequence\":\"a\"}",
        "9150 watching b5",
        "9150 event b6"
      ])
    }))

  it.effect("waits for a daemon that is not there yet, has no place, or goes away before it answers", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* watched(["none", [failure(-32004)], [], [answer(4)]], { reconnect, since: { seq: 2 } }),
        [
          "0 no daemon",
          "50 asked {\"since\":2}",
          "150 asked {\"since\":2}",
          "350 asked {\"since\":2}",
          "350 watching a4"
        ]
      )
    }))

  it.effect("begins its schedule anew with each loss, so that a daemon which answers and goes is not asked in a loop", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* watched([[answer(4)], [answer(4)], "none", [answer(4)]], { reconnect }), [
        "0 asked {}",
        "0 watching a4",
        "50 asked {\"since\":4,\"sequence\":\"a\"}",
        "50 watching a4",
        "100 no daemon",
        "200 asked {\"since\":4,\"sequence\":\"a\"}",
        "200 watching a4"
      ])
    }))

  it.effect("tells no event twice and no gap twice, and says that the numbers are of another sequence", () =>
    Effect.gen(function*() {
      const since: Position = { seq: 2, sequence: "a" }
      const trace = yield* watched(
        [
          [answer(9, "a", { after: 2 }), event(3), missed(4, 8)],
          [answer(9, "a", { after: 7 }), event(7), event(8)],
          [answer(1, "b", { after: 0, renumbered: true }), event(1)]
        ],
        { reconnect, since }
      )
      assert.deepStrictEqual(trace, [
        "0 asked {\"since\":2,\"sequence\":\"a\"}",
        "0 watching a2",
        "0 event a3",
        "0 missed 4 a7",
        "50 asked {\"since\":7,\"sequence\":\"a\"}",
        "50 watching a7",
        "50 event a8",
        "100 asked {\"since\":8,\"sequence\":\"a\"}",
        "100 renumbered b0",
        "100 event b1"
      ])
    }))

  it.effect("fails as soon as its schedule ends, with the last loss, and at once with what cannot pass", () =>
    Effect.gen(function*() {
      const twice = Schedule.max([Schedule.recurs(2), Schedule.spaced("1 second")])
      assert.deepStrictEqual(
        (yield* watched([[answer(4)], "none"], { reconnect: twice })).slice(2),
        ["1000 no daemon", "2000 no daemon", "2000 failed: no daemon at s: none"]
      )
      const gone = failure(-32001, { _tag: "UnknownGroup", group: "web" })
      assert.deepStrictEqual(
        (yield* watched([[answer(4)], [gone]], { reconnect, group: "web" })).slice(2),
        [
          "50 asked {\"group\":\"web\",\"since\":4,\"sequence\":\"a\"}",
          "50 failed: no such group: web"
        ]
      )
    }))
})
