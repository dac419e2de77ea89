import * as Cltab from "@clinit/core/Cltab"
import { changesKept, StatusBoard } from "@clinit/core/StatusBoard"
import { GroupName, Level } from "@clinit/protocol/Names"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as TestClock from "effect/testing/TestClock"

const web = GroupName.make("web")
const db = GroupName.make("db")
const one = Level.make("1")
const [a, b] = Cltab.parse("web:a:1:respawn:a\nweb:b:1:once:b").entries as [Cltab.Entry, Cltab.Entry]

const withBoard = <A, E, R>(test: (board: StatusBoard["Service"]) => Effect.Effect<A, E, R>) =>
  Effect.scoped(Effect.provide(Effect.flatMap(StatusBoard, test), StatusBoard.layer))

it.effect("groups are listed in the order of their first states", () =>
  withBoard(Effect.fnUntraced(function*(board) {
    yield* board.setGroup(web, one, "STARTING")
    yield* board.setGroup(db, one, "STARTING")
    yield* TestClock.adjust("3 seconds")
    yield* board.setGroup(web, one, "CHECKING")
    assert.deepStrictEqual(board.groups(), [
      { group: web, level: one, state: "CHECKING", since: 3_000, processes: [] },
      { group: db, level: one, state: "STARTING", since: 0, processes: [] }
    ])
  })))

it.effect("a group that was removed, or never set, is not there", () =>
  withBoard(Effect.fnUntraced(function*(board) {
    yield* board.setGroup(web, one, "STARTING")
    yield* board.removeGroup(web)
    assert.deepStrictEqual([board.group(web), board.group(db)], [undefined, undefined])
    assert.deepStrictEqual(board.groups(), [])
  })))

it.effect("an entry's restarts count the starts after the first, and its last end stays until the next", () =>
  withBoard(Effect.fnUntraced(function*(board) {
    yield* board.setProcess(a, { _tag: "Starting" })
    yield* board.setProcess(a, { _tag: "Running", pid: 1 })
    assert.deepStrictEqual(board.process(web, a.tag), {
      tag: a.tag,
      mode: "respawn",
      state: { _tag: "Running", pid: 1 },
      since: 0,
      restarts: 0
    })
    yield* TestClock.adjust("3 seconds")
    yield* board.setProcess(a, { _tag: "Starting" }, { lastEnd: { _tag: "Exited", code: 1 } })
    yield* board.setProcess(a, { _tag: "Running", pid: 2 })
    assert.deepStrictEqual(board.process(web, a.tag), {
      tag: a.tag,
      mode: "respawn",
      state: { _tag: "Running", pid: 2 },
      since: 3_000,
      restarts: 1,
      lastEnd: { _tag: "Exited", code: 1 }
    })
  })))

it.effect("an entry that was removed starts without a past", () =>
  withBoard(Effect.fnUntraced(function*(board) {
    yield* board.setProcess(a, { _tag: "Starting" })
    yield* board.setProcess(a, { _tag: "Starting" }, { lastEnd: { _tag: "Exited", code: 1 } })
    yield* board.removeProcess(a)
    assert.strictEqual(board.process(web, a.tag), undefined)
    yield* board.setProcess(a, { _tag: "Starting" })
    assert.deepStrictEqual(board.process(web, a.tag), {
      tag: a.tag,
      mode: "respawn",
      state: { _tag: "Starting" },
      since: 0,
      restarts: 0
    })
  })))

it.effect("what was read does not change afterwards", () =>
  withBoard(Effect.fnUntraced(function*(board) {
    yield* board.setGroup(web, one, "STARTING")
    yield* board.setProcess(a, { _tag: "Starting" })
    const before = board.groups()
    yield* board.setProcess(a, { _tag: "Done" })
    yield* board.setProcess(b, { _tag: "Starting" })
    yield* board.setGroup(web, one, "CHECKING")
    const [group] = before
    assert.strictEqual(group?.state, "STARTING")
    assert.deepStrictEqual(group?.processes.map(({ state, tag }) => [tag, state._tag]), [["a", "Starting"]])
  })))

it.effect("a reader gets the changes from its subscription on, in their order", () =>
  withBoard(Effect.fnUntraced(function*(board) {
    yield* board.setGroup(db, one, "STARTING")
    const changes = yield* board.changes
    yield* board.setGroup(web, one, "STARTING")
    yield* board.setProcess(a, { _tag: "Starting" })
    yield* board.removeProcess(a)
    yield* board.removeGroup(web)
    assert.deepStrictEqual(yield* PubSub.takeAll(changes), [
      { _tag: "Group", group: web, level: one, state: "STARTING" },
      { _tag: "Process", group: web, tag: a.tag, state: { _tag: "Starting" } },
      { _tag: "Process", group: web, tag: a.tag },
      { _tag: "Group", group: web }
    ])
  })))

it.effect("a reader that falls behind holds up nobody and loses the oldest changes only", () =>
  withBoard(Effect.fnUntraced(function*(board) {
    const changes = yield* board.changes
    for (let pid = 1; pid <= 5_000; pid++) yield* board.setProcess(a, { _tag: "Running", pid })
    const news = yield* PubSub.takeAll(changes)
    assert.strictEqual(news.length, changesKept)
    assert.deepStrictEqual(news.at(-1), {
      _tag: "Process",
      group: web,
      tag: a.tag,
      state: { _tag: "Running", pid: 5_000 }
    })
  })))
