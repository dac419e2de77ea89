import { History } from "@clinit/core/History"
import { HistoryStore } from "@clinit/core/HistoryStore"
import { Requester } from "@clinit/core/Requester"
import * as HistoryDisk from "@clinit/core/testing/HistoryDisk"
import { Trouble } from "@clinit/core/Trouble"
import { GroupName, Tag } from "@clinit/protocol/Names"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as Events from "./support/Events.ts"
import { reachableBytes } from "./support/Heap.ts"
import { cltab, withMachine, withNode } from "./support/Node.ts"

const web = GroupName.make("web")

/** The lines that a history is stored as, but for those of the sequences. */
const eventLines = (text: string) => text.split("\n").filter((line) => line.startsWith(`{"seq":`))

describe("the history has", () => {
  it.effect("of a tell who gave it, what was decided, every signal, start and state, in one sequence", () =>
    withNode(
      cltab("web:db:dev,run:respawn:db", "web:mock:dev,:once:mock", "web:app:run,:wait:app"),
      { mock: { ignores: ["SIGINT"], dies: "1 second" }, app: { runs: "2 seconds", exits: 1 } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "dev")
        yield* node.after("10 seconds")
        yield* node.tell("web", "run").pipe(
          Effect.provideService(Requester, { pid: 7, user: "ann", command: "clinit web run" })
        )
        yield* node.after("1 minute")
        assert.deepStrictEqual(Events.of(node.history, "web"), [
          "2 0s web Asked order=tell web dev by={}",
          "3 0s web Decided to=dev stop=[] start=[db,mock]",
          "4 0s web Group level=dev state=STARTING",
          "5 0s web/db Entry state={Starting}",
          "6 0s web/db Entry state={Running,pid:1001}",
          "7 0s web/mock Entry state={Starting}",
          "8 0s web/mock Entry state={Running,pid:1002}",
          "9 0s web Group level=dev state=CHECKING",
          "10 0s web Group level=dev state=DONE",
          "11 10s web Asked order=tell web run by={pid:7,user:ann,command:clinit web run}",
          "12 10s web Decided from=dev to=run stop=[{tag:mock,reason:{OtherLevel}}] start=[app]",
          "13 10s web Group level=dev state=STOPPING",
          "14 10s web/mock Entry state={Stopping,pid:1002,signal:SIGINT,next:SIGTERM,nextAt:15000}",
          "15 15s web/mock Entry state={Stopping,pid:1002,signal:SIGTERM,next:SIGKILL,nextAt:25000}",
          "16 16s web/mock Entry end={Signaled,signal:SIGTERM}",
          "17 16s web Group level=run state=STARTING",
          "18 16s web/app Entry state={Starting}",
          "19 16s web/app Entry state={Running,pid:1003}",
          "20 18s web/app Entry state={Done} end={Exited,code:1} ranMillis=2000",
          "21 18s web Group level=run state=CHECKING",
          "22 18s web Group level=run state=DONE"
        ])
        assert.deepStrictEqual(Events.of(node.history), ["1 0s - Daemon words=started"])
      })
    ))

  it.effect("of a crash loop each end with how long the run lived, and of a pause its reason", () =>
    withNode(
      cltab("web:r:1:respawn:r", ":::web/r/respawn.hits:1", ":::web/r/respawn.give-up:2"),
      { r: { runs: "200 millis", exits: 3 } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("70 seconds")
        assert.deepStrictEqual(Events.of(node.history, "web"), [
          "2 0s web Asked order=tell web 1 by={}",
          "3 0s web Decided to=1 stop=[] start=[r]",
          "4 0s web Group level=1 state=STARTING",
          "5 0s web/r Entry state={Starting}",
          "6 0s web/r Entry state={Running,pid:1001}",
          "7 0s web Group level=1 state=CHECKING",
          "8 0s web Group level=1 state=DONE",
          "9 0.2s web/r Entry state={Starting} end={Exited,code:3} ranMillis=200",
          "10 0.2s web/r Entry state={Running,pid:1002}",
          "11 0.4s web/r Entry state={Starting} end={Exited,code:3} ranMillis=200",
          "12 0.4s web/r Entry state={Running,pid:1003}",
          "13 0.6s web/r Entry state={Pausing,retryAt:60600,why:it died 2 times, each within 1 s of the one before} end={Exited,code:3} ranMillis=200",
          "14 60.6s web/r Entry state={Starting}",
          "15 60.6s web/r Entry state={Running,pid:1004}",
          "16 60.8s web/r Entry state={Starting} end={Exited,code:3} ranMillis=200",
          "17 60.8s web/r Entry state={Running,pid:1005}",
          "18 61s web/r Entry state={Failed} end={Exited,code:3} ranMillis=200",
          "19 61s web Group level=1 state=FAILED"
        ])
      })
    ))

  it.effect("of an order that is refused who gave it and why, with its group if there is one", () =>
    withNode(
      cltab("web:a:1:once:a"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.refused("wbe", "1").pipe(Effect.provideService(Requester, { signal: "SIGHUP" }))
        node.cltab.write("web:a:1:onec:a\n")
        yield* node.refused("web", "1")
        assert.deepStrictEqual(Events.of(node.history, "web"), [
          "3 0s web Refused order=tell web 1 by={} reason=/test/cltab:1:9: error: unknown mode \"onec\" (did you mean once?)"
        ])
        assert.deepStrictEqual(Events.of(node.history), [
          "1 0s - Daemon words=started",
          "2 0s - Refused order=tell wbe 1 by={signal:SIGHUP} reason=no such group: wbe (did you mean web?)"
        ])
      })
    ))

  it.effect("of a retry the entry that it is of, and that a process of before has to go first", () =>
    withNode(
      cltab("web:a:1:test:a", "web:b:1:once:b"),
      { a: [{ runs: 0, exits: 1 }, { runs: 0 }] },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        const before = Events.of(node.history, "web").length
        yield* node.retry("web/a")
        assert.deepStrictEqual(Events.of(node.history, "web").slice(before), [
          "12 0s web/a Asked order=retry web/a by={}",
          "13 0s web Decided from=1 to=1 stop=[] start=[a]",
          "14 0s web/a Entry",
          "15 0s web Group level=1 state=STARTING",
          "16 0s web/a Entry state={Starting}",
          "17 0s web/a Entry state={Running,pid:1003}",
          "18 0s web/a Entry state={Passed} end={Exited,code:0} ranMillis=0",
          "19 0s web Group level=1 state=CHECKING",
          "20 0s web Group level=1 state=DONE"
        ])
      })
    ))

  it.effect("of a reread what was read, and of a group that the cltab no longer has why it is halted", () =>
    withNode(
      cltab("web:a:1:once:a", "mail:b:1:once:b"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("mail", "1")
        const before = Events.of(node.history, "mail").length
        node.cltab.write(cltab("web:a:1:once:a"))
        yield* node.reread
        assert.deepStrictEqual(Events.of(node.history, "mail").slice(before), [
          "11 0s mail Decided from=1 stop=[{tag:b,reason:{Deleted}}] start=[]",
          "12 0s mail Group level=1 state=HALTING",
          "13 0s mail/b Entry state={Stopping,pid:1001,signal:SIGINT,next:SIGTERM,nextAt:5000}",
          "14 0s mail/b Entry end={Signaled,signal:SIGINT}",
          "15 0s mail Group level=1 state=CONFIGURED",
          "16 0s mail Group"
        ])
        assert.deepStrictEqual(Events.of(node.history), [
          "1 0s - Daemon words=started",
          "9 0s - Daemon words=cltab read: 1 entries",
          "10 0s - Asked order=reread by={}"
        ])
        const { events, group } = yield* node.daemon.history("mail/b", 100)
        const kinds = events.map(({ what }) => what._tag)
        const entry = ["Entry", "Entry"]
        assert.deepStrictEqual([group, kinds], [
          GroupName.make("mail"),
          ["Asked", "Decided", ...entry, "Decided", ...entry]
        ])
      })
    ))
})

describe("a daemon that comes after a killed one", () => {
  it.effect("goes on with the history and its sequence, and says so", () =>
    withMachine(
      cltab("web:a:1:respawn:a"),
      {},
      Effect.fnUntraced(function*(machine) {
        const first = yield* machine.boot()
        yield* first.tell("web", "1")
        yield* first.after("1 second")
        const before = Events.of(first.history, "web")
        yield* machine.crash
        yield* TestClock.adjust("9 seconds")
        const second = yield* machine.boot()
        assert.deepStrictEqual(Events.of(second.history), [
          "1 0s - Daemon words=started",
          "9 10s - Daemon words=started, resuming what a daemon that was killed left"
        ])
        assert.deepStrictEqual(Events.of(second.history, "web").slice(0, before.length), before)
        assert.deepStrictEqual(Events.of(second.history, "web").slice(before.length), [
          "10 10s web/a Entry state={Running,pid:1001} adopted=true",
          "11 10s web Decided from=1 to=1 stop=[] start=[]",
          "12 10s web Group level=1 state=STARTING",
          "13 10s web Group level=1 state=CHECKING",
          "14 10s web Group level=1 state=DONE"
        ])
      })
    ))

  it.effect("knows all that happened up to the last answer, and nothing is lost but the last 20 ms", () =>
    withMachine(
      cltab("web:a:1:respawn:a"),
      { a: { runs: "10 millis" } },
      Effect.fnUntraced(function*(machine) {
        const first = yield* machine.boot()
        yield* first.tell("web", "1")
        yield* first.after("5 millis")
        const answered = Events.of(first.history, "web")
        yield* first.after("1 second")
        const all = Events.of(first.history, "web")
        yield* machine.crash
        const lines = eventLines(machine.historyDisk.text!).map((line) => Events.brief(JSON.parse(line)))
        assert.includeMembers(lines, [...answered])
        const stored = lines.filter((line) => line.includes(" web"))
        assert.deepStrictEqual(all.slice(0, stored.length), stored)
      })
    ))

  it.effect("uses what can be read of a damaged history, drops the rest with one warning, and replaces the file", () =>
    withMachine(
      cltab("web:a:1:respawn:a"),
      {},
      Effect.fnUntraced(function*(machine) {
        const first = yield* machine.boot()
        yield* first.tell("web", "1")
        yield* first.after("1 second")
        yield* machine.crash
        const lines = eventLines(machine.historyDisk.text!)
        const whole = lines.map((line) => Events.brief(JSON.parse(line)))
        machine.historyDisk.text = [
          lines[0],
          "{\"seq\":1e300,\"at\":0,\"what\":{\"_tag\":\"Daemon\",\"words\":\"far\"}}",
          lines[1],
          "rubbish \u001b[2J",
          lines[1], // a second time
          "{\"seq\":4,\"at\":0,\"group\":\"a b\",\"what\":{\"_tag\":\"Group\"}}",
          ...lines.slice(2, -1),
          lines.at(-1)!.slice(0, -5)
        ].join("\n")
        const second = yield* machine.boot()
        const known = [...Events.of(second.history), ...Events.of(second.history, "web")]
        assert.includeMembers(known, whole.slice(0, -1))
        assert.notInclude(known, whole.at(-1))
        assert.deepStrictEqual(second.log(), [
          "Warn: /test/history: 5 lines cannot be read; of what happened before 7 events are known"
        ])
        yield* second.after("1 second")
        assert.notInclude(machine.historyDisk.text, "rubbish")
      })
    ))
})

it.effect("a disk that is full costs nothing but the memory for a successor, and is a trouble until it is not", () =>
  withMachine(
    cltab("web:a:12:respawn:a"),
    {},
    Effect.fnUntraced(function*(machine) {
      const node = yield* machine.boot()
      machine.historyDisk.broken = "ENOSPC: no space left on device"
      yield* node.tell("web", "1")
      yield* node.after("1 second")
      const { warnings } = yield* node.daemon.status
      assert.deepStrictEqual(warnings, [
        "history: ENOSPC: no space left on device " +
        "(if this daemon were killed, the next might not know what happened)"
      ])
      const known = Events.of(node.history, "web")
      assert.isAbove(known.length, 3)
      machine.historyDisk.broken = undefined
      yield* node.after("2 seconds")
      assert.deepStrictEqual((yield* node.daemon.status).warnings, [])
      for (const line of known) {
        assert.include(
          eventLines(machine.historyDisk.text!).map((each) => Events.brief(JSON.parse(each))),
          line
        )
      }
    })
  ))

it.effect(
  "a crash loop of 10 000 deaths leaves what is known of its neighbours, and of the orders of its group",
  () =>
    withNode(
      cltab("web:calm:1:once:calm", "web:r:1:respawn:r", ":::web/r/respawn.hits:1000000"),
      { r: { runs: "10 millis" } },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("100 seconds")
        assert.isAbove(node.history.seq(), 19_000)
        const calm = node.history.of({ group: web, tag: Tag.make("calm") }, 40).events.map(Events.brief)
        assert.deepStrictEqual(calm, [
          "2 0s web Asked order=tell web 1 by={}",
          "3 0s web Decided to=1 stop=[] start=[calm,r]",
          "5 0s web/calm Entry state={Starting}",
          "6 0s web/calm Entry state={Running,pid:1001}"
        ])
        const looping = node.history.of({ group: web, tag: Tag.make("r") }, 40)
        assert.strictEqual(looping.events.length, 40)
        assert.deepStrictEqual(looping.events.slice(0, 3).map((event) => event.what._tag), [
          "Asked",
          "Decided",
          "Entry"
        ])
        assert.strictEqual(node.history.of({ group: web }, Infinity).events.length, 64 + 3 + calm.length)
      })
    ),
  60_000
)

it.effect(
  "the file is replaced when it has grown to twice what it was, and has never more than that",
  () =>
    withMachine(
      cltab("web:r:1:respawn:r", ":::web/r/respawn.hits:1000000"),
      { r: { runs: "10 millis" } },
      Effect.fnUntraced(function*(machine) {
        const node = yield* machine.boot()
        yield* node.tell("web", "1")
        let longest = 0
        for (let second = 0; second < 200; second++) {
          yield* node.after("1 second")
          longest = Math.max(longest, machine.historyDisk.text!.length)
        }
        assert.isBelow(longest, 3_000_000)
        assert.isBelow(machine.historyDisk.replacements, 12)
        assert.strictEqual(node.state("web"), "1 DONE")
      })
    ),
  60_000
)

it.effect(
  "while the disk hangs no more events wait for it than are retained, and what is retained is written in the end",
  () =>
    Effect.gen(function*() {
      const disk = HistoryDisk.make()
      const store = disk.store(() => true)
      const hangs = yield* Latch.make(true)
      const written: Array<number> = []
      const layer = History.layer.pipe(
        Layer.provide(Trouble.layer),
        Layer.provide(Layer.succeed(HistoryStore, {
          ...store,
          append: (text) => {
            written.push(text.length)
            return Effect.andThen(hangs.await, store.append(text))
          }
        }))
      )
      yield* Effect.gen(function*() {
        const history = yield* History
        const add = (words: string) => history.record({ what: { _tag: "Daemon", words } })
        add("first")
        yield* TestClock.adjust("1 second")
        yield* hangs.close
        add("second")
        yield* TestClock.adjust("1 second")
        const before = reachableBytes()
        for (let event = 0; event < 200_000; event++) add(`event ${event} ${"x".repeat(1_000)}`)
        // 200 MB were recorded.
        assert.isBelow(reachableBytes() - before, 60_000_000)
        yield* hangs.open
        yield* TestClock.adjust("1 second")
        assert.strictEqual(disk.replacements, 2)
        assert.deepStrictEqual(written.length, 1)
        assert.include(disk.text, "event 199999")
      }).pipe(Effect.provide(layer))
    })
)
