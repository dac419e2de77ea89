import { Daemon } from "@clinit/core/Daemon"
import { StatusBoard } from "@clinit/core/StatusBoard"
import * as EditableCltab from "@clinit/core/testing/EditableCltab"
import * as ScriptedSpawner from "@clinit/core/testing/ScriptedSpawner"
import { Trace } from "@clinit/core/testing/Trace"
import { GroupName, Level } from "@clinit/protocol/Names"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/testing/TestClock"
import { cltab, withNode } from "./support/Node.ts"

describe("at startup", () => {
  const startWith = (source: ReturnType<typeof EditableCltab.layer>) =>
    Effect.scoped(Layer.build(Daemon.volatile)).pipe(
      Effect.flip,
      Effect.provide(
        Layer.mergeAll(source, ScriptedSpawner.layer(), StatusBoard.layer).pipe(
          Layer.provideMerge(Trace.layer)
        )
      )
    )

  it.effect("a cltab with errors is refused with all of them (D8)", () =>
    Effect.gen(function*() {
      const error = yield* startWith(
        EditableCltab.layer(cltab("web:a:1:once:a", "web:b:1", "web:c:1:never:c"))
      )
      assert.strictEqual(error._tag, "InvalidCltab")
      assert.strictEqual(error.message.split("\n").length, 2)
    }))

  it.effect("a cltab that cannot be read is refused with the reason (D10)", () =>
    Effect.gen(function*() {
      const unreadable = Layer.tap(EditableCltab.layer(""), (context) =>
        Effect.provideContext(
          Effect.map(EditableCltab.EditableCltab, (editable) => editable.makeUnreadable("permission denied")),
          context
        ))
      const error = yield* startWith(unreadable)
      assert.deepStrictEqual([error._tag, error.message], [
        "CltabUnreadable",
        "permission denied: /test/cltab"
      ])
    }))

  it.effect("nothing runs before a group is told", () =>
    withNode(
      cltab("web:a:1:respawn:a"),
      {},
      Effect.fnUntraced(function*(node) {
        assert.deepStrictEqual(yield* node.after("5 minutes"), [])
      })
    ))
})

describe("a tell", () => {
  it.effect("of an unknown group is refused by its name, and nothing else happens", () =>
    withNode(
      cltab("web:a:1:once:a"),
      {},
      Effect.fnUntraced(function*(node) {
        const error = yield* node.refused("wed", "1")
        assert.deepStrictEqual([error._tag, error.message], [
          "UnknownGroup",
          "no such group: wed (did you mean web?)"
        ])
        assert.deepStrictEqual(yield* node.after("1 minute"), [])
        assert.deepStrictEqual((yield* node.daemon.status).groups.map(({ group }) => group), ["web"])
      })
    ))

  it.effect("of an unknown group has reread the cltab all the same", () =>
    withNode(
      cltab("web:a:1:once:a", "db:x:1:once:x"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.news()
        node.cltab.write(cltab("db:x:1:once:x"))
        yield* node.refused("nobody", "1")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "0s web 1 HALTING",
          "0s a SIGINT",
          "0s a died of SIGINT",
          "0s web 1 CONFIGURED",
          "0s web forgotten"
        ])
      })
    ))

  it.effect("is answered while a stop of the same group takes its time", () =>
    withNode(
      cltab("web:a:1:once:a", "web:b:2:once:b"),
      { a: { ignores: ["SIGINT", "SIGTERM"] } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        for (const level of ["2", "3", "2"]) {
          const told = yield* Effect.forkChild(node.tell("web", level), { startImmediately: true })
          yield* node.after(0)
          assert.isDefined(told.pollUnsafe())
        }
      })
    ))

  it.effect("sees the cltab as it is when it is read; later orders wait and see it no older", () =>
    withNode(
      cltab("web:a:1:once:a"),
      {},
      Effect.fnUntraced(function*(node) {
        node.cltab.slowDown("2 seconds")
        yield* Effect.forkChild(node.tell("web", "1"), { startImmediately: true })
        yield* Effect.forkChild(node.tell("web", "1"), { startImmediately: true })
        yield* node.after("1 second")
        node.cltab.write(cltab("web:b:1:once:b"))
        yield* node.after("2 seconds")
        node.cltab.write(cltab("web:c:1:once:c"))
        assert.deepStrictEqual(yield* node.after("10 seconds"), [
          "4s web 1 STOPPING",
          "4s b SIGINT",
          "4s b died of SIGINT",
          "4s web 1 STARTING",
          "4s c started",
          "4s web 1 CHECKING",
          "4s web 1 DONE"
        ])
      })
    ))

  it.effect("that its client gives up while it waits for the cltab changes nothing and holds up nobody", () =>
    withNode(
      cltab("web:a:1:once:a", "db:x:1:once:x"),
      {},
      Effect.fnUntraced(function*(node) {
        node.cltab.slowDown("2 seconds")
        const first = yield* Effect.forkChild(node.tell("web", "1"), { startImmediately: true })
        yield* Effect.forkChild(node.tell("db", "1"), { startImmediately: true })
        yield* node.after("1 second")
        yield* Fiber.interrupt(first)
        assert.deepStrictEqual(yield* node.after("10 seconds"), [
          "3s db 1 STARTING",
          "3s x started",
          "3s db 1 CHECKING",
          "3s db 1 DONE"
        ])
      })
    ))
})

describe("the status", () => {
  it.effect("has every group of the cltab, those never told without a level, and their processes in file order", () =>
    withNode(
      cltab("web:r:1:respawn:r", "db:x:1:once:x", "web:w:1:wait:w", "web:n:1:once:n"),
      { r: [{ runs: "5 seconds", exits: 3 }, {}] },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        assert.deepStrictEqual(yield* node.daemon.status, {
          containment: "group",
          cltab: "/test/cltab",
          modified: false,
          shuttingDown: false,
          warnings: [],
          groups: [
            {
              group: "web",
              level: "1",
              state: "STARTING",
              since: 0,
              processes: [
                {
                  tag: "r",
                  mode: "respawn",
                  state: { _tag: "Running", pid: 1003 },
                  containment: "group",
                  since: 5_000,
                  restarts: 1,
                  lastEnd: { _tag: "Exited", code: 3 }
                },
                {
                  tag: "w",
                  mode: "wait",
                  state: { _tag: "Running", pid: 1002 },
                  containment: "group",
                  since: 0,
                  restarts: 0
                }
              ],
              stopped: [{ tag: "n", mode: "once", levels: "1" }]
            },
            {
              group: "db",
              state: "CONFIGURED",
              processes: [],
              stopped: [{ tag: "x", mode: "once", levels: "1" }]
            }
          ]
        } as unknown)
      })
    ))

  it.effect("has a deleted group until it is down", () =>
    withNode(
      cltab("web:a:1:once:a", "db:x:1:once:x"),
      { a: { dies: "2 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.cltab.write(cltab("db:x:1:once:x"))
        yield* node.reread
        const groups = Effect.map(node.daemon.status, (status) => status.groups.map(({ group }) => group))
        assert.deepStrictEqual(yield* groups, ["web", "db"])
        yield* node.after("2 seconds")
        assert.deepStrictEqual(yield* groups, ["db"])
      })
    ))

  it.effect("is there within a second while the cltab cannot be read", () =>
    withNode(
      cltab("web:a:1:once:a"),
      {},
      Effect.fnUntraced(function*(node) {
        node.cltab.slowDown("1 minute")
        yield* Effect.forkChild(node.tell("web", "1"), { startImmediately: true })
        const status = yield* Effect.forkChild(node.daemon.status, { startImmediately: true })
        yield* node.after("1 second")
        const { groups, warnings } = yield* Fiber.join(status)
        assert.strictEqual(groups.length, 1)
        assert.deepStrictEqual(warnings, [
          "/test/cltab cannot be read: the disk hangs, or this machine is overloaded"
        ])
      })
    ))
})

describe("settings", () => {
  it.effect("are those of the cltab in force: a line that was deleted is taken back (D33)", () =>
    withNode(
      cltab(":::socket:/run/s", "web:a:1:once:a"),
      {},
      Effect.fnUntraced(function*(node) {
        assert.strictEqual(node.settings().socket?.value, "/run/s")
        node.cltab.write(cltab("web:a:1:once:a"))
        yield* node.reread
        assert.strictEqual(node.settings().socket, undefined)
      })
    ))
})

describe("an internal error", () => {
  const web = GroupName.make("web")

  /** A daemon on a board that breaks, but only as long as this says so. */
  const onBoard = (broken: (what: string) => boolean) => {
    const board = Layer.effect(
      StatusBoard,
      Effect.map(StatusBoard, (board) => ({
        ...board,
        setGroup: (group, level, state) =>
          broken(`${group} ${level} ${state}`) ? Effect.die("broken") : board.setGroup(group, level, state),
        setProcess: (entry, state, end) =>
          broken(`${entry.tag} ${state._tag}`) ? Effect.die("broken") : board.setProcess(entry, state, end)
      } satisfies StatusBoard["Service"]))
    ).pipe(Layer.provideMerge(StatusBoard.layer))
    return Daemon.volatile.pipe(
      Layer.provide(EditableCltab.layer(cltab("web:a:1:wait:a", "web:b:12:once:b"))),
      Layer.provide(ScriptedSpawner.layer({ a: { runs: "1 second" } })),
      Layer.provide(board),
      Layer.provideMerge(Trace.layer),
      Layer.provide(Logger.layer([]))
    )
  }

  const end = Effect.gen(function*() {
    const daemon = yield* Daemon
    yield* daemon.shutdown
    yield* TestClock.adjust("1 minute")
    yield* daemon.down
    return (yield* Trace).lines()
  })

  it.effect("in a group is reported to who waits, the next order is carried out, and a shutdown ends", () =>
    Effect.gen(function*() {
      const daemon = yield* Daemon
      const broken = yield* daemon.tell(web, Level.make("1"))
      const waiting = yield* Effect.forkChild(Effect.exit(broken.settling), { startImmediately: true })
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* Fiber.join(waiting), Exit.die("broken"))
      const sound = yield* daemon.tell(web, Level.make("2"))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* sound.settling, { state: "DONE", failed: [] })
      yield* daemon.tell(web, Level.make("1"))
      assert.deepStrictEqual(yield* end, [
        "0s a started",
        "1s a exited 0",
        "1s b started",
        "3s a started",
        "3s b SIGINT",
        "3s b died of SIGINT",
        "3s a SIGINT",
        "3s a died of SIGINT"
      ])
    }).pipe(Effect.provide(onBoard((what) => what === "web 1 CHECKING"))))

  it.effect("in an entry stops it and does not hold up its level, and the next tell starts it again", () => {
    let broken = true
    return Effect.gen(function*() {
      const daemon = yield* Daemon
      yield* daemon.tell(web, Level.make("1"))
      yield* TestClock.adjust("2 seconds")
      broken = false
      yield* daemon.tell(web, Level.make("1"))
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* end, [
        "0s a started",
        "0s a SIGINT",
        "0s a died of SIGINT",
        "0s b started",
        "2s a started",
        "3s a exited 0",
        "4s b SIGINT",
        "4s b died of SIGINT"
      ])
    }).pipe(Effect.provide(onBoard((what) => broken && what === "a Running")))
  })
})
