import * as ByHand from "@clinit/core/ByHand"
import * as Cltab from "@clinit/core/Cltab"
import type { Ordered } from "@clinit/protocol/ClinitRpcs"
import { GroupName, Level } from "@clinit/protocol/Names"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Node } from "./support/Node.ts"
import { cltab, withMachine, withNode } from "./support/Node.ts"

const stubborn = { ignores: ["SIGINT"] } as const
const quick = { runs: 0, exits: 1 } as const

/** What became of each entry, in short. */
const brief = ({ failed, state, tag }: Ordered) =>
  `${tag} ${state?._tag ?? "stopped"}${failed === true ? " FAILED" : ""}`

/** Orders, and returns what the answer says at last, once it does. */
const order = Effect.fnUntraced(function*(node: Node, verb: "start" | "stop" | "restart", name: string) {
  const answer = yield* node.watch(yield* node.order(verb, name))
  return () => {
    const settled = answer() as { readonly entries: ReadonlyArray<Ordered> } | string | undefined
    return typeof settled === "object" ? settled.entries.map(brief) : settled
  }
})

const refusal = (node: Node, verb: "start" | "stop" | "restart", name: string) =>
  Effect.map(Effect.flip(node.daemon.order(verb, name)), ({ message }) => message)

const plan = Effect.fnUntraced(function*(node: Node, level?: string) {
  const { groups } = yield* node.plan("web", level)
  return groups.flatMap(({ keep, start, stop }) => [
    ...stop.map(({ reason, tag }) => `stop ${tag} ${reason._tag}`),
    ...keep.map(({ tag }) => `keep ${tag}`),
    ...start.map(({ tag }) => `start ${tag}`)
  ])
})

const three = cltab("web:a:1:respawn:a", "web:b:1:respawn:b", "web:c:2:respawn:c")

describe("an entry that is stopped by hand", () => {
  it.effect("goes by its stop schedule, is down when that is said, and the others stay", () =>
    withNode(
      three,
      { b: stubborn },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.news()
        const answer = yield* order(node, "stop", "web/b")
        assert.deepStrictEqual(yield* node.after("4 seconds"), ["0s web 1 STOPPING", "0s b SIGINT"])
        assert.isUndefined(answer())
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "5s b SIGTERM",
          "5s b died of SIGTERM",
          "5s web 1 STARTING",
          "5s web 1 CHECKING",
          "5s web 1 DONE"
        ])
        assert.deepStrictEqual(answer(), ["b stopped"])
      })
    ))

  it.effect("stays stopped until the next tell, of the same level too, whose plan shows its start", () =>
    withNode(
      three,
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.order("stop", "web/a")
        node.news()
        yield* node.retry()
        yield* node.reread
        yield* node.daemon.apply
        assert.deepStrictEqual(yield* node.after("1 hour"), [])
        assert.deepStrictEqual(yield* plan(node, "1"), ["keep b", "start a"])
        assert.deepStrictEqual(yield* plan(node), ["keep b", "start a"])
        yield* node.tell("web", "1")
        assert.deepStrictEqual(node.news(), [
          "3600s web 1 STARTING",
          "3600s a started",
          "3600s web 1 CHECKING",
          "3600s web 1 DONE"
        ])
        assert.deepStrictEqual(yield* order(node, "start", "web/a").pipe(Effect.map((read) => read())), [
          "a Running"
        ])
      })
    ))

  it.effect("stays stopped when a reread applies what is new, also about it", () =>
    withNode(
      three,
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.order("stop", "web/a")
        node.cltab.write(cltab("web:a:1:respawn:a2", "web:b:1:respawn:b2"))
        node.news()
        yield* node.daemon.apply
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "0s web 1 STOPPING",
          "0s b SIGINT",
          "0s b died of SIGINT",
          "0s web 1 STARTING",
          "0s b started",
          "0s web 1 CHECKING",
          "0s web 1 DONE"
        ])
      })
    ))

  it.effect("is taken out of a level that is on its way, before its turn and in it", () =>
    withNode(
      cltab("web:w:1:wait:w", "web:a:1:respawn:a"),
      { w: { runs: "1 hour" } },
      Effect.fnUntraced(function*(node) {
        const level = yield* node.watch(yield* node.tell("web", "1"))
        yield* node.order("stop", "web/a")
        node.news()
        const answer = yield* order(node, "stop", "web/w")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "0s web 1 STOPPING",
          "0s w SIGINT",
          "0s w died of SIGINT",
          "0s web 1 STARTING",
          "0s web 1 CHECKING",
          "0s web 1 DONE"
        ])
        assert.deepStrictEqual(answer(), ["w stopped"])
        assert.deepStrictEqual(level() as unknown, { state: "DONE", failed: [] })
      })
    ))

  it.effect("does not make the group fail any more, and a failed one is given up thereby", () =>
    withNode(
      cltab("web:t:1:test:t", "web:a:1:respawn:a"),
      { t: { runs: 0, exits: 1 } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.strictEqual(node.state("web"), "1 FAILED")
        node.news()
        assert.deepStrictEqual((yield* order(node, "stop", "web/t"))(), ["t stopped"])
        assert.deepStrictEqual(node.news(), ["0s web 1 STARTING", "0s web 1 CHECKING", "0s web 1 DONE"])
      })
    ))

  it.effect("while it pauses is not started after the pause", () =>
    withNode(
      cltab("web:r:1:respawn:r"),
      { r: quick },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.strictEqual(node.process("web", "r")?.state._tag, "Pausing")
        node.news()
        assert.deepStrictEqual((yield* order(node, "stop", "web/r"))(), ["r stopped"])
        assert.deepStrictEqual(yield* node.after("1 hour"), [
          "0s web 1 STARTING",
          "0s web 1 CHECKING",
          "0s web 1 DONE"
        ])
      })
    ))

  it.effect("while it is being stopped is waited for, and not signalled twice", () =>
    withNode(
      three,
      { b: stubborn },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.order("stop", "web/b")
        yield* node.after("2 seconds")
        const ordered = yield* node.order("stop", "web/b")
        assert.isTrue(ordered.isIdle)
        const answer = yield* node.watch(ordered)
        assert.deepStrictEqual(yield* node.after("1 second"), [])
        assert.isUndefined(answer())
        yield* node.after("1 minute")
        assert.deepStrictEqual(answer() as unknown, { entries: [{ group: "web", tag: "b" }] })
      })
    ))

  it.effect("is stopped already if the level lacks it, or nobody ever told its group anything", () =>
    withNode(
      three,
      {},
      Effect.fnUntraced(function*(node) {
        for (const tell of [false, true]) {
          if (tell) yield* node.tell("web", "1")
          node.news()
          const ordered = yield* node.order("stop", "web/c")
          assert.isTrue(ordered.isIdle)
          assert.deepStrictEqual((yield* order(node, "stop", "web/c"))(), ["c stopped"])
          assert.deepStrictEqual(node.news(), [])
        }
      })
    ))

  it.effect("and told again at once is stopped and started: an order that was answered is carried out", () =>
    withNode(
      three,
      { a: { dies: "1 second" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.news()
        const answer = yield* node.watch(yield* node.daemon.order("stop", "web/a"))
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* node.after("1 second"), [
          "0s web 1 STOPPING",
          "0s a SIGINT",
          "0s web 1 STARTING",
          "1s a died of SIGINT",
          "1s web 1 STARTING",
          "1s a started",
          "1s web 1 CHECKING",
          "1s web 1 DONE"
        ])
        assert.isDefined(answer())
      })
    ))
})

describe("an entry that is started by hand", () => {
  it.effect("runs at a level that lacks it, until the next tell", () =>
    withNode(
      three,
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.news()
        const answer = yield* order(node, "start", "web/c")
        yield* node.retry()
        yield* node.daemon.apply
        assert.deepStrictEqual(yield* node.after("1 second"), [
          "0s web 1 STARTING",
          "0s c started",
          "0s web 1 CHECKING",
          "0s web 1 DONE"
        ])
        assert.deepStrictEqual(answer(), ["c Running"])
        assert.deepStrictEqual(yield* plan(node, "1"), ["stop c OtherLevel", "keep a", "keep b"])
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* node.after("1 second"), [
          "1s web 1 STOPPING",
          "1s c SIGINT",
          "1s c died of SIGINT",
          "1s web 1 STARTING",
          "1s web 1 CHECKING",
          "1s web 1 DONE"
        ])
      })
    ))

  it.effect("that runs is left alone, and that is said at once", () =>
    withNode(
      three,
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.news()
        const ordered = yield* node.order("start", "web/a")
        assert.isTrue(ordered.isIdle)
        assert.deepStrictEqual((yield* order(node, "start", "web/a"))(), ["a Running"])
        assert.deepStrictEqual(yield* node.after("1 minute"), [])
      })
    ))

  it.effect("begins afresh if it has finished, failed, timed out, pauses or was given up", () =>
    withNode(
      cltab(
        ":::web/v/timeout:2s",
        ":::web/g/respawn.give-up:1",
        "web:w:1:wait:w",
        "web:t:1:test:t",
        "web:v:1:wait:v",
        "web:r:1:respawn:r",
        "web:g:1:respawn:g"
      ),
      {
        w: { runs: 0 },
        t: [quick, { runs: 0 }],
        v: [{}, { runs: 0 }],
        r: [quick, quick, quick, quick, quick, quick, quick, {}],
        g: [quick, quick, quick, quick, quick, quick, quick, {}]
      },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("5 seconds")
        const states = () => ["w", "t", "v", "r", "g"].map((tag) => node.process("web", tag)?.state._tag)
        assert.deepStrictEqual(states(), ["Done", "Failed", "Failed", "Pausing", "Failed"])
        node.news()
        for (const tag of ["w", "t", "v", "r", "g"]) {
          const answer = yield* order(node, "start", `web/${tag}`)
          const news = yield* node.after("1 second")
          assert.deepStrictEqual(
            news.filter((line) => !line.includes("web")).map((line) => line.split(" ").slice(1).join(" ")),
            [
              `${tag} started`,
              ...["w", "t", "v"].includes(tag) ? [`${tag} exited 0`] : []
            ]
          )
          assert.deepStrictEqual(answer(), [
            `${tag} ${{ w: "Done", t: "Passed", v: "Done" }[tag] ?? "Running"}`
          ])
        }
        assert.strictEqual(node.state("web"), "1 DONE")
      })
    ))

  it.effect("while it is being stopped comes up again once it is down", () =>
    withNode(
      three,
      { b: stubborn },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.order("stop", "web/b")
        yield* node.after("2 seconds")
        const answer = yield* order(node, "start", "web/b")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "2s web 1 STARTING",
          "5s b SIGTERM",
          "5s b died of SIGTERM",
          "5s web 1 STARTING",
          "5s b started",
          "5s web 1 CHECKING",
          "5s web 1 DONE"
        ])
        assert.deepStrictEqual(answer(), ["b Running"])
      })
    ))

  it.effect("is not called up if it dies within half a second, or cannot be started at all", () =>
    withNode(
      cltab("web:r:2:respawn:r", "web:x:2:once:x", "web:s:2:respawn:s"),
      { r: [{ runs: "400 millis", exits: 3 }, {}], x: { refused: "EAGAIN" }, s: quick },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        for (const [tag, state] of [["r", "Running"], ["x", "Failed"], ["s", "Pausing"]] as const) {
          const answer = yield* order(node, "start", `web/${tag}`)
          yield* node.after("450 millis")
          if (tag === "r") assert.isUndefined(answer())
          yield* node.after("1 second")
          assert.deepStrictEqual(answer(), [`${tag} ${state} FAILED`])
        }
      })
    ))

  it.effect("takes only its own line from an edited cltab: others that changed stay as they are", () =>
    withNode(
      cltab("web:a:1:wait:a", "web:c:1:wait:c"),
      {
        a: [{ runs: 0 }, { runs: "1 second" }],
        b: { runs: "1 second" },
        c: [{ runs: 0 }, { runs: "1 second" }]
      },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.cltab.write(cltab("web:a:1:wait:a", "web:b:2:wait:b", "web:c:1:wait:c2"))
        node.news()
        yield* node.order("start", "web/b")
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "0s web 1 STARTING",
          "0s b started",
          "1s b exited 0",
          "1s web 1 CHECKING",
          "1s web 1 DONE"
        ])
      })
    ))

  it("stands where it follows what it follows in the cltab", () => {
    const { entries } = Cltab.parse(cltab("web:a:1:once:a", "web:b:1:once:b", "web:c:1:once:c"))
    const [a, b, c] = entries as [Cltab.Entry, Cltab.Entry, Cltab.Entry]
    const tags = (told: ReadonlyArray<Cltab.Entry>, entry: Cltab.Entry) =>
      ByHand.withEntry(told, entry, entries).map(({ tag }) => tag).join("")
    assert.deepStrictEqual([tags([a, c], b), tags([], b), tags([c], b), tags([a], c), tags([b, c], a)], [
      "abc",
      "b",
      "bc",
      "ac",
      "abc"
    ])
    assert.deepStrictEqual(ByHand.withEntry([a, b], { ...a, command: "new" }, entries)[0]?.command, "new")
  })

  it.effect("is refused if it is off, if its group is at no level, or if there is none of the name", () =>
    withNode(
      cltab("web:a:1:respawn:a", "web:o:1:off:o", "db:d:dev,run:respawn:d"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        for (const verb of ["start", "restart"] as const) {
          assert.strictEqual(
            yield* refusal(node, verb, "web/o"),
            "web/o is off in the cltab: give its line another mode to start it"
          )
          for (const name of ["db/d", "db"]) {
            assert.strictEqual(
              yield* refusal(node, verb, name),
              "db is at no level: say which one (its entries have dev, run)"
            )
          }
          yield* node.order("stop", "web")
          assert.strictEqual(
            yield* refusal(node, verb, "web/a"),
            "web is stopped: clinit start web takes it to 1 again"
          )
          yield* node.order("start", "web")
        }
        assert.strictEqual(
          yield* refusal(node, "stop", "web/b"),
          "no such group or entry: web/b (did you mean web/a?)"
        )
        assert.strictEqual(yield* refusal(node, "start", "d"), "no such group: d (did you mean db/d?)")
        assert.strictEqual(yield* refusal(node, "start", "wbe"), "no such group: wbe (did you mean web?)")
        yield* node.halt
        assert.strictEqual(yield* refusal(node, "start", "web/a"), "the daemon is shutting down")
      })
    ))
})

describe("a restart", () => {
  it.effect("of an entry stops it, then starts what the cltab says of it now, by its new stop schedule", () =>
    withNode(
      three,
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.cltab.write(cltab(":::web/a/stop:TERM 1s, KILL", "web:a:1:respawn:a", "web:b:1:respawn:b2"))
        node.news()
        const answer = yield* order(node, "restart", "web/a")
        assert.deepStrictEqual(yield* node.after("1 second"), [
          "0s web 1 STOPPING",
          "0s a SIGTERM",
          "0s a died of SIGTERM",
          "0s web 1 STARTING",
          "0s a started",
          "0s web 1 CHECKING",
          "0s web 1 DONE"
        ])
        assert.deepStrictEqual(answer(), ["a Running"])
      })
    ))

  it.effect("of what does not run is a start", () =>
    withNode(
      three,
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.order("stop", "web/a")
        node.news()
        yield* node.order("restart", "web/a")
        yield* node.order("restart", "web/c")
        assert.deepStrictEqual(yield* node.after("1 second"), [
          "0s web 1 STARTING",
          "0s a started",
          "0s web 1 CHECKING",
          "0s web 1 DONE",
          "0s web 1 STARTING",
          "0s c started",
          "0s web 1 CHECKING",
          "0s web 1 DONE"
        ])
      })
    ))

  it.effect("of a group stops all of it together, then starts its level in file order", () =>
    withNode(
      three,
      { a: { dies: "2 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.news()
        const answer = yield* order(node, "restart", "web")
        assert.deepStrictEqual(yield* node.after("10 seconds"), [
          "0s web 1 STOPPING",
          "0s a SIGINT",
          "0s b SIGINT",
          "0s b died of SIGINT",
          "2s a died of SIGINT",
          "2s web 1 STARTING",
          "2s a started",
          "2s b started",
          "2s web 1 CHECKING",
          "2s web 1 DONE"
        ])
        assert.deepStrictEqual(answer(), ["a Running", "b Running"])
      })
    ))
})

describe("a group that is stopped by hand", () => {
  it.effect("stands still with its line, until a start takes it where it was", () =>
    withNode(
      three,
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.news()
        const answer = yield* order(node, "stop", "web")
        yield* node.daemon.apply
        yield* node.retry()
        assert.deepStrictEqual(yield* node.after("1 minute"), [
          "0s web 1 HALTING",
          "0s a SIGINT",
          "0s a died of SIGINT",
          "0s b SIGINT",
          "0s b died of SIGINT",
          "0s web 1 CONFIGURED"
        ])
        assert.deepStrictEqual(answer(), ["a stopped", "b stopped"])
        assert.isTrue((yield* node.order("stop", "web")).isIdle)
        yield* node.order("start", "web")
        assert.deepStrictEqual(node.news(), [
          "60s web 1 STARTING",
          "60s a started",
          "60s b started",
          "60s web 1 CHECKING",
          "60s web 1 DONE"
        ])
        assert.isTrue((yield* node.order("start", "web")).isIdle)
        assert.deepStrictEqual(node.news(), [])
      })
    ))

  it.effect("on its way to another level is at that one when it is started", () =>
    withNode(
      three,
      { a: stubborn },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        const level = yield* node.watch(yield* node.tell("web", "2"))
        node.news()
        yield* node.order("stop", "web")
        assert.strictEqual(level(), "web was halted before it settled at level 2")
        assert.deepStrictEqual(yield* node.after("10 seconds"), [
          "0s web 1 HALTING",
          "5s a SIGTERM",
          "5s a died of SIGTERM",
          "5s web 2 CONFIGURED"
        ])
        yield* node.order("start", "web")
        assert.strictEqual(node.state("web"), "2 DONE")
      })
    ))

  it.effect("and told a level before it is down goes there; who waits for the stop hears of it", () =>
    withNode(
      three,
      { a: stubborn },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        const answer = yield* order(node, "stop", "web")
        yield* node.after("1 second")
        yield* node.tell("web", "2")
        assert.strictEqual(answer(), "web was told level 2 before it was stopped")
        yield* node.after("10 seconds")
        assert.strictEqual(node.state("web"), "2 DONE")
      })
    ))

  it.effect("is down when a shutdown is, and who waits for it hears so", () =>
    withNode(
      three,
      { a: stubborn },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        const answer = yield* order(node, "stop", "web")
        yield* node.halt
        yield* node.after("10 seconds")
        assert.deepStrictEqual(answer(), ["a stopped", "b stopped"])
      })
    ))
})

describe("orders that cross", () => {
  it.effect("a group deleted and told again before it is down: who waits for its stop hears of that", () =>
    withNode(
      three,
      { a: stubborn },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        const stopped = yield* order(node, "stop", "web")
        node.cltab.write(cltab("db:x:1:respawn:x"))
        yield* node.reread
        node.cltab.write(three)
        yield* node.tell("web", "2")
        yield* node.after("1 minute")
        assert.strictEqual(stopped(), "web was told level 2 before it was stopped")
        assert.strictEqual(node.state("web"), "2 DONE")
      })
    ))

  it.effect("a group stopped twice is stopping already, and each who waits hears of every entry", () =>
    withNode(
      three,
      { a: stubborn },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        const first = yield* order(node, "stop", "web")
        const { message } = yield* node.order("stop", "web")
        assert.strictEqual(message, "already stopping")
        const second = yield* order(node, "stop", "web")
        yield* node.after("1 minute")
        assert.deepStrictEqual(first(), ["a stopped", "b stopped"])
        assert.deepStrictEqual(second(), ["a stopped"])
      })
    ))

  it.effect("an entry whose line left the level is stopped before its turn though it was told with it", () =>
    withNode(
      cltab("web:w:1:wait:w", "web:b:1:respawn:b"),
      { w: { runs: "5 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.cltab.write(cltab("web:w:1:wait:w", "web:b:2:respawn:b"))
        const stopped = yield* order(node, "stop", "web/b")
        yield* node.after("1 minute")
        assert.deepStrictEqual(stopped(), ["b stopped"])
        assert.isUndefined(node.pid("web", "b"))
        assert.strictEqual(node.state("web"), "1 DONE")
      })
    ))

  it.effect("an entry started before its group goes on to a level without it runs there", () =>
    withNode(
      three,
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.daemon.tell(GroupName.make("web"), Level.make("2"))
        const started = yield* order(node, "start", "web/a")
        yield* node.after("1 minute")
        assert.deepStrictEqual(started(), ["a Running"])
        assert.isDefined(node.pid("web", "a"))
        assert.isDefined(node.pid("web", "c"))
      })
    ))

  it.effect("an entry stopped right after its group is down when that is said", () =>
    withNode(
      three,
      { a: stubborn },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.daemon.order("stop", "web")
        const stopped = yield* order(node, "stop", "web/a")
        assert.isUndefined(stopped())
        yield* node.after("1 minute")
        assert.deepStrictEqual(stopped(), ["a stopped"])
      })
    ))
})

describe("a reread that is applied while a group is on its way", () => {
  it.effect("has it start no entry any more that is gone from the cltab, though nothing else is new", () =>
    withNode(
      cltab("web:w:1:wait:w", "web:b:1:respawn:b"),
      { w: { runs: "5 seconds" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.cltab.write(cltab("web:w:1:wait:w"))
        const { groups } = yield* node.daemon.plan()
        const { applied } = yield* node.daemon.apply
        assert.deepStrictEqual(groups.map(({ group }) => group), applied.map(({ group }) => group))
        yield* node.after("1 minute")
        assert.isUndefined(node.pid("web", "b"))
        assert.strictEqual(node.state("web"), "1 DONE")
      })
    ))
})

describe("a daemon that comes after a killed one", () => {
  it.effect("keeps what was started and stopped by hand", () =>
    withMachine(
      three,
      {},
      Effect.fnUntraced(function*({ boot, crash, trace }) {
        const node = yield* Effect.orDie(boot())
        yield* Effect.provideContext(
          Effect.gen(function*() {
            yield* node.tell("web", "1")
            yield* node.order("stop", "web/a")
            yield* node.order("start", "web/c")
          }),
          node.context
        )
        yield* crash
        trace.news()
        const next = yield* Effect.orDie(boot())
        assert.deepStrictEqual(trace.news(), ["0s web 1 STARTING", "0s web 1 CHECKING", "0s web 1 DONE"])
        yield* Effect.provideContext(
          Effect.gen(function*() {
            yield* next.tell("web", "1")
            yield* next.after("1 second")
            assert.deepStrictEqual(["a", "b", "c"].map((tag) => next.process("web", tag)?.state._tag), [
              "Running",
              "Running",
              undefined
            ])
          }),
          next.context
        )
      })
    ))

  it.effect("stops what was ordered to stop and had not yet been told", () =>
    withMachine(
      three,
      { a: stubborn },
      Effect.fnUntraced(function*({ boot, crash, processes, trace }) {
        const node = yield* Effect.orDie(boot())
        yield* Effect.provideContext(
          Effect.gen(function*() {
            yield* node.tell("web", "1")
            yield* node.order("stop", "web")
          }),
          node.context
        )
        yield* crash
        trace.news()
        const next = yield* Effect.orDie(boot())
        assert.deepStrictEqual(yield* next.after("1 minute"), [
          "0s web 1 HALTING",
          "0s a SIGINT",
          "5s a SIGTERM",
          "5s a died of SIGTERM",
          "5s web 1 CONFIGURED"
        ])
        assert.deepStrictEqual(processes(), [])
        yield* crash
        const third = yield* Effect.orDie(boot())
        assert.strictEqual(third.state("web"), "1 CONFIGURED")
        yield* Effect.provideContext(third.order("start", "web"), third.context)
        assert.strictEqual(third.state("web"), "1 DONE")
      })
    ))
})

describe("a signal", () => {
  it.effect("goes to what runs or is being stopped, and is refused of anything else", () =>
    withNode(
      cltab("web:a:1:respawn:a", "web:w:1:wait:w", "web:c:2:respawn:c"),
      { a: { ignores: ["SIGHUP", "SIGINT"] }, w: { runs: 0 } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.news()
        const send = (name: string, signal: string) =>
          Effect.match(node.daemon.signal(name, signal), {
            onFailure: ({ message }) => message,
            onSuccess: ({ message }) => message
          })
        assert.strictEqual(yield* send("web/a", "hup"), "web/a was sent SIGHUP: pid 1001")
        assert.deepStrictEqual(node.news(), ["0s a SIGHUP"])
        assert.strictEqual(yield* send("web/w", "SIGHUP"), "web/w does not run: it is DONE")
        assert.strictEqual(yield* send("web/c", "HUP"), "web/c does not run: it is stopped")
        assert.strictEqual(yield* send("web/a", "TREM"), "unknown signal: TREM (did you mean TERM?)")
        assert.strictEqual(
          yield* send("web/a", "SIGRTMIN"),
          "unknown signal: SIGRTMIN (write a name such as HUP)"
        )
        assert.strictEqual(yield* send("web", "HUP"), "web is a group, not an entry (did you mean web/a?)")
        yield* node.order("stop", "web/a")
        assert.strictEqual(yield* send("web/a", "kill"), "web/a was sent SIGKILL: pid 1001")
        assert.deepStrictEqual(yield* node.after("1 second"), [
          "0s web 1 STOPPING",
          "0s a SIGINT",
          "0s a SIGKILL",
          "0s a died of SIGKILL",
          "0s web 1 STARTING",
          "0s web 1 CHECKING",
          "0s web 1 DONE"
        ])
      })
    ))
})
