import * as Entry from "@clinit/core/Entry"
import { Trace } from "@clinit/core/testing/Trace"
import { Tag } from "@clinit/protocol/Names"
import { assert, describe, it } from "@effect/vitest"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import * as TestClock from "effect/testing/TestClock"
import { withMachine, withNode } from "./support/Node.ts"

const says = (line: string) => Effect.flatMap(Trace, ({ note }) => note(line))

/** An effect that says when it begins, and when it is interrupted before it ends in its way. */
const does = <A, E, R>(name: string, work: Effect.Effect<A, E, R>) =>
  Effect.andThen(says(`${name} begins`), work).pipe(
    Effect.onInterrupt(() => says(`${name} is interrupted`)),
    Effect.tap(() => says(`${name} succeeds`))
  )

const runs = (name: string, time: Duration.Input) => does(name, Effect.sleep(time))

/** One that takes so long to clean up after itself. */
const slow = (name: string, time: Duration.Input) =>
  does(name, Effect.never).pipe(
    Effect.ensuring(Effect.andThen(Effect.sleep(time), says(`${name} is clean`)))
  )

class Refused extends Data.TaggedError("Refused")<{ readonly code: number }> {
  override readonly [Runtime.errorExitCode] = this.code
}

const levels = ["1"]
const f = Tag.make("f")

describe("an effect as an entry", () => {
  it.effect("that waits holds up the next until it has succeeded, between processes and in their order", () =>
    withNode(
      [
        Entry.process("web", "p", { levels, mode: "once", command: "p" }),
        Entry.effect("web", "w", { levels, mode: "wait", effect: runs("w", "3 seconds") }),
        Entry.effect("web", "o", { levels, mode: "once", effect: runs("o", "5 seconds") }),
        Entry.effect("web", "off", { levels, mode: "off", effect: runs("off", "5 seconds") }),
        Entry.process("web", "q", { levels, mode: "wait", command: "q" })
      ],
      { q: { runs: "1 second" } },
      Effect.fnUntraced(function*(node) {
        const outcome = yield* node.watch(yield* node.tell("web", "1"))
        assert.deepStrictEqual(yield* node.after("10 seconds"), [
          "0s web 1 STARTING",
          "0s p started",
          "0s w begins",
          "3s w succeeds",
          "3s o begins",
          "3s q started",
          "4s q exited 0",
          "4s web 1 CHECKING",
          "4s web 1 DONE",
          "8s o succeeds"
        ])
        assert.deepStrictEqual(outcome(), { state: "DONE", failed: [] })
        assert.deepInclude(node.process("web", "w"), {
          state: { _tag: "Done" },
          lastEnd: { _tag: "Exited", code: 0 }
        })
      })
    ))

  it.effect("that is a test passes if it succeeds, and fails with its error's exit code", () =>
    withNode(
      [
        Entry.effect("web", "good", { levels, mode: "test", effect: Effect.succeed("whatever") }),
        Entry.effect("web", "bad", {
          levels,
          mode: "test",
          effect: Effect.delay(Effect.fail(new Refused({ code: 3 })), "1 second")
        })
      ],
      {},
      Effect.fnUntraced(function*(node) {
        const outcome = yield* node.watch(yield* node.tell("web", "1"))
        assert.deepStrictEqual(yield* node.after("10 seconds"), [
          "0s web 1 STARTING",
          "1s web 1 CHECKING",
          "1s web 1 FAILED"
        ])
        assert.deepStrictEqual(outcome(), {
          state: "FAILED",
          failed: [{ tag: "bad", end: { _tag: "Exited", code: 3 } }]
        })
        assert.deepInclude(node.process("web", "good"), { state: { _tag: "Passed" } })
      })
    ))

  it.effect("that respawns is run anew whenever it ends, with what it was run with at first", () => {
    let count = 0
    const counted = Effect.suspend(() => does(`run ${++count}`, Effect.sleep("20 seconds")))
    return withNode(
      [Entry.effect("web", "f", { levels, mode: "respawn", effect: counted })],
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* node.after("50 seconds"), [
          "0s web 1 STARTING",
          "0s run 1 begins",
          "0s web 1 CHECKING",
          "0s web 1 DONE",
          "20s run 1 succeeds",
          "20s run 2 begins",
          "40s run 2 succeeds",
          "40s run 3 begins"
        ])
        assert.deepInclude(node.process("web", "f"), {
          state: { _tag: "Running" },
          containment: "fiber",
          restarts: 2,
          lastEnd: { _tag: "Exited", code: 0 }
        })
      })
    )
  })

  it.effect("that succeeds at once, time and again, is throttled as a process is", () => {
    let count = 0
    return withNode(
      [Entry.effect("web", "f", {
        levels,
        mode: "respawn",
        effect: Effect.suspend(() => says(`run ${++count}`)),
        settings: { "respawn.hits": 2, "respawn.pause": "10 seconds", "respawn.give-up": 2 }
      })],
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "0s web 1 STARTING",
          "0s run 1",
          "0s run 2",
          "0s run 3",
          "0s run 4",
          "0s web 1 CHECKING",
          "0s web 1 DONE",
          "10s run 5",
          "10s run 6",
          "10s web 1 FAILED"
        ])
        assert.deepInclude(node.process("web", "f"), { state: { _tag: "Failed" } })
      })
    )
  })

  it.effect("that takes longer than its timeout is stopped, and fails", () =>
    withNode(
      [
        Entry.effect("web", "w", {
          levels,
          mode: "wait",
          effect: slow("w", "1 second"),
          settings: { timeout: "5 seconds" }
        }),
        Entry.process("web", "p", { levels, mode: "once", command: "p" })
      ],
      {},
      Effect.fnUntraced(function*(node) {
        const outcome = yield* node.watch(yield* node.tell("web", "1"))
        assert.deepStrictEqual(yield* node.after("10 seconds"), [
          "0s web 1 STARTING",
          "0s w begins",
          "5s w is interrupted",
          "6s w is clean",
          "6s p started",
          "6s web 1 CHECKING",
          "6s web 1 FAILED"
        ])
        assert.deepStrictEqual(outcome(), {
          state: "FAILED",
          failed: [{ tag: "w", end: { _tag: "TimedOut", millis: 5_000 } }]
        })
      })
    ))

  it.effect("whose exit code its success setting has is done", () =>
    withNode(
      [
        Entry.effect("web", "w", {
          levels,
          mode: "wait",
          effect: Effect.fail(new Refused({ code: 3 })),
          settings: { success: [0, { from: 2, to: 4 }] }
        }),
        Entry.effect("web", "d", {
          levels,
          mode: "wait",
          effect: Effect.die("a defect"),
          settings: { success: [0, 1] }
        })
      ],
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.deepInclude(node.process("web", "w"), { state: { _tag: "Done" } })
        assert.deepInclude(node.process("web", "d"), {
          state: { _tag: "Failed" },
          lastEnd: { _tag: "Exited", code: 70 }
        })
      })
    ))
})

describe("how an effect ends", () => {
  const endOf = <E, R extends Trace>(effect: Effect.Effect<unknown, E, R>, log: ReadonlyArray<string>) =>
    withNode(
      [Entry.effect("web", "f", { levels, mode: "once", effect })],
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.deepStrictEqual(node.log(), log)
        return node.process("web", "f")!.lastEnd
      })
    )

  it.effect("by a failure without an exit code is exit code 1, and its cause is logged", () =>
    Effect.gen(function*() {
      const end = yield* endOf(Effect.fail("no luck"), [
        "Error: web/f failed",
        "Warn: web/f exited 1"
      ])
      assert.deepStrictEqual(end, { _tag: "Exited", code: 1 })
    }))

  it.effect("by an exit code that no process can have is 1, by a defect 70", () =>
    Effect.gen(function*() {
      const failed = (code: number) => ["Error: web/f failed", `Warn: web/f exited ${code}`]
      assert.deepStrictEqual(yield* endOf(Effect.fail(new Refused({ code: 256 })), failed(1)), {
        _tag: "Exited",
        code: 1
      })
      assert.deepStrictEqual(yield* endOf(Effect.die("a defect"), failed(70)), { _tag: "Exited", code: 70 })
    }))

  it.effect("by interrupting itself is a death of SIGINT", () =>
    Effect.gen(function*() {
      const end = yield* endOf(Effect.interrupt, ["Warn: web/f died of SIGINT"])
      assert.deepStrictEqual(end, { _tag: "Signaled", signal: "SIGINT" })
    }))
})

describe("a stop of an effect", () => {
  it.effect("goes on by the schedule until it is clean, and KILL is of no avail against what it does then", () =>
    withNode(
      [Entry.effect("web", "f", {
        levels,
        mode: "respawn",
        effect: slow("f", "1 minute"),
        settings: { stop: [{ signal: "TERM", grace: "10 seconds" }, "KILL"] }
      })],
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.tell("web", "2")
        const stopping = () => {
          const { containment, state } = node.process("web", "f")!
          return { containment, state }
        }
        assert.deepStrictEqual(stopping(), {
          containment: "fiber",
          state: { _tag: "Stopping", signal: "SIGTERM", next: "SIGKILL", nextAt: 10_000 }
        })
        yield* node.after("10 seconds")
        assert.deepStrictEqual(stopping(), {
          containment: "fiber",
          state: { _tag: "Stopping", signal: "SIGKILL", next: "SIGKILL", nextAt: 25_000 }
        })
        assert.deepStrictEqual(node.log(), [])
        yield* node.after("15 seconds")
        const trouble = "web/f: its fiber lives on in spite of SIGKILL"
        assert.deepStrictEqual(node.log(), [`Warn: ${trouble}`])
        assert.deepStrictEqual((yield* node.daemon.status).warnings, [trouble])
        assert.strictEqual(node.state("web"), "1 STOPPING")
        yield* node.after("1 minute")
        assert.deepStrictEqual(node.trace.lines(), [
          "0s web 1 STARTING",
          "0s f begins",
          "0s web 1 CHECKING",
          "0s web 1 DONE",
          "0s web 1 STOPPING",
          "0s f is interrupted",
          "60s f is clean",
          "60s web 2 STARTING",
          "60s web 2 CHECKING",
          "60s web 2 DONE"
        ])
        assert.deepStrictEqual((yield* node.daemon.status).warnings, [])
        assert.isUndefined(node.process("web", "f"))
      })
    ))

  it.effect("waits for a region that cannot be interrupted, and what comes behind it does not begin", () =>
    withNode(
      [Entry.effect("web", "f", {
        levels,
        mode: "respawn",
        effect: does(
          "f",
          Effect.andThen(
            Effect.uninterruptible(Effect.delay(says("f has written"), "8 seconds")),
            says("f goes on")
          )
        )
      })],
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.news()
        yield* node.tell("web", "2")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "0s web 1 STOPPING",
          "8s f has written",
          "8s f is interrupted",
          "8s web 2 STARTING",
          "8s web 2 CHECKING",
          "8s web 2 DONE"
        ])
      })
    ))

  it.effect("ends what it forked and what it acquired, and is over when both are gone", () =>
    withNode(
      [Entry.effect("web", "f", {
        levels,
        mode: "respawn",
        effect: Effect.gen(function*() {
          yield* Effect.acquireRelease(says("acquired"), () => Effect.delay(says("released"), "2 seconds"))
          yield* Effect.forkScoped(slow("in the scope", "3 seconds"))
          yield* Effect.forkChild(slow("a child", "4 seconds"))
          yield* does("f", Effect.never)
        })
      })],
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.tell("web", "2")
        yield* node.after("1 minute")
        const lines = node.trace.lines()
        assert.deepStrictEqual(lines.slice(lines.indexOf("0s web 1 STOPPING")), [
          "0s web 1 STOPPING",
          "0s f is interrupted",
          "0s in the scope is interrupted",
          "3s in the scope is clean",
          "5s released",
          "5s a child is interrupted",
          "9s a child is clean",
          "9s web 2 STARTING",
          "9s web 2 CHECKING",
          "9s web 2 DONE"
        ])
      })
    ))

  it.effect("by a command, which its group may have said, is refused, and its time passes all the same", () =>
    withNode(
      [
        Entry.group("web", { stop: [{ command: ["bin/stop", "it"], grace: "5 seconds" }, "TERM"] }),
        Entry.effect("web", "f", { levels, mode: "respawn", effect: runs("f", "1 hour") })
      ],
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.tell("web", "2")
        yield* node.after("1 minute")
        assert.include(node.trace.lines(), "5s f is interrupted")
        assert.deepStrictEqual(node.log(), [
          "Error: web/f: the stop command \"exec bin/stop it\" could not be run: " +
          "an effect of the program is stopped by signals alone"
        ])
      })
    ))

  it.effect("takes processes and effects together, and starts what follows in file order when all are gone", () =>
    withNode(
      [
        Entry.process("web", "a", { levels: ["1"], mode: "respawn", command: "a" }),
        Entry.effect("web", "b", { levels: ["1"], mode: "respawn", effect: slow("b", "7 seconds") }),
        Entry.effect("web", "c", { levels: ["1", "2"], mode: "respawn", effect: runs("c", "1 hour") }),
        Entry.effect("web", "d", { levels: ["2"], mode: "wait", effect: runs("d", "1 second") }),
        Entry.process("web", "e", { levels: ["2"], mode: "respawn", command: "e" })
      ],
      { a: { ignores: ["SIGINT"] } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.news()
        yield* node.tell("web", "2")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "0s web 1 STOPPING",
          "0s a SIGINT",
          "0s b is interrupted",
          "5s a SIGTERM",
          "5s a died of SIGTERM",
          "7s b is clean",
          "7s web 2 STARTING",
          "7s d begins",
          "8s d succeeds",
          "8s e started",
          "8s web 2 CHECKING",
          "8s web 2 DONE"
        ])
        assert.deepInclude(node.process("web", "c"), { state: { _tag: "Running" }, restarts: 0, since: 0 })
      })
    ))
})

describe("a signal by hand to an effect", () => {
  it.effect("interrupts it if it would end a process, and does nothing else", () =>
    withNode(
      [
        Entry.effect("web", "f", { levels, mode: "respawn", effect: runs("f", "1 hour") }),
        Entry.effect("web", "done", { levels, mode: "once", effect: Effect.void })
      ],
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        assert.deepStrictEqual(yield* node.daemon.signal("web/f", "WINCH"), {
          message: "web/f was sent SIGWINCH: its fiber",
          warnings: [],
          signal: "SIGWINCH"
        })
        assert.deepStrictEqual(yield* node.after("1 second"), [])
        yield* node.daemon.signal("web/f", "HUP")
        assert.deepStrictEqual(yield* node.after("1 second"), ["11s f is interrupted", "11s f begins"])
        assert.deepInclude(node.process("web", "f"), {
          restarts: 1,
          lastEnd: { _tag: "Signaled", signal: "SIGHUP" }
        })
        const error = yield* Effect.flip(node.daemon.signal("web/done", "HUP"))
        assert.strictEqual(error._tag, "NotRunning")
      })
    ))
})

describe("what is said of an effect", () => {
  it.effect("in a plan is that it is stopped, with its schedule and without a pid", () =>
    withNode(
      [Entry.effect("web", "f", { levels, mode: "respawn", effect: Effect.never })],
      {},
      Effect.fnUntraced(function*(node) {
        const starts = yield* node.plan("web", "1")
        assert.deepStrictEqual(starts.groups[0]!.start, [
          { tag: f, mode: "respawn", command: "# an effect of the program", again: false }
        ])
        yield* node.tell("web", "1")
        const stops = yield* node.plan("web", "2")
        assert.deepStrictEqual(stops.groups[0]!.stop, [
          { tag: f, reason: { _tag: "OtherLevel" }, schedule: "INT 5s, TERM 10s, KILL 15s" }
        ])
      })
    ))

  it.effect("in a status is that it runs as long as it does", () =>
    withNode(
      [Entry.effect("web", "f", { levels, mode: "respawn", effect: slow("f", "3 seconds") })],
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        const shown = Effect.map(node.daemon.status, ({ groups }) => groups[0]!.processes)
        assert.deepStrictEqual(yield* shown, [{
          tag: f,
          mode: "respawn",
          state: { _tag: "Running" },
          since: 0,
          restarts: 0,
          containment: "fiber"
        }])
      })
    ))
})

describe("after a crash", () => {
  it.effect("effects are started anew as the level says, what had finished stays so, processes are adopted", () =>
    withMachine(
      [
        Entry.process("web", "p", { levels, mode: "respawn", command: "p" }),
        Entry.effect("web", "w", { levels, mode: "wait", effect: runs("w", "1 second") }),
        Entry.effect("web", "t", { levels, mode: "test", effect: runs("t", "1 second") }),
        Entry.effect("web", "f", { levels, mode: "respawn", effect: runs("f", "1 hour") })
      ],
      {},
      Effect.fnUntraced(function*(machine) {
        const before = yield* machine.boot()
        yield* before.tell("web", "1")
        yield* before.after("10 seconds")
        const pid = before.pid("web", "p")
        yield* machine.crash
        yield* TestClock.adjust("1 minute")
        before.news()
        const after = yield* machine.boot()
        assert.deepStrictEqual(after.news(), [
          "70s web 1 STARTING",
          "70s f begins",
          "70s web 1 CHECKING",
          "70s web 1 DONE"
        ])
        assert.strictEqual(after.pid("web", "p"), pid)
        assert.deepInclude(after.process("web", "f"), {
          state: { _tag: "Running" },
          restarts: 0,
          since: 70_000
        })
        assert.deepInclude(after.process("web", "w"), { state: { _tag: "Done" } })
        assert.deepInclude(after.process("web", "t"), { state: { _tag: "Passed" } })
      })
    ))

  it.effect("in the middle of a level change the change is finished, with no effect of the level before", () =>
    withMachine(
      [
        Entry.effect("web", "f", { levels: ["1"], mode: "respawn", effect: slow("f", "3 seconds") }),
        Entry.process("web", "p", { levels: ["1"], mode: "respawn", command: "p" }),
        Entry.effect("web", "g", { levels: ["1", "2"], mode: "respawn", effect: runs("g", "1 hour") }),
        Entry.effect("web", "h", { levels: ["2"], mode: "once", effect: runs("h", "1 hour") })
      ],
      { p: { dies: "30 seconds" } },
      Effect.fnUntraced(function*(machine) {
        const before = yield* machine.boot()
        yield* before.tell("web", "1")
        yield* before.tell("web", "2")
        yield* before.after("1 second")
        const crash = yield* Effect.forkChild(machine.crash, { startImmediately: true })
        yield* TestClock.adjust("4 seconds")
        assert.isDefined(crash.pollUnsafe())
        before.news()
        const after = yield* machine.boot()
        assert.deepStrictEqual(yield* after.after("50 seconds"), [
          "5s web 1 STOPPING",
          "5s p SIGINT",
          "10s p SIGTERM",
          "20s p SIGKILL",
          "30s p died of SIGINT",
          "30s web 2 STARTING",
          "30s g begins",
          "30s h begins",
          "30s web 2 CHECKING",
          "30s web 2 DONE"
        ])
      })
    ))

  it.effect("one that was being stopped since it had timed out has timed out", () =>
    withMachine(
      [
        Entry.effect("web", "w", {
          levels,
          mode: "wait",
          effect: runs("w", "1 hour").pipe(Effect.uninterruptible),
          settings: { timeout: "5 seconds" }
        }),
        Entry.effect("web", "f", { levels, mode: "respawn", effect: runs("f", "1 hour") })
      ],
      {},
      Effect.fnUntraced(function*(machine) {
        const before = yield* machine.boot()
        yield* before.tell("web", "1")
        yield* before.after("6 seconds")
        assert.strictEqual(before.process("web", "w")?.state._tag, "Stopping")
        const crash = yield* Effect.forkChild(machine.crash, { startImmediately: true })
        yield* TestClock.adjust("2 hours")
        assert.isDefined(crash.pollUnsafe())
        before.news()
        const after = yield* machine.boot()
        assert.deepInclude(after.process("web", "w"), {
          state: { _tag: "Failed" },
          lastEnd: { _tag: "TimedOut", millis: 5_000 }
        })
        assert.include(after.news().join(), "f begins")
      })
    ))
})

describe("an effect that succeeds at once and is never throttled", () => {
  it.effect("leaves everybody else their turns", () => {
    let count = 0
    return withNode(
      [Entry.effect("web", "f", {
        levels,
        mode: "respawn",
        effect: Effect.sync(() => void count++),
        settings: { "respawn.hits": 1_000_000 }
      })],
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        for (let turns = 0; turns < 10; turns++) {
          const before = count
          yield* Effect.promise(() => new Promise((resolve) => setImmediate(() => setImmediate(resolve))))
          assert.isAbove(count, before)
          assert.isBelow(count, before + 10_000)
        }
      })
    )
  })
})
