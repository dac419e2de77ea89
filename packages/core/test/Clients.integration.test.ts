import { CltabSource } from "@clinit/core/CltabSource"
import { Daemon } from "@clinit/core/Daemon"
import * as DaemonServer from "@clinit/core/DaemonServer"
import { History } from "@clinit/core/History"
import * as NodeSocketServer from "@clinit/core/node/NodeSocketServer"
import { StatusBoard } from "@clinit/core/StatusBoard"
import * as ScriptedSpawner from "@clinit/core/testing/ScriptedSpawner"
import { Trace } from "@clinit/core/testing/Trace"
import { Trouble } from "@clinit/core/Trouble"
import type { News } from "@clinit/protocol/ClinitClient"
import { ClinitClient } from "@clinit/protocol/ClinitClient"
import * as NodeClinitClient from "@clinit/protocol/node/NodeClinitClient"
import { ClinitRefused, connect } from "@clinit/protocol/node/PromiseClient"
import * as Watch from "@clinit/protocol/Watch"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as path from "node:path"
import { eventually, scratch } from "./support/Peer.ts"

/** A daemon at the socket on scripted processes, of which `slow` ends after two seconds, until the scope closes. */
const serveAt = Effect.fnUntraced(function*(socket: string) {
  const bytes = new TextEncoder().encode("web:a:1:once:a\nslow:b:1:wait:b\n")
  const source = Layer.succeed(CltabSource, { file: "/etc/cltab", read: Effect.succeed(bytes) })
  const spawner = Layer.provide(ScriptedSpawner.layer({ b: { runs: "2 seconds" } }), Trace.layer)
  const context = yield* Layer.build(
    Daemon.volatile.pipe(
      Layer.provideMerge(Layer.mergeAll(source, spawner)),
      Layer.provideMerge(StatusBoard.layer)
    )
  )
  const answer = yield* Effect.provideContext(DaemonServer.make({ version: "9", pid: 1 }), context)
  yield* Effect.provide(NodeSocketServer.serveAt(socket, answer), Trouble.layer)
  return Context.get(context, History)
})

const brief = (news: News): string =>
  news._tag === "Watching" ?
    `watching ${news.renumbered ? "renumbered " : ""}from ${news.position.seq}` :
    news._tag === "Event" ?
    `${news.event.seq}` :
    `missed ${news.missed.count}`

describe("100 calls at once over one client, of which half wait for a group,", () => {
  const isDone = { message: "level transition started", warnings: [], outcome: { state: "DONE", failed: [] } }

  it.live("are all answered, and those that do not wait long before the others", () =>
    Effect.gen(function*() {
      const socket = path.join(yield* scratch, "s")
      yield* serveAt(socket)
      const client = yield* Effect.provide(ClinitClient, NodeClinitClient.layer(socket))
      const order: Array<string> = []
      const waits = Effect.fnUntraced(function*() {
        yield* client.tell({ group: "slow", level: "1", wait: true })
        order.push("waited")
      })
      const asks = Effect.fnUntraced(function*() {
        yield* client.version({})
        order.push("asked")
      })
      const half = Array.from({ length: 50 })
      yield* Effect.all([
        Effect.forEach(half, waits, { concurrency: "unbounded" }),
        Effect.forEach(half, asks, { concurrency: "unbounded" })
      ], { concurrency: 2 })
      assert.strictEqual(order.length, 100)
      assert.deepStrictEqual(order.slice(0, 50), order.slice(0, 50).fill("asked"))
      const told: unknown = yield* client.tell({ group: "web", level: "1", wait: true })
      assert.deepStrictEqual(told, isDone)
    }))

  it.live("are answered without Effect, too, and with its refusals as errors", () =>
    Effect.gen(function*() {
      const socket = path.join(yield* scratch, "s")
      yield* serveAt(socket)
      yield* Effect.promise(async () => {
        await using clinit = connect({ socket })
        const waiting = Array.from({ length: 50 }, () => clinit.tell("slow", "1", { wait: true }))
        const asked = await Promise.all(Array.from({ length: 50 }, () => clinit.version()))
        assert.deepStrictEqual(asked[49], { version: "9", protocol: 1 })
        assert.deepStrictEqual((await Promise.all(waiting))[49] as unknown, isDone)
        const refused = await clinit.tell("wbe", "1").catch((error: unknown) => error)
        assert.instanceOf(refused, ClinitRefused)
        assert.deepStrictEqual(refused.refusal, { _tag: "UnknownGroup", group: "wbe", meant: "web" })
      })
    }))
})

it.live("a call that is given up is no longer waited for, and what it ordered stands", () =>
  Effect.gen(function*() {
    const socket = path.join(yield* scratch, "s")
    const history = yield* serveAt(socket)
    const client = yield* Effect.provide(ClinitClient, NodeClinitClient.layer(socket))
    const given = client.tell({ group: "slow", level: "1", wait: true }).pipe(
      Effect.timeoutOption("100 millis")
    )
    assert.strictEqual((yield* given)._tag, "None")
    yield* eventually(
      "it is done",
      () =>
        history.of({ group: "slow" as never }, 100).events.some(({ what }) =>
          what._tag === "Group" && what.state === "DONE"
        )
    )
  }))

describe("a client outlives a daemon that ends and is started anew:", () => {
  /** Does this to a daemon that then ends, and to another at the same socket. */
  const twice = Effect.fnUntraced(function*<E>(socket: string, use: Effect.Effect<void, E>) {
    for (let count = 0; count < 2; count++) {
      const scope = yield* Scope.make()
      yield* Scope.provide(serveAt(socket), scope)
      yield* use
      yield* Scope.close(scope, Exit.void)
    }
  })

  it.live("its calls work again, and its watch goes on and says that the numbers are others", () =>
    Effect.gen(function*() {
      const socket = path.join(yield* scratch, "s")
      const client = yield* Effect.provide(ClinitClient, NodeClinitClient.layer(socket))
      const told: Array<string> = []
      const positions: Array<string | undefined> = []
      const news = client.watch({ since: { seq: 0 }, reconnect: Watch.untiring })
      const watching = yield* Effect.forkChild(
        Stream.runForEach(news, (each) =>
          Effect.sync(() => {
            told.push(brief(each))
            positions.push(each.position.sequence)
          }))
      )
      const without: Array<string> = []
      const clinit = connect({ socket })
      const done = (async () => {
        for await (const each of clinit.watch({ since: { seq: 0 }, reconnect: true })) {
          without.push(brief(each))
        }
      })()
      let life = 0
      const isBegun = (lines: ReadonlyArray<string>) =>
        lines.filter((line) => line.startsWith("watching")).length === life
      yield* twice(
        socket,
        Effect.gen(function*() {
          life++
          const answer = yield* client.tell({ group: "web", level: "1", wait: true })
          assert.strictEqual(answer.outcome?.state, "DONE")
          const last = String((yield* client.history({ name: "web" })).events.at(-1)!.seq)
          yield* eventually(
            "all is told",
            () => [told, without].every((lines) => isBegun(lines) && lines.at(-1) === last)
          )
        })
      )
      const expected = told.slice(told.findLastIndex((line) => line.startsWith("watching")))
      assert.strictEqual(told[0], "watching from 0")
      assert.strictEqual(expected[0], "watching renumbered from 0")
      const numbers = expected.slice(1).map(Number)
      assert.deepStrictEqual(numbers, numbers.map((_, index) => index + 1))
      assert.strictEqual(new Set(positions).size, 2)
      yield* eventually("both have the end", () => without.length === told.length)
      assert.deepStrictEqual(without, told)
      yield* Fiber.interrupt(watching)
      clinit.close()
      yield* Effect.promise(() => done)
      const absent = yield* Effect.flip(client.version({}))
      assert.strictEqual(absent._tag, "NoDaemon")
    }))
})
