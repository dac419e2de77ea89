import * as Cltab from "@clinit/core/Cltab"
import { StatusBoard } from "@clinit/core/StatusBoard"
import * as StatusFile from "@clinit/core/StatusFile"
import { Trace } from "@clinit/core/testing/Trace"
import { Trouble } from "@clinit/core/Trouble"
import { GroupName, Level } from "@clinit/protocol/Names"
import type { GroupState } from "@clinit/protocol/Status"
import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"

const web = GroupName.make("web")
const one = Level.make("1")
const entry = Cltab.parse("web:a:1:respawn:a").entries[0]!

/** A status file that is written to the trace, and may be made to fail. */
const withFile = <A, E>(
  test: (file: {
    readonly set: (state: GroupState, group?: GroupName) => Effect.Effect<void>
    readonly board: StatusBoard["Service"]
    readonly after: (
      time: `${number} ${"millis" | "seconds" | "minutes"}`
    ) => Effect.Effect<ReadonlyArray<string>>
    readonly failWith: (reason: string | undefined) => void
    readonly takeTime: (time: `${number} millis`) => void
    readonly log: () => ReadonlyArray<string>
    readonly troubles: () => ReadonlyArray<string>
    readonly close: Effect.Effect<void>
  }) => Effect.Effect<A, E>
) =>
  Effect.gen(function*() {
    const trace = yield* Trace
    const board = yield* StatusBoard
    let failure: string | undefined
    let writing = "0 millis" as `${number} millis`
    const attempt = (what: string) =>
      Effect.suspend(() =>
        failure === undefined ?
          trace.note(what) :
          Effect.andThen(trace.note("failed"), new StatusFile.StatusFileError({ reason: failure }))
      )
    const target = Layer.succeed(StatusFile.StatusFileTarget, {
      replace: (text) => Effect.andThen(Effect.sleep(writing), attempt(`wrote ${JSON.stringify(text)}`)),
      remove: attempt("removed")
    })
    const logger = Logger.layer([
      Logger.make<unknown, void>(({ logLevel, message }) => void log.push(`${logLevel}: ${String(message)}`))
    ])
    const log: Array<string> = []
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(
      StatusFile.layer.pipe(
        Layer.provideMerge(Trouble.layer),
        Layer.provide(target),
        Layer.provide(logger),
        Layer.provide(Layer.succeed(StatusBoard, board))
      ),
      scope
    )
    const result = yield* test({
      set: (state, group = web) => board.setGroup(group, one, state),
      board,
      after: (time) => Effect.map(TestClock.adjust(time), () => trace.news()),
      failWith: (reason) => void (failure = reason),
      takeTime: (time) => void (writing = time),
      log: () => log,
      troubles: Context.get(context, Trouble).all,
      close: Scope.close(scope, Exit.void)
    })
    yield* Scope.close(scope, Exit.void)
    return result
  }).pipe(Effect.provide(StatusBoard.layer.pipe(Layer.provideMerge(Trace.layer))))

const line = (state: GroupState) => JSON.stringify(`Cluster::Init::Group web 1 ${state}\n`)

it.effect("is written when the daemon starts, empty, and removed when it ends", () =>
  withFile(Effect.fnUntraced(function*(file) {
    assert.deepStrictEqual(yield* file.after("0 millis"), ["0s wrote \"\""])
    yield* file.close
    assert.deepStrictEqual(yield* file.after("1 minutes"), ["0s removed"])
  })))

it.effect("is rewritten as soon as a group changes", () =>
  withFile(Effect.fnUntraced(function*(file) {
    yield* file.after("1 seconds")
    yield* file.set("STARTING")
    assert.deepStrictEqual(yield* file.after("10 millis"), [`1s wrote ${line("STARTING")}`])
    yield* file.after("1 seconds")
    yield* file.board.removeGroup(web)
    assert.deepStrictEqual(yield* file.after("0 millis"), ["2.01s wrote \"\""])
  })))

it.effect("is rewritten at most every 25 ms, and the last state is in it within that time", () =>
  withFile(Effect.fnUntraced(function*(file) {
    yield* file.after("1 seconds")
    yield* file.set("STARTING")
    yield* file.after("5 millis")
    yield* file.set("CHECKING")
    yield* file.set("DONE")
    assert.deepStrictEqual(yield* file.after("1 seconds"), [`1.025s wrote ${line("DONE")}`])
  })))

it.effect("is rewritten a few times only in a burst of a thousand transitions, and ends with the last state", () =>
  withFile(Effect.fnUntraced(function*(file) {
    yield* file.after("1 seconds")
    const writes: Array<string> = []
    for (let round = 0; round < 334; round++) {
      for (const state of ["STARTING", "CHECKING", "DONE"] as const) yield* file.set(state)
      if (round % 10 === 9) writes.push(...yield* file.after("1 millis"))
    }
    yield* file.set("STOPPING")
    writes.push(...yield* file.after("50 millis"))
    assert.deepStrictEqual(writes, [
      `1s wrote ${line("STARTING")}`,
      `1.025s wrote ${line("DONE")}`,
      `1.05s wrote ${line("STOPPING")}`
    ])
  })))

it.effect("has the last state within 50 ms though each write takes 20 ms", () =>
  withFile(Effect.fnUntraced(function*(file) {
    yield* file.after("1 seconds")
    file.takeTime("20 millis")
    yield* file.set("STARTING")
    yield* file.after("1 millis")
    // The worst moment: a write has just begun.
    yield* file.set("DONE")
    assert.deepStrictEqual(yield* file.after("100 millis"), [
      `1.02s wrote ${line("STARTING")}`,
      `1.045s wrote ${line("DONE")}`
    ])
  })))

it.effect("is rewritten every 30 s when nothing changes, as a sign of life", () =>
  withFile(Effect.fnUntraced(function*(file) {
    yield* file.set("STARTING")
    yield* file.after("1 seconds")
    assert.deepStrictEqual(yield* file.after("2 minutes"), [
      `30.05s wrote ${line("STARTING")}`,
      `60.075s wrote ${line("STARTING")}`,
      `90.1s wrote ${line("STARTING")}`,
      `120.125s wrote ${line("STARTING")}`
    ])
  })))

it.effect("is not rewritten because of single processes", () =>
  withFile(Effect.fnUntraced(function*(file) {
    yield* file.after("1 seconds")
    for (let pid = 1; pid <= 100; pid++) {
      yield* file.board.setProcess(entry, { _tag: "Running", pid })
      assert.deepStrictEqual(yield* file.after("10 millis"), [])
    }
  })))

it.effect("has a group's change though thousands of process changes come behind it", () =>
  withFile(Effect.fnUntraced(function*(file) {
    yield* file.after("0 millis")
    yield* file.set("STARTING")
    for (let pid = 1; pid <= 5_000; pid++) yield* file.board.setProcess(entry, { _tag: "Running", pid })
    assert.deepStrictEqual(yield* file.after("1 seconds"), [`0.025s wrote ${line("STARTING")}`])
  })))

const full = "/run/clstat: ENOSPC: no space left on device"

it.effect("that cannot be written is a trouble, said once, and tried again every 2 s, until it works (D28)", () =>
  withFile(Effect.fnUntraced(function*(file) {
    yield* file.after("1 seconds")
    assert.deepStrictEqual(file.troubles(), [])
    file.failWith(full)
    yield* file.set("STARTING")
    assert.deepStrictEqual(yield* file.after("6 seconds"), [
      "1s failed",
      "3.025s failed",
      "5.05s failed"
    ])
    assert.deepStrictEqual(file.troubles(), [`status file: ${full}`])
    assert.deepStrictEqual(file.log(), [`Warn: status file: ${full}`])
    file.failWith(undefined)
    assert.deepStrictEqual(yield* file.after("2 seconds"), [`7.075s wrote ${line("STARTING")}`])
    assert.deepStrictEqual(file.troubles(), [])
    assert.deepStrictEqual(file.log().slice(1), ["Info: status file: well again"])
    assert.deepStrictEqual(yield* file.after("30 seconds"), [`37.1s wrote ${line("STARTING")}`])
    file.failWith(full)
    yield* file.set("DONE")
    yield* file.after("1 seconds")
    assert.deepStrictEqual(file.log().slice(2), [`Warn: status file: ${full}`])
  })))

it.effect("that could not be written is tried again at once when there is news", () =>
  withFile(Effect.fnUntraced(function*(file) {
    yield* file.after("1 seconds")
    file.failWith(full)
    yield* file.set("STARTING")
    assert.deepStrictEqual(yield* file.after("100 millis"), ["1s failed"])
    file.failWith(undefined)
    yield* file.set("DONE")
    assert.deepStrictEqual(yield* file.after("1 seconds"), [`1.1s wrote ${line("DONE")}`])
  })))

it.effect("that fails without an end is not tried more often than its window, whatever the news", () =>
  withFile(Effect.fnUntraced(function*(file) {
    yield* file.after("1 seconds")
    file.failWith(full)
    let attempts = 0
    for (let round = 0; round < 100; round++) {
      yield* file.set(round % 2 === 0 ? "STARTING" : "DONE")
      attempts += (yield* file.after("1 millis")).length
    }
    assert.strictEqual(attempts, 5)
    assert.strictEqual(file.log().length, 1)
  })))

it.effect("is said again when it fails for another reason", () =>
  withFile(Effect.fnUntraced(function*(file) {
    yield* file.after("1 seconds")
    file.failWith("no space left")
    yield* file.set("STARTING")
    yield* file.after("100 millis")
    file.failWith("read-only file system")
    yield* file.set("CHECKING")
    assert.deepStrictEqual(yield* file.after("1 seconds"), ["1.1s failed"])
    assert.deepStrictEqual(file.troubles(), ["status file: read-only file system"])
    assert.deepStrictEqual(file.log(), [
      "Warn: status file: no space left",
      "Warn: status file: read-only file system"
    ])
  })))

it.effect("that cannot be removed does not keep the daemon from ending", () =>
  withFile(Effect.fnUntraced(function*(file) {
    yield* file.after("1 seconds")
    file.failWith("read-only file system")
    yield* file.close
    assert.deepStrictEqual(yield* file.after("1 seconds"), ["1s failed"])
    assert.deepStrictEqual(file.log(), ["Warn: status file: read-only file system"])
  })))

it.effect("is not written again once it is removed", () =>
  withFile(Effect.fnUntraced(function*(file) {
    yield* file.after("1 seconds")
    yield* file.close
    yield* file.set("STARTING")
    assert.deepStrictEqual(yield* file.after("2 minutes"), ["1s removed"])
  })))
