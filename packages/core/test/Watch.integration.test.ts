import { CltabSource } from "@clinit/core/CltabSource"
import { Daemon } from "@clinit/core/Daemon"
import * as DaemonServer from "@clinit/core/DaemonServer"
import { eventsKept } from "@clinit/core/EventFeed"
import { History } from "@clinit/core/History"
import * as ClientConnection from "@clinit/core/node/ClientConnection"
import * as NodeSocketServer from "@clinit/core/node/NodeSocketServer"
import { StatusBoard } from "@clinit/core/StatusBoard"
import * as ScriptedSpawner from "@clinit/core/testing/ScriptedSpawner"
import { Trace } from "@clinit/core/testing/Trace"
import { Trouble } from "@clinit/core/Trouble"
import { GroupName } from "@clinit/protocol/Names"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as path from "node:path"
import { reachableBytes } from "./support/Heap.ts"
import type { Peer } from "./support/Peer.ts"
import { connect, eventually, scratch } from "./support/Peer.ts"

const web = GroupName.make("web")
const limits = { ...Effect.runSync(Effect.service(ClientConnection.Limits)) }

/** A daemon at a socket, on scripted processes, whose history the test can make long. */
const serving = Effect.fnUntraced(function*(patience: Partial<ClientConnection.Limits> = {}) {
  const bytes = new TextEncoder().encode("web:a:1:once:a\nmail:b:1:once:b\n")
  const source = Layer.succeed(CltabSource, { file: "/etc/cltab", read: Effect.succeed(bytes) })
  const context = yield* Layer.build(
    Daemon.volatile.pipe(
      Layer.provideMerge(Layer.mergeAll(source, Layer.provide(ScriptedSpawner.layer({}), Trace.layer))),
      Layer.provideMerge(StatusBoard.layer)
    )
  )
  const history = Context.get(context, History)
  const answer = yield* Effect.provideContext(DaemonServer.make({ version: "9", pid: 1 }), context)
  const socket = path.join(yield* scratch, "s")
  const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
  yield* NodeSocketServer.serveAt(socket, answer).pipe(
    Scope.provide(scope),
    Effect.provideService(ClientConnection.Limits, { ...limits, ...patience }),
    Effect.provide(Trouble.layer)
  )
  const happen = (count: number, group = web, words = "") =>
    Effect.sync(() => {
      for (let each = 0; each < count; each++) {
        history.record({ group, what: { _tag: "Asked", order: words, by: {} } })
      }
    })
  return { history, socket, happen, end: Scope.close(scope, Exit.void) }
})

const request = (method: string, params: object = {}, id: number | undefined = 1) =>
  JSON.stringify({ jsonrpc: "2.0", ...(id === undefined ? {} : { id }), method, params })

const watching = (client: Peer, params: object = {}) => client.ask(request("watch", params))

/** A line of a watch in few words: an event's number, the gap, or the number of the latest event. */
const brief = (line: string | undefined): unknown => {
  if (line === undefined) return "end"
  const { error, method, params, result } = JSON.parse(line)
  if (method !== undefined) return method === "event" ? params.seq : params
  return result?.sequence === undefined ? result ?? error : { seq: result.seq }
}

const take = Effect.fnUntraced(function*(client: Peer, count: number) {
  const news: Array<unknown> = []
  while (news.length < count) news.push(brief(yield* client.line))
  return news
})

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

describe("who watches", { timeout: 60_000 }, () => {
  it.live("gets every event under load, in sequence, and they are those of the history", () =>
    Effect.gen(function*() {
      const { happen, history, socket } = yield* serving()
      const client = yield* connect(socket)
      assert.deepStrictEqual(brief(yield* watching(client)), { seq: 1 })
      for (let round = 0; round < 10; round++) {
        yield* happen(1_000)
        assert.deepStrictEqual(yield* take(client, 1_000), range(2 + round * 1_000, 1_001 + round * 1_000))
      }
      assert.strictEqual(history.seq(), 10_001)
      const { events } = history.of({ group: web }, 1)
      const again = yield* connect(socket)
      yield* watching(again, { since: 10_000 })
      const line = yield* again.line
      assert.deepStrictEqual(JSON.parse(line!), { jsonrpc: "2.0", method: "event", params: events[0] })
    }))

  it.live("does so beside others, who may want one group only, and what anybody of them sends is dropped", () =>
    Effect.gen(function*() {
      const { happen, socket } = yield* serving()
      const [all, mail] = [yield* connect(socket), yield* connect(socket)]
      yield* watching(all)
      yield* watching(mail, { group: "mail" })
      yield* all.send(`rubbish\n${request("shutdown")}\n${"x".repeat(200_000)}`)
      yield* mail.send(`${request("tell", { group: "web", level: "1" })}\n\u0000\n`)
      yield* happen(2)
      yield* happen(1, GroupName.make("mail"))
      yield* happen(1)
      yield* happen(1, GroupName.make("mail"))
      assert.deepStrictEqual(yield* take(all, 5), range(2, 6))
      assert.deepStrictEqual(yield* take(mail, 2), [4, 6])
      const { result } = JSON.parse((yield* (yield* connect(socket)).ask(request("status")))!)
      assert.isFalse(result.shuttingDown, "what a watcher sends is not carried out")
    }))

  it.live("asks for what was before by its number; what is no longer known counts as missed", () =>
    Effect.gen(function*() {
      const { happen, history, socket } = yield* serving()
      yield* happen(20_000)
      const client = yield* connect(socket)
      assert.deepStrictEqual(brief(yield* watching(client, { since: 19_990 })), { seq: 20_001 })
      assert.deepStrictEqual(yield* take(client, 11), range(19_991, 20_001))
      const late = yield* connect(socket)
      yield* watching(late, { since: 5 })
      const [gap, ...events] = yield* take(late, 1_000)
      const { count, next } = gap as { count: number; next: number }
      assert.strictEqual(count, next - 6)
      assert.deepStrictEqual(events, range(next, next + 998))
      const ahead = yield* connect(socket)
      yield* watching(ahead, { since: 1_000_000 })
      assert.deepStrictEqual(yield* take(ahead, 1), [1], "the number is of another daemon's sequence")
      assert.strictEqual(history.seq(), 20_001)
    }))

  it.live(
    "too slowly is told exactly how many are missed, holds up nobody, and is not cut off",
    () =>
      Effect.gen(function*() {
        const { happen, socket } = yield* serving({ unread: limits.probe, haste: limits.probe })
        const quick = yield* connect(socket)
        yield* watching(quick)
        const slow = yield* connect(socket, { suspended: true })
        yield* slow.send(`${request("watch")}\n`)
        yield* Effect.sleep("50 millis")
        const heap = () => reachableBytes() / 2 ** 20
        const before = heap()
        for (let round = 0; round < 40; round++) {
          yield* happen(1_000, web, "x".repeat(400))
          assert.deepStrictEqual(yield* take(quick, 1_000), range(2 + round * 1_000, 1_001 + round * 1_000))
        }
        assert.isBelow(heap() - before, 100)
        // Longer than an answer may be left unread.
        yield* Effect.sleep("1500 millis")
        slow.resume()
        assert.deepStrictEqual(brief(yield* slow.line), { seq: 1 })
        let expected = 2
        let missed = 0
        while (expected <= 40_001) {
          const news = brief(yield* slow.line)
          if (typeof news === "number") assert.strictEqual(news, expected++)
          else {
            const { count, next } = news as { count: number; next: number }
            assert.strictEqual(next, expected + count)
            expected = next
            missed += count
          }
        }
        assert.isAbove(missed, 40_000 - eventsKept - 2_000)
        yield* happen(1)
        assert.deepStrictEqual(yield* take(slow, 1), [40_002])
      }),
    30_000
  )

  it.live("gives back the place when it goes, whether it has read everything or not", () =>
    Effect.gen(function*() {
      const { happen, socket } = yield* serving({ clients: 2, hasty: 1, probe: limits.haste })
      const [reader, deaf] = [yield* connect(socket), yield* connect(socket, { deaf: true })]
      yield* watching(reader)
      yield* deaf.send(`${request("watch")}\n`)
      yield* Effect.sleep("50 millis")
      const refused = yield* connect(socket)
      assert.deepInclude(brief(yield* watching(refused)) as object, { code: -32004 })
      yield* happen(20_000)
      yield* reader.vanish
      yield* deaf.vanish
      for (let round = 0; round < 2; round++) {
        let answer: unknown
        for (let tries = 0; tries < 100 && (answer as { seq?: number })?.seq === undefined; tries++) {
          const next = yield* connect(socket)
          answer = brief(yield* watching(next))
          if ((answer as { seq?: number }).seq === undefined) yield* Effect.sleep("50 millis")
        }
        assert.deepStrictEqual(answer, { seq: 20_001 })
      }
    }))

  it.live("may close its sending side and still gets what happens", () =>
    Effect.gen(function*() {
      const { happen, socket } = yield* serving()
      const client = yield* connect(socket)
      yield* client.send(request("watch"))
      yield* client.halfClose
      assert.deepStrictEqual(brief(yield* client.line), { seq: 1 })
      yield* happen(2)
      assert.deepStrictEqual(yield* take(client, 2), [2, 3])
    }))

  it.live("gets what there is when the daemon ends, then the end; one that does not read is not waited for", () =>
    Effect.gen(function*() {
      const { end, happen, socket } = yield* serving({ haste: limits.haste })
      const [client, deaf] = [yield* connect(socket), yield* connect(socket, { deaf: true })]
      yield* watching(client)
      yield* deaf.send(`${request("watch")}\n`)
      yield* Effect.sleep("50 millis")
      yield* happen(4_000, web, "x".repeat(400))
      const before = performance.now()
      yield* end
      assert.isBelow(performance.now() - before, 3_000)
      assert.deepStrictEqual((yield* client.lines).map(brief), range(2, 4_001))
      yield* eventually("the end", client.isEnded)
    }))

  it.live("of a group that nobody knows is refused; a watch without an id is nothing", () =>
    Effect.gen(function*() {
      const { happen, socket } = yield* serving()
      const client = yield* connect(socket)
      const refusal = brief(yield* watching(client, { group: "wbe" })) as { data: object }
      assert.deepStrictEqual(refusal.data, { _tag: "UnknownGroup", group: "wbe", meant: "web" })
      yield* client.send(`{"jsonrpc":"2.0","method":"watch"}\n`)
      yield* happen(1)
      assert.deepStrictEqual(brief(yield* client.ask(request("version"))), { version: "9", protocol: 1 })
    }))
})
