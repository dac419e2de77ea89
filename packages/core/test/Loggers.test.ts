import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cltab, withMachine, withNode } from "./support/Node.ts"

const piped = cltab("web:a:1:respawn:a", ":::web/a/output:pipe:log")

describe("the logger of an entry", () => {
  it.effect("is started before it and ends behind it, at the end of its input; then the group is down", () =>
    withNode(
      piped,
      { a: { ignores: ["SIGINT"] }, log: { dies: "2 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("1 minute")
        yield* node.tell("web", "2")
        yield* node.after("1 minute")
        assert.deepStrictEqual(node.trace.lines(), [
          "0s web 1 STARTING",
          "0s a/output started",
          "0s a started",
          "0s web 1 CHECKING",
          "0s web 1 DONE",
          "60s web 1 STOPPING",
          "60s a SIGINT",
          "65s a SIGTERM",
          "65s a died of SIGTERM",
          "67s a/output exited 0",
          "67s web 2 STARTING",
          "67s web 2 CHECKING",
          "67s web 2 DONE"
        ])
      })
    ))

  it.effect("is replaced when it dies, and the entry does not notice", () =>
    withNode(
      piped,
      { log: [{ runs: "10 seconds", dieOf: "SIGSEGV" }, {}] },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        const pid = node.pid("web", "a")
        assert.deepStrictEqual((yield* node.after("1 minute")).slice(-2), [
          "10s a/output died of SIGSEGV",
          "10s a/output started"
        ])
        assert.strictEqual(node.pid("web", "a"), pid)
        assert.deepStrictEqual(node.log(), ["Warn: logger of web/a output died of SIGSEGV"])
        assert.deepStrictEqual(node.process("web", "a")?.loggers, [{ reads: "output", pid: pid! + 1 }])
      })
    ))

  it.effect("survives the entry's deaths", () =>
    withNode(
      piped,
      { a: { runs: "10 seconds", exits: 1 } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.deepStrictEqual((yield* node.after("25 seconds")).filter((line) => line.includes("output")), [
          "0s a/output started"
        ])
      })
    ))

  it.effect("that dies at once pauses by the original's throttle, is shown as missing, and is started to read the rest", () =>
    withNode(
      piped,
      { log: { runs: 0, exits: 1 } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        const begun = yield* node.after("30 seconds")
        assert.strictEqual(begun.filter((line) => line === "0s a/output started").length, 7)
        assert.strictEqual(node.process("web", "a")?.loggers, undefined)
        yield* node.tell("web", "2")
        assert.deepStrictEqual((yield* node.after("1 minute")).filter((line) => line.includes(" a")), [
          "30s a SIGINT",
          "30s a died of SIGINT",
          "30s a/output started",
          "30s a/output exited 1"
        ])
      })
    ))

  it.effect("that cannot be started is a trouble until it can, and tried again", () =>
    withNode(
      piped,
      { log: [{ refused: "no memory" }, { refused: "no memory" }, {}] },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.deepStrictEqual((yield* node.daemon.status).warnings, ["logger of web/a output: no memory"])
        assert.deepStrictEqual((yield* node.after("10 seconds")).filter((line) => line.includes("output")), [
          "0s a/output refused",
          "1s a/output refused",
          "3s a/output started"
        ])
        assert.deepStrictEqual((yield* node.daemon.status).warnings, [])
      })
    ))

  it.effect("that goes on at the end of its input is stopped by its entry's schedule after 10 seconds", () =>
    withNode(
      cltab("web:a:1:respawn:a", ":::web/a/output:pipe:log", ":::web/a/stop:QUIT 3s, KILL"),
      { log: { deaf: true, ignores: ["SIGQUIT"] } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.tell("web", "2")
        node.news()
        assert.deepStrictEqual((yield* node.after("1 minute")).filter((line) => line.includes("a/output")), [
          "10s a/output SIGQUIT",
          "13s a/output SIGKILL",
          "13s a/output died of SIGKILL"
        ])
      })
    ))

  it.effect("of a finished entry goes on, as what that left may still write, until its level is left", () =>
    withNode(
      cltab("web:a:1:wait:a", ":::web/a/output:pipe:log"),
      { a: { runs: "1 second", survivors: "10 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("5 seconds")
        assert.strictEqual(node.state("web"), "1 DONE")
        yield* node.tell("web", "2")
        // The leftover is left alone, but nobody reads it for ever.
        assert.deepStrictEqual((yield* node.after("1 minute")).filter((line) => line.includes("a/output")), [
          "11s a/output exited 0"
        ])
      })
    ))

  it.effect("for errors alone stands beside the one for the rest", () =>
    withNode(
      cltab("web:a:1:respawn:a", ":::web/a/output:pipe:log", ":::web/a/error-output:pipe:elog"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.tell("web", "2")
        assert.deepStrictEqual(node.trace.lines().filter((line) => line.includes("a/")), [
          "0s a/output started",
          "0s a/error-output started",
          "0s a/output exited 0",
          "0s a/error-output exited 0"
        ])
      })
    ))

  it.effect("with another command makes the entry another one", () =>
    withNode(
      piped,
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.cltab.write(cltab("web:a:1:respawn:a", ":::web/a/output:pipe:log2"))
        node.news()
        yield* node.daemon.apply
        assert.deepStrictEqual((yield* node.after("1 second")).filter((line) => line.includes(" a")), [
          "0s a SIGINT",
          "0s a died of SIGINT",
          "0s a/output exited 0",
          "0s a/output started",
          "0s a started"
        ])
      })
    ))

  it.effect("that could not be started is no trouble any more when its entry is gone", () =>
    withNode(
      piped,
      { log: { refused: "no memory" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        yield* node.tell("web", "2")
        yield* node.after("1 minute")
        assert.strictEqual(node.state("web"), "2 DONE")
        assert.deepStrictEqual((yield* node.daemon.status).warnings, [])
      })
    ))

  it.effect("is stopped by its entry's schedule as that is when the entry is told to go", () =>
    withNode(
      cltab("web:a:1:respawn:a", ":::web/a/output:pipe:log", ":::web/a/stop:QUIT 3s, KILL"),
      { log: { deaf: true } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.cltab.write(cltab("web:a:1:respawn:a", ":::web/a/output:pipe:log", ":::web/a/stop:HUP 1s, KILL"))
        yield* node.tell("web", "2")
        assert.deepStrictEqual((yield* node.after("1 minute")).filter((line) => line.includes("a/output")), [
          "0s a/output started",
          "10s a/output SIGHUP",
          "10s a/output died of SIGHUP"
        ])
      })
    ))

  it.effect("is one if output and errors have the same, as they share one pipe", () =>
    withNode(
      cltab("web:a:1:respawn:a", ":::output:pipe:log", ":::web/error-output:pipe:log"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.deepStrictEqual(node.process("web", "a")?.loggers?.map(({ reads }) => reads), ["output"])
      })
    ))

  it.effect("that died and whose leftovers are still being stopped when the entry ends is started to read the rest", () =>
    withNode(
      piped,
      { log: [{ runs: "10 seconds", exits: 1, survivors: "12 seconds" }, {}] },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("11 seconds")
        yield* node.tell("web", "2")
        yield* node.after("1 minute")
        assert.deepStrictEqual(node.trace.lines().filter((line) => line.includes(" a")), [
          "0s a/output started",
          "0s a started",
          "10s a/output exited 1",
          "10s a/output SIGINT",
          "11s a SIGINT",
          "11s a died of SIGINT",
          "15s a/output SIGTERM",
          "22s a/output started",
          "22s a/output exited 0"
        ])
      })
    ))

  it.effect("is never stopped by its entry's stop command, which would stop the entry", () =>
    withNode(
      cltab(
        "web:a:1:respawn:a",
        ":::web/a/output:pipe:log",
        String.raw`:::web/a/stop:"quit" 2s, TERM 3s, KILL`
      ),
      { a: { obeys: { quit: 0 } }, log: [{ runs: "10 seconds", survivors: "4 seconds" }, { deaf: true }] },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("20 seconds")
        yield* node.tell("web", "2")
        yield* node.after("1 minute")
        assert.deepStrictEqual(node.trace.lines().filter((line) => line.includes(" a")), [
          "0s a/output started",
          "0s a started",
          "10s a/output exited 0",
          "10s a/output SIGTERM",
          "13s a/output SIGKILL",
          "14s a/output started",
          "20s a runs quit",
          "20s a exited 0",
          "30s a/output SIGTERM",
          "30s a/output died of SIGTERM"
        ])
      })
    ))

  it.effect("is stopped by the default schedule if its entry's has nothing but commands", () =>
    withNode(
      cltab("web:a:1:respawn:a", ":::web/a/output:pipe:log", String.raw`:::web/a/stop:"quit" 2s`),
      { a: { obeys: { quit: 0 } }, log: { deaf: true } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.tell("web", "2")
        assert.deepStrictEqual(
          (yield* node.after("1 minute")).filter((line) => line.includes("a/output S")),
          [
            "10s a/output SIGINT"
          ]
        )
      })
    ))

  it.effect("that is still reading when its entry is down is shown, without a process of the entry", () =>
    withNode(
      piped,
      { log: { dies: "5 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        const logger = node.process("web", "a")?.loggers?.[0]?.pid
        yield* node.tell("web", "2")
        yield* node.after("1 second")
        assert.strictEqual(node.pid("web", "a"), undefined)
        assert.deepStrictEqual(node.process("web", "a")?.loggers, [{ reads: "output", pid: logger! }])
      })
    ))

  it.effect("holds up its group, which is shown as stopping, also when its entry has finished", () =>
    withNode(
      cltab("web:a:1:once:a", ":::web/a/output:pipe:log"),
      { a: { runs: 0 }, log: { dies: "5 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("1 second")
        yield* node.tell("web", "2")
        assert.strictEqual(node.state("web"), "1 STOPPING")
        yield* node.after("1 minute")
        assert.strictEqual(node.state("web"), "2 DONE")
      })
    ))
})

describe("a logger whose daemon was killed", () => {
  it.effect("goes on, and is the next daemon's with its entry", () =>
    withMachine(
      piped,
      {},
      Effect.fnUntraced(function*({ boot, crash, processes, trace }) {
        const first = yield* Effect.orDie(boot())
        yield* first.tell("web", "1")
        yield* first.after("1 second")
        const before = processes().map(({ pid }) => pid)
        yield* crash
        const second = yield* Effect.orDie(boot())
        yield* second.after("1 minute")
        assert.deepStrictEqual(processes().map(({ pid }) => pid), before)
        assert.strictEqual(second.process("web", "a")?.loggers?.length, 1)
        trace.news()
        yield* second.tell("web", "2")
        assert.deepStrictEqual((yield* second.after("1 minute")).filter((line) => line.includes(" a")), [
          "61s a SIGINT",
          "61s a died of SIGINT",
          "61s a/output exited 0"
        ])
      })
    ))

  it.effect("and whose entry died meanwhile ends before that is started with another one", () =>
    withMachine(
      piped,
      { a: [{ runs: "10 seconds" }, {}], log: [{ dies: "15 seconds" }, {}] },
      Effect.fnUntraced(function*({ boot, crash, trace }) {
        const first = yield* Effect.orDie(boot())
        yield* first.tell("web", "1")
        yield* first.after("1 second")
        yield* crash
        yield* first.after("19 seconds")
        trace.news()
        const second = yield* Effect.orDie(boot())
        const events = [...trace.news(), ...(yield* second.after("1 minute"))].filter((line) =>
          line.includes(" a")
        )
        assert.deepStrictEqual(events, ["25s a/output exited 0", "25s a/output started", "25s a started"])
      })
    ))

  it.effect("and which died meanwhile is replaced", () =>
    withMachine(
      piped,
      { log: [{ runs: "10 seconds", exits: 1 }, {}] },
      Effect.fnUntraced(function*({ boot, crash, trace }) {
        const first = yield* Effect.orDie(boot())
        yield* first.tell("web", "1")
        yield* first.after("1 second")
        yield* crash
        yield* first.after("19 seconds")
        trace.news()
        const second = yield* Effect.orDie(boot())
        assert.deepStrictEqual(
          [...trace.news(), ...(yield* second.after("1 minute"))].filter((line) => line.includes(" a")),
          ["20s a/output started"]
        )
      })
    ))

  it.effect("and of whose entry only the mark is known has ended before the entry starts as it is now", () =>
    withMachine(
      piped,
      { log: { deaf: true } },
      Effect.fnUntraced(function*({ boot, cltab: file, crash, disk, trace }) {
        const first = yield* Effect.orDie(boot())
        yield* first.tell("web", "2")
        yield* first.after("1 second")
        disk.broken = "ENOSPC"
        yield* first.tell("web", "1")
        yield* first.after("1 second")
        yield* crash
        disk.broken = undefined
        file.write(cltab("web:a:12:respawn:a2", ":::web/a/output:pipe:log"))
        trace.news()
        const second = yield* Effect.orDie(boot())
        const events = [...trace.news(), ...(yield* second.after("1 minute"))]
        assert.deepStrictEqual(events.filter((line) => line.includes(" a")), [
          "2s a SIGINT",
          "2s a died of SIGINT",
          "12s a/output SIGINT",
          "12s a/output died of SIGINT",
          "12s a/output started",
          "12s a started"
        ])
      })
    ))

  it.effect("and which died with its entry is not started again for that", () =>
    withMachine(
      piped,
      { a: [{ runs: "5 seconds" }, {}], log: [{}, {}] },
      Effect.fnUntraced(function*({ boot, cltab: file, crash, trace }) {
        const first = yield* Effect.orDie(boot())
        yield* first.tell("web", "1")
        yield* first.after("1 second")
        yield* crash
        yield* first.after("10 seconds")
        file.write(cltab("web:b:1:respawn:b"))
        trace.news()
        const second = yield* Effect.orDie(boot())
        const events = [...trace.news(), ...(yield* second.after("1 minute"))]
        assert.deepStrictEqual(events.filter((line) => line.includes(" a")), [])
      })
    ))

  it.effect("and whose entry has to go by the new cltab ends behind it", () =>
    withMachine(
      piped,
      { a: { ignores: ["SIGINT"] } },
      Effect.fnUntraced(function*({ boot, cltab: file, crash, trace }) {
        const first = yield* Effect.orDie(boot())
        yield* first.tell("web", "1")
        yield* first.after("1 second")
        yield* crash
        file.write(cltab("web:a:2:respawn:a", ":::web/a/output:pipe:log"))
        trace.news()
        const second = yield* Effect.orDie(boot())
        assert.deepStrictEqual([...trace.news(), ...(yield* second.after("1 minute"))], [
          "1s web 1 STOPPING",
          "1s a SIGINT",
          "6s a SIGTERM",
          "6s a died of SIGTERM",
          "6s a/output exited 0",
          "6s web 1 STARTING",
          "6s web 1 CHECKING",
          "6s web 1 DONE"
        ])
      })
    ))

  it.effect("and whose entry was being stopped ends behind it: the stop goes on", () =>
    withMachine(
      piped,
      { a: { ignores: ["SIGINT"] } },
      Effect.fnUntraced(function*({ boot, crash, trace }) {
        const first = yield* Effect.orDie(boot())
        yield* first.tell("web", "1")
        yield* first.after("1 second")
        yield* first.tell("web", "2")
        yield* first.after("2 seconds")
        yield* crash
        trace.news()
        const second = yield* Effect.orDie(boot())
        const events = [...trace.news(), ...(yield* second.after("1 minute"))]
        assert.deepStrictEqual(events.filter((line) => line.includes(" a")), [
          "3s a SIGINT",
          "8s a SIGTERM",
          "8s a died of SIGTERM",
          "8s a/output exited 0"
        ])
      })
    ))

  it.effect("and whose finished entry has to go holds up its group, which is not shown as done meanwhile", () =>
    withMachine(
      cltab("web:a:1:once:a", ":::web/a/output:pipe:log"),
      { a: { runs: 0 }, log: { dies: "2 seconds" } },
      Effect.fnUntraced(function*({ boot, cltab: file, crash, trace }) {
        const first = yield* Effect.orDie(boot())
        yield* first.tell("web", "1")
        yield* first.after("1 second")
        yield* crash
        file.write(cltab("web:b:1:once:b"))
        trace.news()
        const second = yield* Effect.orDie(boot())
        assert.deepStrictEqual([...trace.news(), ...(yield* second.after("1 minute"))], [
          "1s web 1 STOPPING",
          "3s a/output exited 0",
          "3s web 1 STARTING",
          "3s b started",
          "3s web 1 CHECKING",
          "3s web 1 DONE"
        ])
      })
    ))
})
