import type { News } from "@clinit/core/Clinit"
import { Clinit } from "@clinit/core/Clinit"
import * as Entry from "@clinit/core/Entry"
import { Machine } from "@clinit/core/Machine"
import { Spawner } from "@clinit/core/Spawner"
import type { Change } from "@clinit/core/StatusBoard"
import * as ClinitTest from "@clinit/core/testing"
import { ShuttingDown } from "@clinit/protocol/ClinitRpcs"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"

const levels = ["run"]

/** Entries of every mode and temper: at each moment of the story below some of them are in the middle of something. */
const entries = [
  Entry.process("web", "both", { levels: ["run", "dev"], mode: "respawn", command: "both" }),
  Entry.process("web", "prepare", { levels, mode: "wait", command: "prepare" }),
  Entry.process("web", "check", { levels, mode: "test", command: "check" }),
  Entry.process("web", "deaf", {
    levels,
    mode: "respawn",
    command: "deaf",
    settings: { output: { pipe: "logger" } }
  }),
  Entry.process("web", "loop", { levels, mode: "respawn", command: "loop" }),
  Entry.process("web", "mock", { levels: ["dev"], mode: "once", command: "mock" }),
  Entry.effect("web", "fiber", {
    levels,
    mode: "respawn",
    effect: Effect.ensuring(Effect.never, Effect.sleep("3 seconds"))
  })
]

const scripts: ClinitTest.Scripts = {
  both: { ignores: ["SIGINT"], forks: "300 millis" },
  prepare: { runs: "3 seconds" },
  check: { runs: "1 second" },
  deaf: { ignores: ["SIGINT", "SIGTERM"], survivors: "1 second" },
  "deaf/output": { dies: "2 seconds" },
  loop: { runs: "100 millis", exits: 1 },
  mock: { dies: "4 seconds" }
}

/** What is ordered, by the second. */
const story = (test: ClinitTest.Trial): Readonly<Record<number, Effect.Effect<unknown, unknown>>> => ({
  0: test.tell("web", "run"),
  8: test.stop("web/deaf"),
  10: test.tell("web", "dev"),
  18: test.tell("web", "run"),
  22: test.restart("web/both"),
  38: test.retry("web"),
  40: test.stop("web"),
  42: test.start("web"),
  60: Effect.forkDetach(test.clinit().shutdown, { startImmediately: true })
})

const lastSecond = 80

/** Plays the story until this moment. */
const playUntil = Effect.fnUntraced(function*(test: ClinitTest.Trial, seconds: number) {
  const orders = story(test)
  for (let at = 0; at <= seconds; at += 0.5) {
    if (at > 0) yield* TestClock.adjust("500 millis")
    yield* Effect.ignore(orders[at] ?? Effect.void)
  }
})

const moments = Array.from({ length: 2 * lastSecond + 1 }, (_, half) => half / 2)

describe("a supervisor that is closed", () => {
  // The kit itself dies if a process is left, or if a state follows one that it must not.
  it.effect(
    `at any of ${moments.length} moments of a story with every kind of transition leaves nothing, and within its stop schedule`,
    () =>
      Effect.forEach(moments, (seconds) =>
        Effect.gen(function*() {
          const scope = yield* Scope.make()
          const test = yield* Scope.provide(ClinitTest.make({ entries, scripts }), scope)
          yield* playUntil(test, seconds)
          const begun = yield* Clock.currentTimeMillis
          yield* Scope.close(scope, Exit.void)
          assert.deepStrictEqual(test.processes(), [], `${seconds} s`)
          const took = (yield* Clock.currentTimeMillis) - begun
          assert.isAtMost(took, 20_000, `closed at ${seconds} s`)
          assert.deepStrictEqual(test.lines({ kind: ["Illegal"] }), [])
        })),
    { timeout: 120_000 }
  )

  it.effect("tells all who wait for an outcome that there will be none", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const test = yield* Scope.provide(ClinitTest.make({ entries, scripts }), scope)
      const waiting = <A, E>(effect: Effect.Effect<A, E>) =>
        Effect.forkChild(Effect.flip(effect), { startImmediately: true })
      const clinit = test.clinit()
      const reach = yield* waiting(clinit.reach("web", "run"))
      const restart = yield* waiting(Effect.flatMap(clinit.restart("web/both"), ({ settling }) => settling))
      const ending = yield* waiting(clinit.ending("web"))
      yield* test.after("1 second")
      yield* Scope.close(scope, Exit.void)
      const said = [yield* Fiber.join(reach), yield* Fiber.join(restart), yield* Fiber.join(ending)]
      assert.deepStrictEqual(said.map(({ message }) => message), [
        "web was halted before it settled at level run",
        "web was halted before it settled at level run",
        "the daemon is shutting down"
      ])
    }))

  it.effect("comes to its end whatever the program's logger dies of", () =>
    Effect.gen(function*() {
      const isBroken = { now: false }
      const logger = Logger.make(() => {
        if (isBroken.now) throw new Error("the disk is full")
      })
      const scope = yield* Scope.make()
      const test = yield* ClinitTest.make({ entries, scripts }).pipe(
        Scope.provide(scope),
        Effect.provide(Logger.layer([logger]))
      )
      yield* test.tell("web", "run")
      isBroken.now = true
      yield* test.after("30 seconds")
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(test.processes(), [])
    }))

  it.effect("refuses orders in the way of a shutdown, and tells what was", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const test = yield* Scope.provide(ClinitTest.make({ entries, scripts }), scope)
      const clinit = test.clinit()
      yield* test.tell("web", "run")
      yield* Scope.close(scope, Exit.void)
      const { apply, ending, plan, reach, reread, restart, retry, signal, start, stop, tell } = clinit
      const orders: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
        tell("web", "run"),
        reach("web", "run"),
        start("web"),
        stop("web"),
        restart("web"),
        retry(),
        signal("web/both", "HUP"),
        reread,
        apply,
        plan(),
        ending("web")
      ]
      const exits = yield* Effect.forEach(orders, Effect.exit)
      const refused = Exit.fail(new ShuttingDown())
      assert.deepStrictEqual(exits, exits.map(() => refused))
      yield* clinit.shutdown
      yield* clinit.down
      const { groups, shuttingDown } = yield* clinit.status
      assert.deepStrictEqual([shuttingDown, groups.map(({ state }) => state)], [true, ["CONFIGURED"]])
    }))
})

it.effect("a supervisor of a file tells its status after its end", () =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const clinit = yield* Scope.provide(Clinit.make({ cltab: "/etc/cltab" }), scope)
    yield* clinit.tell("web", "run")
    yield* ClinitTest.inTime(Scope.close(scope, Exit.void))
    const { groups, modified, shuttingDown } = yield* clinit.status
    assert.deepStrictEqual([shuttingDown, modified, groups[0]?.state], [true, false, "CONFIGURED"])
    assert.strictEqual((yield* clinit.statusOf("web")).state, "CONFIGURED")
  }).pipe(Effect.provide(ClinitTest.machine({ cltab: "web:a:run,:respawn:a" }))))

const words = (changes: ReadonlyArray<Change>) =>
  changes.map((change) =>
    change._tag === "Group" ? `${change.level} ${change.state}` : `${change.tag} ${change.state?._tag}`
  )

describe("the streams of a supervisor that was shut down", () => {
  const text = "web:a:run,:respawn:a"
  const lastWords = (news: ReadonlyArray<News>) => {
    const last = news.at(-1)
    return last?._tag === "Event" ? last.event.what : last
  }
  const end = { _tag: "Daemon", words: "all groups are down" } as const

  for (
    const [when, isClosed] of [["though its scope goes on", false], [
      "also if its scope was closed",
      true
    ]] as const
  ) {
    it.effect(`end with the last word about it, ${when}`, () =>
      Effect.scoped(Effect.gen(function*() {
        const scope = yield* Scope.fork(yield* Effect.scope)
        const test = yield* Scope.provide(ClinitTest.make({ text }), scope)
        const clinit = test.clinit()
        yield* test.tell("web", "run")
        const changes = yield* Effect.forkChild(Stream.runCollect(clinit.changes), { startImmediately: true })
        const events = yield* Effect.forkChild(Stream.runCollect(clinit.events()), { startImmediately: true })
        yield* isClosed ? Scope.close(scope, Exit.void) : clinit.shutdown
        assert.deepStrictEqual(words(yield* Fiber.join(changes)), [
          "run DONE",
          "a Running",
          "run HALTING",
          "a Stopping",
          "a undefined",
          "run CONFIGURED"
        ])
        assert.deepStrictEqual(lastWords(yield* Fiber.join(events)), end)
      })))
  }

  it.effect("that are taken after that tell what is so, or what was, and end", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const test = yield* Scope.provide(ClinitTest.make({ text }), scope)
      const clinit = test.clinit()
      yield* test.tell("web", "run")
      const look = Effect.gen(function*() {
        assert.deepStrictEqual(words(yield* Stream.runCollect(clinit.changes)), ["run CONFIGURED"])
        assert.deepStrictEqual(yield* Stream.runCollect(clinit.events()), [])
        assert.deepStrictEqual(lastWords(yield* Stream.runCollect(clinit.events({ since: 0 }))), end)
      })
      yield* clinit.shutdown
      yield* look
      yield* Scope.close(scope, Exit.void)
      yield* look
    }))
})

it.effect("supervisors have names and marks of their own, whatever their program's chance is seeded with", () =>
  Effect.gen(function*() {
    const words: Array<string | undefined> = []
    const scripted = yield* Machine
    const machine = Machine.of({
      ...scripted,
      spawner: (options) =>
        Layer.effect(
          Spawner,
          Effect.map(Layer.build(scripted.spawner(options)), (context) => {
            const below = Context.get(context, Spawner)
            return {
              ...below,
              spawn: (entry, mark) => {
                words.push(options.name, mark.split(".")[0])
                return below.spawn(entry, mark)
              }
            }
          })
        )
    })
    const start = Effect.gen(function*() {
      const clinit = yield* Effect.provideService(
        Clinit.make({ text: "web:a:run,:respawn:a" }),
        Machine,
        machine
      )
      yield* clinit.reach("web", "run")
    }).pipe(Random.withSeed("the program's"))
    yield* ClinitTest.inTime(Effect.scoped(Effect.andThen(start, start)))
    assert.strictEqual(new Set(words).size, 4, words.join(" "))
  }).pipe(Effect.provide(ClinitTest.machine())))
