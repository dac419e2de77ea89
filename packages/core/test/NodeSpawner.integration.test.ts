import { Spawner } from "@clinit/core/Spawner"
import type { Containment } from "@clinit/protocol/Status"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { execFileSync, spawn as spawnProcess } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { scratch } from "./support/Peer.ts"
import {
  allContainments,
  comm,
  eventually,
  killPid,
  members,
  pids,
  read,
  sleeps,
  spawner,
  spawnerWithForker,
  stat,
  withDeadline
} from "./support/RealProcesses.ts"
import * as SpawnerContract from "./support/Spawner.contract.ts"

/** A field of /proc/PID/status. */
const status = (pid: number, field: string) =>
  new RegExp(`^${field}:\\s*(\\S+)`, "m").exec(read(`/proc/${pid}/status`) ?? "")?.[1]

const openDescriptors = (pid: number) => fs.readdirSync(`/proc/${pid}/fd`).map(Number).sort((a, b) => a - b)

const spawn = (command: string) => SpawnerContract.spawn({ command })

/** What is true of processes whatever holds them together, and whoever forks them. */
const claims = (containment: Containment, withForker: boolean) => {
  const made = withForker
    ? Effect.map(spawnerWithForker(containment), ({ spawner }) => spawner)
    : spawner(containment)
  const provide = <A, E>(test: Effect.Effect<A, E, SpawnerContract.Needs>) =>
    Effect.provideServiceEffect(test, Spawner, Effect.orDie(made))

  const claim = <A, E>(title: string, test: () => Effect.Effect<A, E, SpawnerContract.Needs>) =>
    it.live(title, () => provide(Effect.suspend(test)), 30_000)

  SpawnerContract.claims({
    it: it.live,
    provide,
    completes: (effect) => withDeadline("the effect completes", effect),
    subjects: {
      exits3: { command: "exit 3" },
      leavesSurvivor: { command: "sleep 1000 & exit 0" },
      runs: {
        command: "sleep 1000 & exec sleep 1000",
        ready: (child) =>
          Effect.asVoid(eventually("two processes sleep", () => {
            const pids = members(child.identity!.pid)
            return pids.length === 2 && pids.every((pid) => comm(pid) === "sleep")
          }))
      },
      stubborn: { command: "trap '' INT TERM; exec sleep 1000", ready: sleeps }
    }
  })

  claim(
    "are no effects: an entry that is one is refused, and no shell sees what stands for its command",
    () =>
      Effect.gen(function*() {
        const entry = { ...SpawnerContract.entryOf("# an effect of the program"), fiber: true } as const
        const { reason } = yield* Effect.flip((yield* Spawner).spawn(entry, "contract.fiber"))
        assert.strictEqual(reason, "test/entry is an effect of the program, and no process")
      })
  )

  claim("lead a session and a process group of their own (D23)", () =>
    Effect.gen(function*() {
      const { pid } = (yield* spawn("exec sleep 1000")).identity!
      const { ppid, ...leads } = stat(pid)!
      assert.deepInclude(leads, { pgrp: pid, session: pid })
      assert.strictEqual(withForker ? stat(ppid)?.ppid : ppid, process.pid)
    }))

  claim(
    "are the program itself if the command is a simple one: no shell stays in between",
    () =>
      Effect.gen(function*() {
        const child = yield* spawn("sleep 1000")
        yield* sleeps(child)
        assert.deepStrictEqual(members(child.identity!.pid), [child.identity!.pid])
      })
  )

  claim(
    "get the daemon's working directory, environment and umask, and are run by a shell",
    () =>
      Effect.gen(function*() {
        const directory = yield* scratch
        const child = yield* spawn(`{ pwd; umask; echo "$HOME"; } > '${directory}/out'`)
        yield* withDeadline("the exit", child.exit)
        const umask = process.umask().toString(8).padStart(4, "0")
        assert.strictEqual(read(`${directory}/out`), `${process.cwd()}\n${umask}\n${process.env["HOME"]}\n`)
      })
  )

  claim(
    "pass a signal on to grandchildren, and are extinct when those are gone",
    () =>
      Effect.gen(function*() {
        const child = yield* spawn("sh -c 'sleep 1000 & sleep 1000 & wait' & wait")
        yield* eventually("all of them run", () => members(child.identity!.pid).length === 4)
        yield* child.signal("SIGKILL")
        yield* withDeadline("the extinction", child.extinct)
        assert.deepStrictEqual(members(child.identity!.pid).filter((pid) => stat(pid)?.state !== "Z"), [])
      })
  )

  claim(
    "that are struck ahead get the signal once, in the leader's group and elsewhere, and the next one again",
    () =>
      Effect.gen(function*() {
        const directory = yield* scratch
        const counting = (name: string) =>
          `trap 'echo >> "${directory}/${name}"' HUP; echo >> '${directory}/ready'; while :; do sleep 0.02; done`
        fs.writeFileSync(`${directory}/other`, counting("outside"))
        const child = yield* spawn(`setsid sh '${directory}/other' & ${counting("leader")}`)
        const lines = (name: string) => read(`${directory}/${name}`)?.length ?? 0
        const have = (count: number) => () =>
          lines("leader") === count && lines("outside") === (containment === "group" ? 0 : count)
        yield* eventually("both have their traps", () => lines("ready") === 2)
        for (const count of [1, 2]) {
          child.strike!("SIGHUP")
          yield* child.signal("SIGHUP")
          yield* eventually("each has it", have(count))
        }
        yield* child.signal("SIGHUP")
        yield* eventually("each has the one that nothing went ahead of", have(3))
        yield* child.signal("SIGKILL")
        if (containment === "group") execFileSync("pkill", ["-9", "-f", `sh ${directory}/other`])
        yield* withDeadline("the extinction", child.extinct)
        child.strike!("SIGHUP")
      })
  )

  claim(
    "hold up the extinction when they ignore the signal that the leader died of",
    () =>
      Effect.gen(function*() {
        const directory = yield* scratch
        const child = yield* spawn(
          `(trap '' INT; echo > '${directory}/ready'; exec sleep 1000) & exec sleep 1000`
        )
        yield* eventually("the trap is set", () => fs.existsSync(`${directory}/ready`))
        yield* sleeps(child)
        yield* child.signal("SIGINT")
        assert.deepStrictEqual(yield* withDeadline("the exit", child.exit), {
          _tag: "Signaled",
          signal: "SIGINT"
        })
        assert.isFalse(child.isExtinct())
        yield* child.signal("SIGTERM")
        yield* withDeadline("the extinction", child.extinct)
        assert.isTrue(child.isExtinct())
      })
  )

  claim(
    "that are missing programs end with 127, those that cannot be executed with 126 (D7)",
    () =>
      Effect.gen(function*() {
        const directory = yield* scratch
        fs.writeFileSync(`${directory}/plain`, "")
        for (
          const [command, code] of [["no-such-program", 127], ["/no/such/program x", 127], [
            `${directory}/plain`,
            126
          ]] as const
        ) {
          const child = yield* spawn(`${command} 2>/dev/null`)
          assert.deepStrictEqual(yield* withDeadline("the exit", child.exit), { _tag: "Exited", code })
        }
      })
  )

  claim("may be shell builtins (D7)", () =>
    Effect.gen(function*() {
      for (const [command, code] of [["exit 4", 4], ["cd /", 0], ["false", 1], [":", 0]] as const) {
        const child = yield* spawn(command)
        assert.deepStrictEqual(yield* withDeadline("the exit", child.exit), { _tag: "Exited", code })
      }
    }))

  claim("that are dead but never reaped by their parent keep no group alive", () =>
    Effect.gen(function*() {
      // The first sleep's parent becomes a program in a session of its own that never waits for it.
      const child = yield* spawn("sh -c 'sleep 1000 & exec setsid sleep 2000' & exec sleep 1000")
      // Whatever fails: what leaves the group must not outlive the test, and hold its output open.
      const mark = read(`/proc/${child.identity!.pid}/environ`)?.split("\0").find((each) =>
        each.startsWith("CLINIT_TREE=")
      )
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          for (const pid of pids()) {
            const environment = read(`/proc/${pid}/environ`)?.split("\0") ?? []
            if (mark !== undefined && environment.includes(mark)) killPid(pid)
          }
        })
      )
      const { orphan } = yield* eventually("the parent has left the group", () => {
        const orphan = members(child.identity!.pid).find((pid) =>
          pid !== child.identity!.pid && comm(pid) === "sleep"
        )
        const parent = orphan === undefined ? undefined : stat(orphan)?.ppid
        // The parent itself may have been on its way out of the group when the members were listed.
        const hasLeft = parent !== undefined && parent !== child.identity!.pid && comm(parent) === "sleep"
        return orphan !== undefined && hasLeft && { orphan }
      })
      yield* child.signal("SIGKILL")
      yield* withDeadline("the extinction", child.extinct)
      // The parent is of the tree, but not of the group.
      if (containment === "group") assert.strictEqual(stat(orphan)?.state, "Z")
    }))

  claim(
    "are refused with a reason when the command is longer than the system allows",
    () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(spawn(`: ${"x".repeat(10_000_000)}`))
        assert.strictEqual(error._tag, "SpawnError")
        assert.match(error.reason, /E2BIG/)
      })
  )

  claim("can be many: a hundred started and stopped at once", () =>
    Effect.gen(function*() {
      const children = yield* Effect.all(Array.from({ length: 100 }, () => spawn("sleep 1000")), {
        concurrency: "unbounded"
      })
      yield* Effect.forEach(children, (child) => child.signal("SIGTERM"), { discard: true })
      const ends = yield* withDeadline("all exits", Effect.all(children.map((child) => child.exit)))
      assert.isTrue(ends.every((end) => end._tag === "Signaled"))
    }))
}

for (const { containment, unavailable } of allContainments) {
  for (const withForker of [false, true]) {
    const reason = unavailable === undefined ? "" : ` (skipped: ${unavailable})`
    const who = withForker ? ", forked by a forker" : ""
    describe.skipIf(unavailable !== undefined)(
      `processes of this machine, held together by ${containment}${who}${reason}`,
      () => claims(containment, withForker)
    )
  }
}

/** A daemon that was started by a shell after these words; its child, which sleeps. */
const childOfDaemonStartedAfter = Effect.fnUntraced(function*(words: string) {
  const main = path.join(import.meta.dirname, "support/SpawnOne.ts")
  const daemon = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawnProcess("bash", [
        "-c",
        `${words}; exec "$@"`,
        "bash",
        process.execPath,
        "--conditions=@clinit/source",
        main,
        "sleep 1000"
      ], { stdio: ["pipe", "pipe", "inherit"] })
    ),
    (daemon) =>
      Effect.callback<void>((resume) => {
        if (daemon.exitCode !== null || daemon.signalCode !== null) return resume(Effect.void)
        daemon.once("exit", () => resume(Effect.void))
        daemon.stdin.end()
      })
  )
  let output = ""
  daemon.stdout.on("data", (data) => void (output += String(data)))
  const pid = Number(yield* eventually("the child's pid", () => output.endsWith("\n") && output))
  yield* eventually("the child sleeps", () => comm(pid) === "sleep")
  return pid
})

describe("children of a daemon", () => {
  it.live("have default signal dispositions though the daemon ignores INT, QUIT and HUP (D22)", () =>
    Effect.gen(function*() {
      const pid = yield* childOfDaemonStartedAfter("trap '' INT QUIT HUP")
      assert.deepStrictEqual([status(pid, "SigIgn"), status(pid, "SigBlk")], [
        "0000000000000000",
        "0000000000000000"
      ])
    }))

  it.live("have no descriptors but the standard ones, whatever the daemon was started with", () =>
    Effect.gen(function*() {
      const pid = yield* childOfDaemonStartedAfter("exec 7</dev/null 20</dev/null 21</dev/null 200</dev/null")
      // For a moment the dynamic loader has its libraries open.
      yield* eventually(
        "only the standard descriptors are open",
        () => openDescriptors(pid).join() === "0,1,2"
      )
    }))
})
