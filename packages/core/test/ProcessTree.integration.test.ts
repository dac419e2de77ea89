import * as ProcessStat from "@clinit/core/node/ProcessStat"
import type { Process, ProcessTable, Snapshot } from "@clinit/core/node/ProcessTable"
import * as ProcessTree from "@clinit/core/node/ProcessTree"
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import { eventually, stays } from "./support/Peer.ts"

/** A table that shows one process, whose pid it is now and whose start time it was. */
const tableOf = (shown: Process): ProcessTable => {
  const snapshot: Snapshot = {
    beganAt: performance.now(),
    isComplete: true,
    byPid: new Map([[shown.pid, shown]]),
    byParent: new Map([[shown.parent, [shown]]]),
    byGroup: new Map([[shown.group, [shown]]]),
    bySession: new Map([[shown.session, [shown]]]),
    byMark: new Map(shown.marks.map((mark) => [mark, [shown]]))
  }
  return { latest: () => snapshot, look: () => snapshot, next: Effect.succeed(snapshot) }
}

/** Signals a tree of which the table shows a process with this start time, under the pid of a live stranger. */
const signalled = (startTimeOf: (real: string) => string) =>
  Effect.gen(function*() {
    const stranger = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" })
    const pid = stranger.pid!
    yield* Effect.addFinalizer(() => Effect.sync(() => stranger.kill("SIGKILL")))
    const runs = () => stranger.exitCode === null && stranger.signalCode === null
    const real = ProcessStat.read(pid)!
    const shown = { ...real, startTime: startTimeOf(real.startTime), group: 4_194_000, marks: ["mark"] }
    const tree = ProcessTree.descendants({
      root: { pid: 4_194_001, mark: "mark" },
      standing: () => "unproven",
      bornAt: -Infinity,
      helpers: [],
      struck: [],
      table: tableOf(shown)
    })
    yield* tree.signal("SIGTERM")
    return runs
  })

it.live.skipIf(process.platform !== "linux")(
  "a pid that was given to somebody else since the table was read is not signalled",
  () =>
    Effect.gen(function*() {
      const runs = yield* signalled((real) => `${real}0`)
      yield* stays("the stranger runs", runs, 100)
    })
)

it.live.skipIf(process.platform !== "linux")(
  "a process that still is the one of the table is signalled",
  () =>
    Effect.gen(function*() {
      const runs = yield* signalled((real) => real)
      yield* eventually("it ends", () => !runs())
    })
)
