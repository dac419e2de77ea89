import * as Cltab from "@clinit/core/Cltab"
import * as LevelList from "@clinit/core/LevelList"
import type { Scripts } from "@clinit/core/testing/ScriptedSpawner"
import { GroupName, Level, Tag } from "@clinit/protocol/Names"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as PubSub from "effect/PubSub"
import * as References from "effect/References"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { cltab, withNode } from "./support/Node.ts"
import type { Node } from "./support/Node.ts"

describe("an entry that is told to go while the operating system is still starting it", () => {
  const text = cltab("web:a:1:once:a", "web:b:2:once:b")
  const slow = { a: [{ forks: "2 seconds", dies: "1 second" }, {}] } as const

  it.effect("is stopped as soon as it exists", () =>
    withNode(
      text,
      slow,
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("1 second")
        yield* node.tell("web", "2")
        yield* node.after("1 minute")
        assert.deepStrictEqual(node.trace.lines(), [
          "0s web 1 STARTING",
          "1s web 1 STOPPING",
          "2s a started",
          "2s a SIGINT",
          "3s a died of SIGINT",
          "3s web 2 STARTING",
          "3s b started",
          "3s web 2 CHECKING",
          "3s web 2 DONE"
        ])
      })
    ))

  it.effect("is started again when its level comes back before that", () =>
    withNode(
      text,
      slow,
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("0.5 seconds")
        yield* node.tell("web", "2")
        yield* node.after("0.5 seconds")
        yield* node.tell("web", "1")
        yield* node.after("1 minute")
        assert.deepStrictEqual(node.trace.lines(), [
          "0s web 1 STARTING",
          "0.5s web 1 STOPPING",
          "1s web 1 STARTING",
          "2s a started",
          "2s a SIGINT",
          "3s a died of SIGINT",
          "3s web 1 STARTING",
          "3s a started",
          "3s web 1 CHECKING",
          "3s web 1 DONE"
        ])
        assert.isDefined(node.pid("web", "a"))
      })
    ))

  it.effect("holds up a halt until it is gone", () =>
    withNode(
      text,
      slow,
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("1 second")
        yield* node.halt
        yield* node.after("1 minute")
        assert.deepStrictEqual(node.trace.lines(), [
          "0s web 1 STARTING",
          "1s web 1 HALTING",
          "2s a started",
          "2s a SIGINT",
          "3s a died of SIGINT",
          "3s web 1 CONFIGURED"
        ])
      })
    ))
})

describe("a tell in the moment in which its deleted group comes down", () => {
  const text = cltab("web:a:1:once:a", "db:x:1:once:x")

  for (const steps of [...Array.from({ length: 60 }, (_, index) => index + 3), 2048]) {
    it.effect(`is not lost if fibers give way after ${steps} steps`, () =>
      withNode(
        text,
        { a: [{ dies: "1 second" }, {}] },
        Effect.fnUntraced(function*(node) {
          yield* node.tell("web", "1")
          yield* calm
          node.cltab.write(cltab("db:x:1:once:x"))
          yield* node.reread
          node.cltab.write(text)
          const changes = yield* node.changes
          const settled = yield* Effect.gen(function*() {
            while (true) {
              const news = yield* PubSub.takeAll(changes)
              if (news.some((change) => change._tag === "Group" && change.state === "CONFIGURED")) break
            }
            const { settling } = yield* node.daemon.tell(GroupName.make("web"), Level.make("1"))
            return yield* settling
          }).pipe(Effect.forkChild({ startImmediately: true }))
          yield* calm
          yield* TestClock.adjust("1 second")
          yield* calm
          assert.deepStrictEqual(settled.pollUnsafe(), Exit.succeed({ state: "DONE", failed: [] }))
          assert.deepStrictEqual(alive(node.trace.lines()), ["a"])
        })
      ).pipe(Effect.provideService(References.MaxOpsBeforeYield, steps)))
  }
})

describe("a shutdown in the moment in which a deleted group comes down", () => {
  for (const steps of [...Array.from({ length: 60 }, (_, index) => index + 3), 2048]) {
    it.effect(`halts it no second time if fibers give way after ${steps} steps`, () =>
      withNode(
        cltab("web:a:1:once:a"),
        {},
        Effect.fnUntraced(function*(node) {
          yield* node.tell("web", "9")
          yield* calm
          node.cltab.write("")
          yield* node.daemon.reread
          yield* node.daemon.shutdown
          yield* calm
          const ends = node.trace.lines().filter((line) => /CONFIGURED/.test(line))
          assert.deepStrictEqual(ends, ["0s web 9 CONFIGURED"])
        })
      ).pipe(Effect.provideService(References.MaxOpsBeforeYield, steps)))
  }
})

describe("a shutdown whose client goes away at once, while a tell is carried out,", () => {
  for (const steps of [...Array.from({ length: 30 }, (_, index) => index + 3), 2048]) {
    it.effect(`is carried out all the same, or by the next one, if fibers give way after ${steps} steps`, () =>
      withNode(
        cltab("web:a:1:once:a", "web:b:2:once:b"),
        {},
        Effect.fnUntraced(function*(node) {
          yield* node.tell("web", "1")
          yield* calm
          yield* Effect.forkChild(node.tell("web", "2"), { startImmediately: true })
          const gone = yield* Effect.forkChild(node.daemon.shutdown, { startImmediately: true })
          yield* Fiber.interrupt(gone)
          yield* node.daemon.shutdown
          yield* calm
          yield* TestClock.adjust("1 minute")
          yield* calm
          assert.deepStrictEqual(alive(node.trace.lines()), [])
          assert.match(node.state("web") ?? "", /CONFIGURED$/)
        })
      ).pipe(Effect.provideService(References.MaxOpsBeforeYield, steps)))
  }
})

// The scheduler is told to interrupt fibers after very few steps, so that orders meet a group at every point of its
// work. Whatever happens, what runs in the end is what the last tell asked for, and on the way nothing starts while
// something is left of it or of what has to go first.

const versions = [
  cltab("web:a:1:once:a", "web:s:12:respawn:s", "web:w:1:wait:w", "web:b:2:once:b", "web:c:23:respawn:c"),
  cltab("web:c:23:respawn:c", "web:s:123:respawn:s", "web:a:1:once:a2", "web:b:13:once:b"),
  cltab("web:a:1:off:a", "web:w:12:wait:w", "web:s:12:once:s", "web:d:3:once:d"),
  cltab("db:x:1:once:x")
]

const scripts: Scripts = {
  a: { dies: "0.3 seconds" },
  a2: { forks: "0.2 seconds" },
  b: { ignores: ["SIGINT"], dies: "0.1 seconds" },
  s: [{ runs: "0.7 seconds", forks: "0.3 seconds" }, {}],
  w: { runs: "0.4 seconds", survivors: "0.2 seconds" },
  c: { forks: "0.2 seconds", survivors: "1.2 seconds" },
  d: { forks: "0.1 seconds", dies: "0.1 seconds" }
}

/** Here a process exists as soon as it was started, so that the trace has it at the time of the tell. */
const prompt: Scripts = {
  ...scripts,
  a2: {},
  s: [{ runs: "0.7 seconds" }, {}],
  c: { survivors: "1.2 seconds" },
  d: {}
}

const Order = Schema.Union([
  Schema.TaggedStruct("Tell", { level: Schema.Literals(["1", "2", "3", "9"]) }),
  Schema.TaggedStruct("Edit", { version: Schema.Literals([0, 1, 2, 3]) }),
  Schema.TaggedStruct("Reread", {}),
  Schema.TaggedStruct("ByHand", {
    verb: Schema.Literals(["start", "stop", "restart"]),
    name: Schema.Literals(["web", "web/a", "web/b", "web/c", "web/s", "web/w"])
  }),
  Schema.TaggedStruct("Wait", { millis: Schema.Literals([1, 100, 200, 300, 400, 500, 1_000, 6_000]) })
])
type Order = typeof Order.Type

const orders = Schema.Array(Order)
const Steps = Schema.Literals([3, 4, 5, 7, 11, 17, 40, 100, 2048])

const calm = Effect.repeat(Effect.yieldNow, { times: 50 })

/** Tags that run, by the trace: started and neither ended nor refused. */
const alive = (lines: ReadonlyArray<string>) => {
  const tags: Array<string> = []
  for (const line of lines) {
    const [, tag, what] = line.split(" ")
    if (what === "started") {
      assert.notInclude(tags, tag!, `${tag} runs twice`)
      tags.push(tag!)
    } else if (["exited", "died"].includes(what!)) tags.splice(tags.indexOf(tag!), 1)
  }
  return tags
}

const give = Effect.fnUntraced(function*(node: Node, order: Order) {
  if (order._tag === "Tell") {
    yield* Effect.ignore(node.daemon.tell(GroupName.make("web"), Level.make(order.level)))
  } else if (order._tag === "Edit") node.cltab.write(versions[order.version]!)
  else if (order._tag === "ByHand") yield* Effect.ignore(node.daemon.order(order.verb, order.name))
  else if (order._tag === "Reread") yield* Effect.ignore(node.daemon.reread)
  else {
    yield* calm
    yield* TestClock.adjust(order.millis)
  }
})

const quiet = Effect.gen(function*() {
  for (let second = 0; second < 40; second++) {
    yield* calm
    yield* TestClock.adjust("1 second")
  }
  yield* calm
})

it.effect.prop(
  "whatever the orders and their moments, in the end exactly the last level runs",
  [orders, Steps],
  ([given, steps]) =>
    withNode(
      versions[0]!,
      scripts,
      Effect.fnUntraced(function*(node) {
        for (const order of given) yield* give(node, order)
        node.cltab.write(versions[0]!)
        const outcome = yield* node.watch(yield* node.tell("web", "2"))
        yield* quiet
        assert.deepStrictEqual(outcome(), { state: "DONE", failed: [] })
        assert.strictEqual(node.state("web"), "2 DONE")
        assert.deepStrictEqual(alive(node.trace.lines()).sort(), ["b", "c", "s"])
      })
    ).pipe(Effect.provideService(References.MaxOpsBeforeYield, steps)),
  { arbitrary: { runs: 60 }, timeout: 120_000 }
)

it.effect.prop(
  "whatever the orders and their moments, a shutdown comes to an end and leaves nothing",
  [orders, Steps],
  ([given, steps]) =>
    withNode(
      versions[0]!,
      scripts,
      Effect.fnUntraced(function*(node) {
        for (const order of given) yield* give(node, order)
        yield* Effect.forkChild(Effect.andThen(node.daemon.down, node.trace.note("node is down")), {
          startImmediately: true
        })
        yield* node.daemon.shutdown
        yield* quiet
        assert.deepStrictEqual(alive(node.trace.lines()), [])
        assert.match(node.trace.lines().at(-1) ?? "", /node is down$/)
      })
    ).pipe(Effect.provideService(References.MaxOpsBeforeYield, steps)),
  { arbitrary: { runs: 60 }, timeout: 120_000 }
)

it.effect.prop(
  "whatever the orders and their moments, each order by hand is answered in the end, and a stop that stands is true",
  [orders, Steps],
  ([given, steps]) =>
    withNode(
      versions[0]!,
      scripts,
      Effect.fnUntraced(function*(node) {
        const waiting: Array<Fiber.Fiber<unknown, unknown>> = []
        for (const order of given) {
          if (order._tag !== "ByHand") {
            yield* give(node, order)
            continue
          }
          const { settling } = yield* Effect.orElseSucceed(
            node.daemon.order(order.verb, order.name),
            () => ({ settling: Effect.void })
          )
          waiting.push(yield* Effect.forkChild(settling, { startImmediately: true }))
        }
        node.cltab.write(versions[0]!)
        yield* node.tell("web", "2")
        const { settling } = yield* node.daemon.order("stop", "web/c")
        const { entries } = yield* Effect.raceFirst(
          settling,
          Effect.andThen(quiet, Effect.die("it never ends"))
        )
        assert.deepStrictEqual(entries, [{ group: GroupName.make("web"), tag: Tag.make("c") }])
        yield* quiet
        for (const fiber of waiting) assert.isDefined(fiber.pollUnsafe())
        assert.strictEqual(node.state("web"), "2 DONE")
        assert.deepStrictEqual(alive(node.trace.lines()).sort(), ["b", "s"])
      })
    ).pipe(Effect.provideService(References.MaxOpsBeforeYield, steps)),
  { arbitrary: { runs: 60 }, timeout: 120_000 }
)

it.effect.prop(
  "whatever the tells and their moments, nothing starts that the level told last lacks",
  [Schema.Array(Schema.Union([Order.members[0], Order.members[4]])), Steps],
  ([given, steps]) =>
    withNode(
      versions[0]!,
      prompt,
      Effect.fnUntraced(function*(node) {
        const { entries } = Cltab.parse(versions[0]!)
        for (const order of given) {
          if (order._tag === "Tell") yield* node.trace.note(`told ${order.level}`)
          yield* give(node, order)
          yield* calm
        }
        yield* quiet
        let level = ""
        for (const line of node.trace.lines()) {
          const [, tag, what] = line.split(" ")
          if (tag === "told") level = what!
          if (what === "started") {
            const entry = entries.find((entry) => entry.tag === tag)!
            assert.isTrue(LevelList.matches(entry.levels, level), `${line} at level ${level}`)
          }
        }
      })
    ).pipe(Effect.provideService(References.MaxOpsBeforeYield, steps)),
  { arbitrary: { runs: 60 }, timeout: 120_000 }
)
