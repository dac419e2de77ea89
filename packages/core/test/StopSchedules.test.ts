import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cltab, withMachine, withNode } from "./support/Node.ts"
import type { Node } from "./support/Node.ts"

const deaf = { ignores: ["SIGHUP", "SIGINT", "SIGTERM", "SIGQUIT"] } as const

/** What happens to entries in the hour after their level is left at 10 s. */
const leaving = Effect.fnUntraced(function*(node: Node) {
  yield* node.tell("web", "1")
  yield* node.after("10 seconds")
  yield* node.tell("web", "2")
  return (yield* node.after("1 hour")).filter((line) => !line.includes(" web "))
})

describe("a stop schedule", () => {
  it.effect("replaces the signals and the times of a stop", () =>
    withNode(
      cltab(":::web/a/stop:HUP 2s, QUIT 500ms, KILL", "web:a:1:once:a"),
      { a: deaf },
      Effect.fnUntraced(function*(node) {
        assert.deepStrictEqual(yield* leaving(node), [
          "10s a SIGHUP",
          "12s a SIGQUIT",
          "12.5s a SIGKILL",
          "12.5s a died of SIGKILL"
        ])
      })
    ))

  it.effect("repeats its last step, each wait 5 s longer than the one before, and warns", () =>
    withNode(
      cltab(":::web/a/stop:HUP 1s, TERM 2s", "web:a:1:once:a"),
      { a: { ...deaf, runs: "60 seconds" } },
      Effect.fnUntraced(function*(node) {
        assert.deepStrictEqual(yield* leaving(node), [
          "10s a SIGHUP",
          "11s a SIGTERM",
          "13s a SIGTERM",
          "20s a SIGTERM",
          "32s a SIGTERM",
          "49s a SIGTERM",
          "60s a exited 0"
        ])
        assert.include(node.log()[0], "web/a: pid 1001 or a descendant lives on in spite of SIGTERM")
      })
    ))

  it.effect("waits 15 s for the last step if that does not say", () =>
    withNode(
      cltab(":::web/a/stop:TERM", "web:a:1:once:a"),
      { a: { ...deaf, runs: "60 seconds" } },
      Effect.fnUntraced(function*(node) {
        assert.deepStrictEqual(yield* leaving(node), [
          "10s a SIGTERM",
          "25s a SIGTERM",
          "45s a SIGTERM",
          "60s a exited 0"
        ])
      })
    ))

  it.effect("is the entry's own, else its group's, else the daemon's", () =>
    withNode(
      cltab(
        ":::stop:QUIT 1s, KILL",
        ":::web/stop:TERM 2s, KILL",
        ":::web/a/stop:HUP 3s, KILL",
        "web:a:1:once:a",
        "web:b:1:once:a",
        "db:c:1:once:a"
      ),
      { a: deaf },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.tell("db", "1")
        yield* node.after("10 seconds")
        yield* node.halt
        assert.deepStrictEqual(
          (yield* node.after("1 hour")).filter((line) => / [abc] /.test(line)),
          [
            "10s a SIGHUP",
            "10s b SIGTERM",
            "10s c SIGQUIT",
            "11s c SIGKILL",
            "11s c died of SIGKILL",
            "12s b SIGKILL",
            "12s b died of SIGKILL",
            "13s a SIGKILL",
            "13s a died of SIGKILL"
          ]
        )
      })
    ))

  it.effect("of what a respawn entry leaves is followed before it starts again", () =>
    withNode(
      cltab(":::web/a/stop:HUP 2s, KILL", "web:a:1:respawn:a"),
      { a: [{ runs: "10 seconds", survivors: "3 seconds" }, {}] },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after(0)
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "10s a exited 0",
          "10s a SIGHUP",
          "12s a SIGKILL",
          "13s a started"
        ])
      })
    ))
})

describe("a command of a stop schedule", () => {
  const quit = ":::web/a/stop:\"nginx -s quit\" 10s, TERM 5s, KILL"

  it.effect("is run, and is all that it takes if the entry obeys", () =>
    withNode(
      cltab(quit, "web:a:1:respawn:a"),
      { a: { obeys: { "nginx -s quit": "3 seconds" } } },
      Effect.fnUntraced(function*(node) {
        assert.deepStrictEqual(yield* leaving(node), ["10s a runs nginx -s quit", "13s a exited 0"])
      })
    ))

  it.effect("is followed by the next step when its time is over", () =>
    withNode(
      cltab(quit, "web:a:1:once:a"),
      { a: deaf },
      Effect.fnUntraced(function*(node) {
        assert.deepStrictEqual(yield* leaving(node), [
          "10s a runs nginx -s quit",
          "20s a SIGTERM",
          "25s a SIGKILL",
          "25s a died of SIGKILL"
        ])
      })
    ))

  it.effect("is of the tree: nothing starts before it has ended, and later steps reach it", () =>
    withNode(
      cltab(quit, "web:a:1:once:a", "web:b:2:once:b"),
      { a: { obeys: { "nginx -s quit": "1 second" } }, "nginx -s quit": { ignores: ["SIGTERM"] } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        yield* node.tell("web", "2")
        assert.deepStrictEqual(yield* node.after("1 hour"), [
          "10s web 1 STOPPING",
          "10s a runs nginx -s quit",
          "11s a exited 0",
          "20s a SIGTERM",
          "25s a SIGKILL",
          "25s web 2 STARTING",
          "25s b started",
          "25s web 2 CHECKING",
          "25s web 2 DONE"
        ])
      })
    ))

  it.effect("that cannot be run is logged, and its time passes all the same", () =>
    withNode(
      cltab(quit, "web:a:1:once:a"),
      { a: {}, "nginx -s quit": { refused: "EAGAIN" } },
      Effect.fnUntraced(function*(node) {
        assert.deepStrictEqual(yield* leaving(node), [
          "10s a cannot run nginx -s quit",
          "20s a SIGTERM",
          "20s a died of SIGTERM"
        ])
        assert.deepStrictEqual(node.log(), [
          "Error: web/a: the stop command \"nginx -s quit\" could not be run: EAGAIN"
        ])
      })
    ))

  it.effect("that takes longer to start than it has is given up: it does not hold up the steps behind it", () =>
    withNode(
      cltab(quit, "web:a:1:once:a"),
      { a: { ignores: ["SIGTERM"] }, "nginx -s quit": { forks: "12 seconds" } },
      Effect.fnUntraced(function*(node) {
        assert.deepStrictEqual(yield* leaving(node), [
          "20s a SIGTERM",
          "25s a SIGKILL",
          "25s a died of SIGKILL"
        ])
        assert.deepStrictEqual(node.log(), [
          "Error: web/a: the stop command \"nginx -s quit\" could not be run: its time was over before it was set up"
        ])
      })
    ))

  it.effect("is run again and again if it is the last step", () =>
    withNode(
      cltab(":::web/a/stop:TERM 1s, \"really quit\" 2s", "web:a:1:once:a"),
      { a: { ...deaf, runs: "40 seconds" } },
      Effect.fnUntraced(function*(node) {
        assert.deepStrictEqual(yield* leaving(node), [
          "10s a SIGTERM",
          "11s a runs really quit",
          "13s a runs really quit",
          "20s a runs really quit",
          "32s a runs really quit",
          "40s a exited 0"
        ])
        assert.include(node.log()[0], "lives on in spite of \"really quit\"")
      })
    ))

  it.effect("is shown while it is waited for", () =>
    withNode(
      cltab(quit, "web:a:1:once:a"),
      { a: deaf },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.tell("web", "2")
        const pid = node.pid("web", "a")!
        assert.deepStrictEqual(
          node.process("web", "a")?.state as unknown,
          { _tag: "Stopping", pid, command: "nginx -s quit", next: "SIGTERM", nextAt: 10_000 }
        )
        yield* node.after("10 seconds")
        assert.deepStrictEqual(
          node.process("web", "a")?.state as unknown,
          { _tag: "Stopping", pid, signal: "SIGTERM", next: "SIGKILL", nextAt: 15_000 }
        )
      })
    ))
})

describe("a stop schedule that is edited", () => {
  it.effect("while the entry runs counts for the stop that the same edit's tell begins", () =>
    withNode(
      cltab("web:a:1:once:a"),
      { a: deaf },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        node.cltab.write(cltab(":::stop:HUP 1s, KILL", "web:a:1:once:a"))
        yield* node.tell("web", "2")
        assert.deepStrictEqual(
          (yield* node.after("1 hour")).filter((line) => line.includes(" a ")),
          ["10s a SIGHUP", "11s a SIGKILL", "11s a died of SIGKILL"]
        )
      })
    ))

  it.effect("does not touch the process, and is remembered by the tell that brought it", () =>
    withNode(
      cltab(":::web/a/stop:HUP 1s, KILL", "web:a:1:once:a"),
      { a: deaf },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.news()
        node.cltab.write(cltab(":::web/a/stop:QUIT 2s, KILL", "web:a:1:once:a"))
        yield* node.tell("web", "1")
        assert.deepStrictEqual(node.news(), ["0s web 1 STARTING", "0s web 1 CHECKING", "0s web 1 DONE"])
        yield* node.halt
        assert.deepStrictEqual(
          (yield* node.after("1 hour")).filter((line) => line.includes(" a ")),
          ["0s a SIGQUIT", "2s a SIGKILL", "2s a died of SIGKILL"]
        )
      })
    ))

  it.effect("during a stop counts for the next one: what has begun goes on as it began", () =>
    withNode(
      cltab(":::stop:HUP 5s, TERM 5s, KILL", "web:a:1:once:a"),
      { a: deaf },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.tell("web", "2")
        yield* node.after("3 seconds")
        node.cltab.write(cltab(":::stop:KILL", "web:a:1:once:a"))
        yield* node.tell("web", "1")
        node.news()
        assert.deepStrictEqual(
          (yield* node.after("20 seconds")).filter((line) => line.includes(" a ")),
          ["5s a SIGTERM", "10s a SIGKILL", "10s a died of SIGKILL", "10s a started"]
        )
        yield* node.tell("web", "2")
        assert.deepStrictEqual(
          node.news().filter((line) => line.includes(" a ")),
          ["23s a SIGKILL", "23s a died of SIGKILL"]
        )
      })
    ))

  it.effect("together with the command does not count for the process of the old command", () =>
    withNode(
      cltab(":::stop:HUP 1s, KILL", "web:a:1:once:a"),
      { a: deaf },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.news()
        node.cltab.write(cltab(":::stop:\"b quit\" 1s, KILL", "web:a:1:once:b"))
        yield* node.tell("web", "1")
        assert.deepStrictEqual(
          (yield* node.after("1 minute")).filter((line) => line.includes(" a ")),
          ["0s a SIGHUP", "1s a SIGKILL", "1s a died of SIGKILL", "1s a started"]
        )
      })
    ))
})

it.effect("a stop that a killed daemon had begun is begun anew by the next, by the schedule that was known", () =>
  withMachine(
    cltab(":::stop:\"quit\" 5s, TERM 5s, KILL", "web:a:1:once:a"),
    { a: deaf },
    Effect.fnUntraced(function*({ boot, crash, trace }) {
      const node = yield* boot()
      yield* node.tell("web", "1")
      yield* node.after("1 second")
      yield* node.tell("web", "2")
      yield* node.after("7 seconds")
      yield* crash
      trace.news()
      const next = yield* boot()
      assert.deepStrictEqual((yield* next.after("1 hour")).filter((line) => line.includes(" a ")), [
        "8s a runs quit",
        "13s a SIGTERM",
        "18s a SIGKILL",
        "18s a died of SIGKILL"
      ])
    })
  ))
