import type { Child } from "@clinit/core/Spawner"
import type { Containment } from "@clinit/protocol/Status"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { scratch, stays } from "./support/Peer.ts"
import {
  allContainments,
  eventually,
  freshMark,
  freshName,
  killPid,
  pidIn,
  read,
  runs,
  spawner,
  stat,
  withDeadline
} from "./support/RealProcesses.ts"
import { entryOf } from "./support/Spawner.contract.ts"

// Commands of stop schedules as further processes of real trees.
vi.setConfig({ testTimeout: 30_000 })

/** Kills the tree when the test ends, and those whose pids stand in files of the directory. */
const endOf = (directory: string) => (child: Child) =>
  Effect.gen(function*() {
    for (const name of ["helper", "leader"]) {
      const pid = Number(read(`${directory}/${name}`))
      if (pid > 1) killPid(pid)
    }
    yield* child.signal("SIGKILL")
    yield* withDeadline("the extinction", child.extinct)
  })

/** A tree of this command, in which commands can be run; `DIR` stands for a directory. */
const start = Effect.fnUntraced(function*(containment: Containment, command: string) {
  const directory = yield* scratch
  const mark = freshMark()
  const name = freshName()
  const inDirectory = (text: string) => text.replaceAll("DIR", directory)
  const { spawn } = yield* spawner(containment, name)
  const child = yield* Effect.acquireRelease(spawn(entryOf(inDirectory(command)), mark), endOf(directory))
  const run = (child: Child, text: string) => child.run(inDirectory(text), entryOf("unused"))
  return { child, directory, mark, name, run }
})

const isPending = (child: Child) => () => !child.isExtinct()

/** Says its pid and whose stop it is part of, then stays until it is told to go. */
const lingering = "echo \"$CLINIT_PID\" > DIR/of; echo $$ > DIR/helper; exec sleep 1000"

const claims = (containment: Containment) => {
  it.live("is told the leader's pid, bears the mark, and leads a session and group of its own", () =>
    Effect.gen(function*() {
      const { child, directory, mark, run } = yield* start(containment, "exec sleep 1000")
      yield* run(child, lingering)
      const pid = yield* pidIn(`${directory}/helper`)
      assert.strictEqual(read(`${directory}/of`), `${child.identity!.pid}\n`)
      assert.strictEqual(stat(pid)?.pgrp, pid)
      assert.strictEqual(stat(pid)?.session, pid)
      yield* eventually("it sleeps", () => read(`/proc/${pid}/cmdline`)?.startsWith("sleep"))
      assert.include(read(`/proc/${pid}/environ`), mark)
      if (containment === "cgroup") {
        assert.strictEqual(read(`/proc/${pid}/cgroup`), read(`/proc/${child.identity!.pid}/cgroup`))
      }
    }))

  it.live("ends the leader that obeys, and the tree with it", () =>
    Effect.gen(function*() {
      const command = "trap 'exit 7' USR1; echo $$ > DIR/leader; while :; do sleep 0.02; done"
      const { child, directory, run } = yield* start(containment, command)
      yield* pidIn(`${directory}/leader`)
      yield* run(child, "kill -USR1 $CLINIT_PID")
      assert.deepStrictEqual(yield* withDeadline("the exit", child.exit), { _tag: "Exited", code: 7 })
      yield* withDeadline("the extinction", child.extinct)
    }))

  it.live("is waited for when the leader is gone, and gets the signals of later steps", () =>
    Effect.gen(function*() {
      const { child, directory, run } = yield* start(containment, "exec sleep 1000")
      yield* run(child, lingering)
      const pid = yield* pidIn(`${directory}/helper`)
      killPid(child.identity!.pid)
      yield* withDeadline("the exit", child.exit)
      yield* stays("it is waited for", isPending(child), 150)
      assert.isTrue(runs(pid))
      yield* child.signal("SIGTERM")
      yield* withDeadline("the extinction", child.extinct)
      assert.isFalse(runs(pid))
    }))

  it.live("is waited for with all that it starts, though it is gone itself", () =>
    Effect.gen(function*() {
      const { child, directory, run } = yield* start(containment, "exec sleep 1000")
      yield* run(child, "sleep 1000 & echo $! > DIR/helper")
      const pid = yield* pidIn(`${directory}/helper`)
      killPid(child.identity!.pid)
      yield* withDeadline("the exit", child.exit)
      yield* stays("it is waited for", isPending(child), 150)
      yield* child.signal("SIGTERM")
      yield* withDeadline("the extinction", child.extinct)
      assert.isFalse(runs(pid))
    }))

  it.live("gets each signal once", () =>
    Effect.gen(function*() {
      const { child, directory, run } = yield* start(containment, "exec sleep 1000")
      yield* run(
        child,
        "trap 'echo HUP >> DIR/heard' HUP; echo $$ > DIR/helper; while :; do sleep 0.02; done"
      )
      yield* pidIn(`${directory}/helper`)
      yield* child.signal("SIGHUP")
      yield* eventually("it has heard", () => read(`${directory}/heard`))
      yield* stays("it has heard once", () => read(`${directory}/heard`) === "HUP\n", 150)
    }))

  it.live("is not told a pid that may be somebody else's: the leader is gone, its tree is not", () =>
    Effect.gen(function*() {
      const { child, directory, run } = yield* start(containment, "sleep 1000 & echo $! > DIR/leader; exit 0")
      yield* pidIn(`${directory}/leader`)
      yield* withDeadline("the exit", child.exit)
      yield* run(child, lingering)
      yield* pidIn(`${directory}/helper`)
      assert.strictEqual(read(`${directory}/of`), "\n")
    }))

  it.live("is not run in a tree that is extinct", () =>
    Effect.gen(function*() {
      const { child, directory, run } = yield* start(containment, "exit 0")
      yield* withDeadline("the extinction", child.extinct)
      yield* run(child, "echo $$ > DIR/helper")
      yield* stays("nothing is run", () => read(`${directory}/helper`) === undefined, 150)
    }))

  it.live("can be run in an adopted tree", () =>
    Effect.gen(function*() {
      const { child, directory, mark, name, run } = yield* start(containment, "exec sleep 1000")
      const { adopt } = yield* spawner(containment, name)
      const adopted = yield* Effect.acquireRelease(adopt(child.identity!, mark), endOf(directory))
      yield* run(adopted, lingering)
      const pid = yield* pidIn(`${directory}/helper`)
      assert.strictEqual(read(`${directory}/of`), `${child.identity!.pid}\n`)
      yield* adopted.signal("SIGKILL")
      yield* withDeadline("the extinction", adopted.extinct)
      assert.isFalse(runs(pid))
    }))
}

for (const { containment, unavailable } of allContainments) {
  describe.skipIf(unavailable !== undefined)(
    `a command that is run in a tree held together by ${containment}`,
    () => claims(containment)
  )
}

describe.skipIf(allContainments[1]!.unavailable !== undefined)("by descendants", () => {
  it.live("a command that wipes out its environment is of the tree all the same", () =>
    Effect.gen(function*() {
      const { child, directory, run } = yield* start("descendants", "exec sleep 1000")
      yield* run(child, "exec env -i sh -c 'echo $$ > DIR/helper; exec sleep 1000'")
      const pid = yield* pidIn(`${directory}/helper`)
      yield* child.signal("SIGKILL")
      yield* withDeadline("the extinction", child.extinct)
      assert.isFalse(runs(pid))
    }))
})
