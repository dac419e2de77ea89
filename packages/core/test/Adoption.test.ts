import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { cltab, withMachine } from "./support/Node.ts"

const web = cltab(
  "web:db:dev,run:respawn:db",
  "web:prepare:run,:wait:prepare",
  "web:helper:run,:once:helper",
  "web:check:run,:test:check",
  "web:app:run,:respawn:app"
)
const scripts = {
  prepare: { runs: "2 seconds" },
  helper: { runs: "1 hour" },
  check: { runs: "1 second" }
} as const

describe("after a crash at rest", () => {
  it.effect("what lives is adopted: the same pids, no signal, no start, and the level as before", () =>
    withMachine(
      web,
      scripts,
      Effect.fnUntraced(function*(machine) {
        const before = yield* machine.boot()
        yield* before.tell("web", "run")
        yield* before.after("10 seconds")
        const pids = machine.processes().map(({ entry, pid }) => `${entry.tag} ${pid}`)
        assert.deepStrictEqual(pids.map((each) => each.split(" ")[0]), ["db", "helper", "app"])

        yield* machine.crash
        yield* TestClock.adjust("1 minute")
        const after = yield* machine.boot()
        assert.deepStrictEqual(machine.processes().map(({ entry, pid }) => `${entry.tag} ${pid}`), pids)
        assert.deepStrictEqual(after.news(), [
          "70s web run STARTING",
          "70s web run CHECKING",
          "70s web run DONE"
        ])
        assert.deepInclude(after.process("web", "db"), {
          state: { _tag: "Running", pid: after.pid("web", "db")! },
          adopted: true,
          since: 0
        })
        assert.deepInclude(after.process("web", "prepare"), {
          state: { _tag: "Done" },
          lastEnd: { _tag: "Exited", code: 0 }
        })
        assert.deepInclude(after.process("web", "check"), {
          state: { _tag: "Passed" },
          lastEnd: { _tag: "Exited", code: 0 }
        })
      })
    ))

  it.effect("what died meanwhile is restarted, its exit code unknown; a once entry is not repeated", () =>
    withMachine(
      cltab("web:r:1:respawn:r", "web:o:1:once:o", "web:w:1:wait:w"),
      { r: [{ runs: "30 seconds" }, {}], o: { runs: "30 seconds" }, w: { runs: "20 seconds" } },
      Effect.fnUntraced(function*(machine) {
        const before = yield* machine.boot()
        yield* before.tell("web", "1")
        yield* before.after("10 seconds")
        yield* machine.crash
        yield* TestClock.adjust("1 minute")
        machine.trace.news()
        const after = yield* machine.boot()
        assert.deepStrictEqual(after.news(), [
          "70s web 1 STARTING",
          "70s r started",
          "70s web 1 CHECKING",
          "70s web 1 DONE"
        ])
        for (const tag of ["o", "w"]) {
          assert.deepInclude(after.process("web", tag), {
            state: { _tag: "Done" },
            lastEnd: { _tag: "Unknown" }
          })
        }
      })
    ))

  it.effect("an adopted process that ends is noticed; how it ended is not guessed", () =>
    withMachine(
      cltab("web:r:1:respawn:r", "web:o:1:once:o"),
      { r: [{ runs: "30 seconds", exits: 3 }, {}], o: { runs: "40 seconds" } },
      Effect.fnUntraced(function*(machine) {
        yield* (yield* machine.boot()).tell("web", "1")
        yield* machine.crash
        const after = yield* machine.boot()
        after.news()
        assert.deepStrictEqual(yield* after.after("1 minute"), [
          "30s r exited 3",
          "30s r started",
          "40s o exited 0"
        ])
        assert.deepInclude(after.process("web", "r"), { lastEnd: { _tag: "Unknown" }, restarts: 1 })
        assert.notProperty(after.process("web", "r"), "adopted")
        assert.deepInclude(after.process("web", "o"), {
          state: { _tag: "Done" },
          lastEnd: { _tag: "Unknown" }
        })
      })
    ))

  it.effect("a test whose result nobody could see is made again", () =>
    withMachine(
      cltab("web:t:1:test:t"),
      { t: { runs: "10 seconds" } },
      Effect.fnUntraced(function*(machine) {
        yield* (yield* machine.boot()).tell("web", "1")
        yield* machine.crash
        const second = yield* machine.boot()
        second.news()
        assert.deepStrictEqual(yield* second.after("12 seconds"), ["10s t exited 0", "10s t started"])
        yield* machine.crash
        yield* TestClock.adjust("20 seconds")
        machine.trace.news()
        const third = yield* machine.boot()
        assert.deepStrictEqual(third.news(), ["32s web 1 STARTING", "32s t started"])
        assert.deepStrictEqual(yield* third.after("10 seconds"), [
          "42s t exited 0",
          "42s web 1 CHECKING",
          "42s web 1 PASSED"
        ])
      })
    ))

  it.effect("what changed or left the cltab meanwhile is stopped, then the level goes on", () =>
    withMachine(
      cltab("web:a:1:respawn:a", "web:b:1:respawn:b", "web:c:1:respawn:c", "old:d:1:respawn:d"),
      { b: { dies: "1 second" } },
      Effect.fnUntraced(function*(machine) {
        const before = yield* machine.boot()
        yield* before.tell("web", "1")
        yield* before.tell("old", "1")
        yield* machine.crash
        machine.cltab.write(cltab("web:a:1:respawn:a", "web:b:1:respawn:B"))
        machine.trace.news()
        const after = yield* machine.boot()
        assert.deepStrictEqual(after.news(), [
          "0s web 1 STOPPING",
          "0s b SIGINT",
          "0s c SIGINT",
          "0s c died of SIGINT",
          "0s old 1 HALTING",
          "0s d SIGINT",
          "0s d died of SIGINT",
          "0s old 1 CONFIGURED",
          "0s old forgotten"
        ])
        assert.deepStrictEqual(yield* after.after("1 second"), [
          "1s b died of SIGINT",
          "1s web 1 STARTING",
          "1s b started",
          "1s web 1 CHECKING",
          "1s web 1 DONE"
        ])
      })
    ))
})

describe("after a crash in the middle of a level change", () => {
  it.effect("the stops are made again and the new level is started when they are down", () =>
    withMachine(
      cltab("web:a:1:respawn:a", "web:b:2:respawn:b", "web:both:12:respawn:both"),
      { a: { ignores: ["SIGINT"], dies: "1 second" } },
      Effect.fnUntraced(function*(machine) {
        const before = yield* machine.boot()
        yield* before.tell("web", "1")
        yield* before.tell("web", "2")
        yield* before.after("4 seconds")
        yield* machine.crash
        yield* TestClock.adjust("10 seconds")
        machine.trace.news()
        const after = yield* machine.boot()
        assert.deepStrictEqual(yield* after.after("6 seconds"), [
          "14s web 1 STOPPING",
          "14s a SIGINT",
          "19s a SIGTERM",
          "20s a died of SIGTERM",
          "20s web 2 STARTING",
          "20s b started",
          "20s web 2 CHECKING",
          "20s web 2 DONE"
        ])
      })
    ))

  it.effect("a halt is finished, and nothing is started", () =>
    withMachine(
      cltab("web:a:1:respawn:a"),
      { a: { dies: "3 seconds" } },
      Effect.fnUntraced(function*(machine) {
        const before = yield* machine.boot()
        yield* before.tell("web", "1")
        yield* before.halt
        yield* machine.crash
        machine.trace.news()
        const after = yield* machine.boot()
        assert.deepStrictEqual(yield* after.after("10 seconds"), [
          "0s web 1 HALTING",
          "0s a SIGINT",
          "3s a died of SIGINT",
          "3s web 1 CONFIGURED",
          "3s web forgotten"
        ])
        yield* after.tell("web", "1")
        assert.deepStrictEqual(after.state("web"), "1 DONE")
      })
    ))

  it.effect("what a dead respawn entry left is stopped before it starts again", () =>
    withMachine(
      cltab("web:a:1:respawn:a"),
      { a: [{ runs: "5 seconds", survivors: "20 seconds" }, {}] },
      Effect.fnUntraced(function*(machine) {
        yield* (yield* machine.boot()).tell("web", "1")
        yield* machine.crash
        yield* TestClock.adjust("10 seconds")
        machine.trace.news()
        const after = yield* machine.boot()
        assert.deepStrictEqual(yield* after.after("1 minute"), [
          "10s a SIGINT",
          "10s web 1 STARTING",
          "15s a SIGTERM",
          "25s web 1 STARTING",
          "25s a started",
          "25s web 1 CHECKING",
          "25s web 1 DONE"
        ])
      })
    ))
})

it.effect("what was being stopped counts as stopped, also if its level comes back", () =>
  withMachine(
    cltab("web:a:1:once:a"),
    { a: { ignores: ["SIGINT"] } },
    Effect.fnUntraced(function*(machine) {
      const before = yield* machine.boot()
      yield* before.tell("web", "1")
      yield* before.tell("web", "2")
      yield* before.tell("web", "1")
      yield* machine.crash
      machine.trace.news()
      const after = yield* machine.boot()
      assert.deepStrictEqual(yield* after.after("5 seconds"), [
        "0s web 1 STARTING",
        "0s a SIGINT",
        "5s a SIGTERM",
        "5s a died of SIGTERM",
        "5s web 1 STARTING",
        "5s a started",
        "5s web 1 CHECKING",
        "5s web 1 DONE"
      ])
    })
  ))

it.effect("a second crash at any moment of the resumption finds every run again", () =>
  withMachine(
    cltab("one:a:1:respawn:a", "two:b:1:respawn:b", "three:c:1:respawn:c"),
    {},
    Effect.fnUntraced(function*(machine) {
      const before = yield* machine.boot()
      for (const group of ["one", "two", "three"]) yield* before.tell(group, "1")
      yield* machine.crash
      machine.disk.written = []
      yield* machine.boot()
      assert.isAbove(machine.disk.written.length, 0)
      for (const text of machine.disk.written) assert.lengthOf(text.match(/"run":/g) ?? [], 3)
    })
  ))

describe("what was started and not yet recorded", () => {
  /** Kills the daemon between a start and its record: the disk holds what it held before. */
  const startUnrecorded = Effect.fnUntraced(
    function*(machine: Parameters<Parameters<typeof withMachine>[2]>[0]) {
      const before = yield* machine.boot()
      yield* before.tell("web", "1")
      const text = machine.disk.text
      yield* before.tell("web", "2")
      machine.disk.text = text?.replace(`"web","target":"1"`, `"web","target":"2"`)
      yield* machine.crash
      machine.trace.news()
    }
  )
  const lines = ["web:a:12:respawn:a", "web:b:2:respawn:b"]

  it.effect("is found by its mark, and adopted", () =>
    withMachine(
      cltab(...lines),
      {},
      Effect.fnUntraced(function*(machine) {
        yield* startUnrecorded(machine)
        const pids = machine.processes().map(({ pid }) => pid)
        assert.strictEqual(pids.length, 2)
        const after = yield* machine.boot()
        assert.deepStrictEqual(machine.processes().map(({ pid }) => pid), pids)
        assert.deepStrictEqual(
          after.news(),
          [
            "0s web 1 STARTING",
            "0s web 2 STARTING",
            "0s web 2 CHECKING",
            "0s web 2 DONE"
          ].slice(1)
        )
        assert.deepInclude(after.process("web", "b"), { adopted: true })
      })
    ))

  it.effect("keeps its number: no other run gets it", () =>
    withMachine(
      cltab("web:a:12:respawn:a", "web:b:2:respawn:b", "web:new:2:respawn:new"),
      {},
      Effect.fnUntraced(function*(machine) {
        machine.cltab.write(cltab(...lines))
        yield* startUnrecorded(machine)
        machine.cltab.write(cltab("web:new:2:respawn:new", ...lines))
        const after = yield* machine.boot()
        yield* after.after("1 second")
        const runs = [...machine.disk.text!.matchAll(/"run":(\d+)/g)].map(([, run]) => run)
        assert.deepStrictEqual(runs.toSorted(), ["1", "2", "3"])
      })
    ))

  it.effect("is stopped first if no entry is known for it; other groups do not wait for that", () =>
    withMachine(
      cltab(...lines, "other:o:1:respawn:o"),
      { b: { dies: "2 seconds" } },
      Effect.fnUntraced(function*(machine) {
        const before = yield* machine.boot()
        yield* before.tell("other", "1")
        yield* machine.crash
        yield* startUnrecorded(machine)
        machine.cltab.write(cltab("web:a:12:respawn:a", "web:b:2:respawn:changed", "other:o:1:respawn:o"))
        const after = yield* machine.boot()
        assert.deepStrictEqual(after.news(), [
          "0s other 1 STARTING",
          "0s other 1 CHECKING",
          "0s other 1 DONE",
          "0s web 1 STOPPING",
          "0s b SIGINT"
        ])
        assert.deepStrictEqual(yield* after.after("2 seconds"), [
          "2s b died of SIGINT",
          "2s web 2 STARTING",
          "2s b started",
          "2s web 2 CHECKING",
          "2s web 2 DONE"
        ])
      })
    ))

  it.effect("is stopped if even its group is not known any more", () =>
    withMachine(
      cltab("web:a:1:respawn:a"),
      {},
      Effect.fnUntraced(function*(machine) {
        const before = yield* machine.boot()
        yield* before.tell("web", "1")
        yield* machine.crash
        const header = machine.disk.text!.split("\n")[0]!
        machine.disk.text = `${header.replace(/"next":\d+/, `"next":1`)}\n`
        machine.trace.news()
        const after = yield* machine.boot()
        assert.deepStrictEqual(after.news(), ["0s a SIGINT", "0s a died of SIGINT", "0s web forgotten"])
        assert.deepStrictEqual(machine.processes(), [])
      })
    ))
})

describe("the ledger", () => {
  it.effect("stands when an order is answered", () =>
    withMachine(
      web,
      scripts,
      Effect.fnUntraced(function*(machine) {
        const before = yield* machine.boot()
        yield* before.tell("web", "dev")
        yield* before.tell("web", "run")
        assert.include(machine.disk.text, `"target":"run"`)
        yield* before.after("10 millis")
        assert.include(machine.disk.text, `"tag":"prepare"`)
      })
    ))

  it.effect("that is damaged refuses the start and touches nothing; without resuming the start succeeds", () =>
    withMachine(
      web,
      scripts,
      Effect.fnUntraced(function*(machine) {
        yield* (yield* machine.boot()).tell("web", "dev")
        yield* machine.crash
        machine.disk.text = machine.disk.text!.replace(`"mode":"respawn"`, `"mode":"resurrect"`)
        machine.trace.news()
        const refusal = yield* Effect.flip(machine.boot())
        assert.match(refusal.message, /^\/test\/ledger: line 3: not a run: /)
        assert.deepStrictEqual(machine.trace.news(), [])
        assert.strictEqual(machine.processes().length, 1)
        const after = yield* machine.boot({ resume: false })
        assert.strictEqual(after.state("web"), undefined)
        assert.match(after.log().join("\n"), /not resumed: \/test\/ledger: line 3/)
        assert.strictEqual(machine.processes().length, 1)
      })
    ))

  it.effect("of a daemon that still runs refuses the start, whoever removed its lock", () =>
    withMachine(
      web,
      scripts,
      Effect.fnUntraced(function*(machine) {
        yield* (yield* machine.boot()).tell("web", "dev")
        yield* machine.crash
        machine.disk.keeperRuns = true
        machine.trace.news()
        const refusal = yield* Effect.flip(machine.boot())
        assert.strictEqual(refusal.message, "/test/ledger: the daemon that keeps it still runs: pid 999")
        assert.deepStrictEqual(machine.trace.news(), [])
        machine.disk.keeperRuns = false
        yield* machine.boot()
      })
    ))

  it.effect("that is not resumed says what it found and leaves it alone", () =>
    withMachine(
      web,
      scripts,
      Effect.fnUntraced(function*(machine) {
        const before = yield* machine.boot()
        yield* before.tell("web", "dev")
        const pid = before.pid("web", "db")
        yield* machine.crash
        machine.trace.news()
        const after = yield* machine.boot({ resume: false })
        assert.include(
          after.log().join("\n"),
          `not resumed, processes are left alone: levels: web dev; processes then: web/db pid ${pid}`
        )
        assert.deepStrictEqual(after.news(), [])
        assert.isUndefined(machine.disk.text)
      })
    ))

  it.effect("that cannot be written is a trouble that status shows, and that ends with its cause", () =>
    withMachine(
      web,
      scripts,
      Effect.fnUntraced(function*(machine) {
        const node = yield* machine.boot()
        machine.disk.broken = "ENOSPC: no space left on device"
        yield* node.tell("web", "dev")
        assert.deepStrictEqual((yield* node.daemon.status).warnings, [
          "ledger: ENOSPC: no space left on device" +
          " (if this daemon were killed, the next might not find every process)"
        ])
        yield* node.after("1 minute")
        assert.strictEqual(node.log().length, 1)
        machine.disk.broken = undefined
        yield* node.after("2 seconds")
        assert.deepStrictEqual((yield* node.daemon.status).warnings, [])
        assert.include(machine.disk.text, `"target":"dev"`)
      })
    ))
})
