import { GroupName, Level } from "@clinit/protocol/Names"
import type { GroupPlan } from "@clinit/protocol/Plan"
import { describeReason } from "@clinit/protocol/Plan"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Node } from "./support/Node.ts"
import { cltab, withNode } from "./support/Node.ts"
import * as ScheduleRandom from "./support/ScheduleRandom.ts"

const ask = (node: Node, group: string, level?: string) =>
  node.daemon.plan(GroupName.make(group), level === undefined ? undefined : Level.make(level))

/** A plan in short lines. */
const brief = ({ from, group, keep, start, stop, to }: GroupPlan) => [
  `${group} ${from ?? "-"} -> ${to ?? "halt"}`,
  ...stop.map(({ pid, reason, schedule, tag }) =>
    `stop ${tag}${pid === undefined ? "" : ` by ${schedule}`}: ${describeReason(reason, to)}`
  ),
  ...keep.map(({ settings, state, tag }) => `keep ${tag} ${state._tag} ${settings.join(" ")}`.trimEnd()),
  ...start.map(({ again, mode, tag }) => `start ${tag} ${mode}${again ? " again" : ""}`)
]

const plan = (node: Node, group: string, level?: string) =>
  Effect.map(ask(node, group, level), ({ groups }) => groups.flatMap(brief))

const usual = "INT 5s, TERM 10s, KILL 15s"

describe("the plan of a tell", () => {
  it.effect("says what is stopped and how, kept and started, in order, and why; and changes nothing", () =>
    withNode(
      cltab(
        "web:gone:1:respawn:a",
        "web:off:1:respawn:a",
        "web:other:1:respawn:a",
        "web:changed:12:respawn:a",
        ":::web/other/stop:QUIT 1s, KILL",
        "web:kept:12:respawn:a",
        "web:done:12:once:done"
      ),
      { done: { runs: 0 } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.cltab.write(cltab(
          "web:new:2,:wait:a",
          "web:kept:12:respawn:a",
          "web:off:1:off:a",
          ":::web/other/stop:HUP 2s, KILL",
          ":::web/kept/respawn.hits:3",
          ":::web/changed/env.PORT:1",
          ":::web/changed/stop:KILL",
          "web:changed:12:respawn:b",
          "web:done:2,:once:done",
          "web:other:1:respawn:a"
        ))
        node.news()
        assert.deepStrictEqual(yield* plan(node, "web", "2"), [
          "web 1 -> 2",
          `stop gone by ${usual}: no longer in the cltab`,
          `stop off by ${usual}: turned off`,
          // An entry's settings count as they are now, also for how it is stopped; those of another entry do not.
          "stop other by HUP 2s, KILL 15s: not at level 2",
          `stop changed by ${usual}: changed: command, env.PORT`,
          "keep kept Running respawn.hits",
          "keep done Done",
          "start new wait",
          "start changed respawn again"
        ])
        assert.deepStrictEqual(yield* node.after("1 minute"), [])
        assert.deepStrictEqual((yield* node.daemon.status).groups[0]?.level, "1")
      })
    ))

  it.effect("of a group that was never told is everything that the level has", () =>
    withNode(
      cltab("web:a:1:once:a", "web:b:2:once:a", "web:c:1:off:a"),
      {},
      Effect.fnUntraced(function*(node) {
        assert.deepStrictEqual(yield* plan(node, "web", "1"), ["web - -> 1", "start a once"])
        assert.strictEqual(
          (yield* Effect.flip(ask(node, "web"))).message,
          "web is at no level: say which one"
        )
        assert.strictEqual(
          (yield* Effect.flip(ask(node, "wbe", "1"))).message,
          "no such group: wbe (did you mean web?)"
        )
      })
    ))

  it.effect("without a level is that of the level where the group is told to be", () =>
    withNode(
      cltab("web:a:1:once:a"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* plan(node, "web"), ["web 1 -> 1", "keep a Running"])
      })
    ))

  it.effect("counts what is still on its way down, and what could not be started", () =>
    withNode(
      cltab("web:slow:1:once:slow", "web:refused:12:once:refused"),
      { slow: { ignores: ["SIGINT"] }, refused: { refused: "no memory" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.deepStrictEqual(yield* plan(node, "web", "2"), [
          "web 1 -> 2",
          `stop slow by ${usual}: not at level 2`,
          "stop refused: could not be started",
          "start refused once again"
        ])
        assert.deepStrictEqual(yield* plan(node, "web", "9"), [
          "web 1 -> 9",
          `stop slow by ${usual}: not at level 9`,
          "stop refused: not at level 9"
        ])
        yield* node.tell("web", "2")
        assert.deepStrictEqual(yield* plan(node, "web", "1"), [
          "web 1 -> 1",
          `stop slow by ${usual}: already told to go`,
          "start slow once again",
          "start refused once"
        ])
      })
    ))

  it.effect("of a cltab with errors is refused with them, and the one in force stays", () =>
    withNode(
      cltab("web:a:1:once:a"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.cltab.write(cltab("web:a:1:onec:a"))
        assert.strictEqual(
          (yield* Effect.flip(ask(node, "web", "1"))).message,
          "/test/cltab:1:9: error: unknown mode \"onec\" (did you mean once?)"
        )
        assert.deepStrictEqual((yield* node.daemon.status).groups.length, 1)
      })
    ))

  it.effect("is refused once the daemon is shutting down, as the tell would be", () =>
    withNode(
      cltab("web:a:1:once:a"),
      { a: { ignores: ["SIGINT"] } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.halt
        assert.strictEqual((yield* Effect.flip(ask(node, "web", "1")))._tag, "ShuttingDown")
        assert.strictEqual((yield* Effect.flip(node.daemon.plan()))._tag, "ShuttingDown")
      })
    ))

  it.effect("begins with the groups that the order would halt", () =>
    withNode(
      cltab("web:a:1:once:a", "db:b:1:once:b"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.tell("db", "1")
        node.cltab.write(cltab("web:a:1:once:a"))
        assert.deepStrictEqual(yield* plan(node, "web", "1"), [
          "db 1 -> halt",
          `stop b by ${usual}: no longer in the cltab`,
          "web 1 -> 1",
          "keep a Running"
        ])
      })
    ))
})

describe("a reread that applies what it reads", () => {
  it.effect("replaces what has changed at once, and touches nothing else; its plan says so before", () =>
    withNode(
      cltab("web:a:1:once:a", "web:b:1:once:b", "db:c:1:once:c", "mail:d:1:once:d"),
      {},
      Effect.fnUntraced(function*(node) {
        for (const group of ["web", "db", "mail"]) yield* node.tell(group, "1")
        // Moved, reordered, commented: the same; one command, one level list and one group are others.
        node.cltab.write(
          cltab("# news", "db:c:1:once:c", "web:b:1:once:b2", "web:a:1,2:once:a", "web:e:1:once:e")
        )
        const all = yield* node.daemon.plan()
        assert.deepStrictEqual(all.groups.flatMap(brief), [
          "mail 1 -> halt",
          `stop d by ${usual}: no longer in the cltab`,
          "web 1 -> 1",
          `stop b by ${usual}: changed: command`,
          "keep a Running",
          "start b once again",
          "start e once"
        ])
        node.news()
        const { applied, halting } = yield* node.daemon.apply
        assert.deepStrictEqual([applied.map(({ group, level }) => `${group} ${level}`), halting], [
          ["web 1"],
          ["mail"]
        ])
        assert.deepStrictEqual(yield* applied[0]!.settling, { state: "DONE", failed: [] })
        assert.deepStrictEqual([...(yield* node.after("1 minute"))].sort(), [
          "0s b SIGINT",
          "0s b died of SIGINT",
          "0s b started",
          "0s d SIGINT",
          "0s d died of SIGINT",
          "0s e started",
          "0s mail 1 CONFIGURED",
          "0s mail 1 HALTING",
          "0s mail forgotten",
          "0s web 1 CHECKING",
          "0s web 1 DONE",
          "0s web 1 STARTING",
          "0s web 1 STOPPING"
        ])
        assert.deepStrictEqual((yield* node.daemon.plan()).groups, [])
        assert.deepStrictEqual((yield* node.daemon.apply).applied, [])
      })
    ))

  it.effect("makes a changed setting count for the process that runs", () =>
    withNode(
      cltab("web:a:1:respawn:a"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        const pid = node.pid("web", "a")
        node.cltab.write(cltab("web:a:1:respawn:a", ":::web/a/stop:HUP 1s, KILL"))
        assert.deepStrictEqual((yield* node.daemon.plan()).groups.flatMap(brief), [
          "web 1 -> 1",
          "keep a Running stop"
        ])
        yield* node.daemon.apply
        yield* node.after("1 second")
        assert.strictEqual(node.pid("web", "a"), pid)
        assert.deepStrictEqual((yield* node.daemon.plan()).groups, [])
      })
    ))

  it.effect("of a cltab with errors changes nothing", () =>
    withNode(
      cltab("web:a:1:once:a"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        node.cltab.write(cltab("web:a:1:once:b", "x"))
        node.news()
        assert.strictEqual((yield* Effect.flip(node.daemon.apply))._tag, "InvalidCltab")
        assert.deepStrictEqual(yield* node.after("1 minute"), [])
      })
    ))
})

describe("what a status says of a cltab that was edited", () => {
  it.effect("is that it was modified, until it is read or as it was", () =>
    withNode(
      cltab("web:a:1:once:a"),
      {},
      Effect.fnUntraced(function*(node) {
        const modified = Effect.map(node.daemon.status, ({ modified, warnings }) => [modified, warnings])
        assert.deepStrictEqual(yield* modified, [false, []])
        node.cltab.write(cltab("web:a:1:once:b"))
        assert.deepStrictEqual(yield* modified, [true, [
          "/test/cltab was modified since it was loaded: clinit plan --all shows what a reread would change"
        ]])
        yield* node.reread
        assert.deepStrictEqual(yield* modified, [false, []])
        node.cltab.write(cltab("web:a:1:onec:b"))
        const refusal = "/test/cltab was modified since it was loaded and refused:\n" +
          "/test/cltab:1:9: error: unknown mode \"onec\" (did you mean once?)"
        assert.deepStrictEqual(yield* modified, [true, [refusal]])
        yield* Effect.flip(node.reread)
        assert.deepStrictEqual(yield* modified, [true, [refusal]])
        node.cltab.write(cltab("web:a:1:once:b"))
        assert.deepStrictEqual(yield* modified, [false, []])
      })
    ))
})

describe("the plan that is shown", () => {
  const tags = ["a", "b", "c", "d", "e", "f"]

  /** A line for each tag or none, in any order. */
  const randomCltab = (random: ScheduleRandom.Random) =>
    cltab(
      ...tags
        .filter(() => random.below(6) > 0)
        .map((tag) => ({ tag, key: random.below(1_000_000) }))
        .sort((one, other) => one.key - other.key)
        .flatMap(({ tag }) => [
          `web:${tag}:${random.pick(["1", "2", "12", "123", "3"])}:${
            random.pick(["once", "wait", "respawn", "respawn", "test", "off"])
          }:${random.pick(["quick", "long", "deaf", "refused"])}`,
          ...(random.below(4) === 0 ? [`:::web/${tag}/env.V:${random.below(2)}`] : []),
          ...(random.below(4) === 0 ? [`:::web/${tag}/tree:loose`] : []),
          ...(random.below(4) === 0 ? [`:::web/${tag}/timeout:${random.pick(["2s", "15s"])}`] : []),
          ...(random.below(4) === 0 ? [`:::web/${tag}/success:1`] : []),
          ...(random.below(4) === 0 ? [`:::web/${tag}/respawn.give-up:1`] : []),
          ...(random.below(4) === 0 ? [`:::web/${tag}/stop:INT 2s, TERM 1s, KILL`] : []),
          ...(random.below(4) === 0 ? [`:::web/${tag}/output:pipe:${random.pick(["log", "slowLog"])}`] : [])
        ]),
      "web:z:9:once:long"
    )

  it.effect("is what a tell then does, over 400 random edits and level changes", () => {
    const random = ScheduleRandom.make(20_261_123)
    return withNode(
      randomCltab(random),
      {
        quick: { runs: 0 },
        deaf: { ignores: ["SIGINT"], dies: "1 second", runs: "20 seconds" },
        long: { runs: "20 seconds" },
        refused: { refused: "no memory" },
        slowLog: { dies: "4 seconds" }
      },
      Effect.fnUntraced(function*(node) {
        for (let round = 0; round < 400; round++) {
          if (random.below(2) === 0) node.cltab.write(randomCltab(random))
          const level = random.pick(["1", "2", "3"])
          // Everything has settled, or it is in the middle of something.
          yield* node.after(random.pick(["0 millis", "3 seconds", "3 minutes"]))
          const { groups: [planned] } = yield* ask(node, "web", level)
          node.news()
          const told = yield* node.tell("web", level)
          yield* Effect.forkChild(Effect.ignore(told.settling))
          const trace = yield* node.after("10 minutes")
          const until = trace.findIndex((line) => line.endsWith(`web ${level} CHECKING`))
          const done = trace.slice(0, until).filter((line) => !line.includes("/output"))
          const of = (
            event: string
          ) => [...new Set(done.filter((line) => line.endsWith(event)).map((line) => line.split(" ")[1]!))]
          const signalled = [...of("SIGINT"), ...of("SIGTERM")]
          const stopped = planned!.stop.filter(({ pid }) => pid !== undefined)
          const started = planned!.start.map(({ tag }) => tag)
          const lines = `round ${round}\n${JSON.stringify(planned)}\n${trace.join("\n")}`
          // What is started may end meanwhile and leave something that has to be stopped before it is started again.
          const mayBeSignalled = new Set<string>(
            [...stopped, ...planned!.start, ...planned!.keep].map(({ tag }) => tag)
          )
          assert.deepStrictEqual(signalled.filter((tag) => !mayBeSignalled.has(tag)), [], lines)
          const mustBeSignalled = stopped.filter(({ reason }) => reason._tag !== "Leaving").map(({ tag }) =>
            tag
          )
          assert.deepStrictEqual(mustBeSignalled.filter((tag) => !signalled.includes(tag)), [], lines)
          const kept = new Set<string>(planned!.keep.map(({ tag }) => tag))
          const firsts = done.filter((line) => /(?:started|refused)$/.test(line)).map((line) =>
            line.split(" ")[1]!
          )
          assert.deepStrictEqual([...new Set(firsts)].filter((tag) => !kept.has(tag)), started, lines)
        }
      })
    )
  }, 60_000)
})
