import * as Adoption from "@clinit/core/node/Adoption"
import * as ControlGroup from "@clinit/core/node/ControlGroup"
import type { ProcessIdentity } from "@clinit/core/Spawner"
import type { Containment } from "@clinit/protocol/Status"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawn as spawnProcess } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { scratch, stays } from "./support/Peer.ts"
import {
  allContainments,
  comm,
  earlierDaemon,
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

/** Starts a command by a daemon of its own, which is then killed; the command's process goes on. */
const leftByEarlierDaemon = Effect.fnUntraced(function*(
  containment: Containment,
  name: string,
  mark: string,
  command: string
) {
  const directory = yield* scratch
  const file = `${directory}/identity`
  const args = earlierDaemon(containment, name, mark, command.replaceAll("DIR", directory), file)
  const daemon = spawnProcess(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] })
  const text = yield* eventually("the identity", () => read(file))
  const identity = JSON.parse(text) as ProcessIdentity
  yield* Effect.addFinalizer(() =>
    Effect.gen(function*() {
      if (stat(identity.pid)?.startTime === identity.startTime) killPid(identity.pid)
      yield* eventually("it is gone", () => !runs(identity.pid))
      if (identity.cgroup !== undefined) yield* removed(identity.cgroup)
    })
  )
  daemon.kill("SIGKILL")
  yield* eventually("the daemon is gone", () => daemon.signalCode !== null)
  return { identity, directory }
})

/** A process of ours that no spawner has started. */
const stranger = Effect.acquireRelease(
  Effect.sync(() => spawnProcess("sleep", ["1000"], { detached: true, stdio: "ignore" })),
  (child) =>
    Effect.callback<void>((resume) => {
      if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
      child.once("exit", () => resume(Effect.void)).kill("SIGKILL")
    })
).pipe(Effect.map((child) => child.pid!))

/** The identity of a process that is started and killed. */
const identityIn = Effect.fnUntraced(function*(containment: Containment, name: string, mark: string) {
  const { spawn } = yield* spawner(containment, name)
  const child = yield* spawn(entryOf("exec sleep 1000"), mark)
  yield* child.signal("SIGKILL")
  yield* withDeadline("the extinction", child.extinct)
  return child.identity
})

/** Removes a tree's control group, and that of all trees beside it. */
const removed = (directory: string) =>
  Effect.asVoid(eventually("the control groups are removed", () => {
    const isRemoved = ControlGroup.remove(directory)
    ControlGroup.removeIfEmpty(path.dirname(directory))
    return isRemoved
  }))

const boot = Adoption.bootId()!
const unknown = { _tag: "Unknown" } as const

const claims = (containment: Containment) => {
  const isWhole = containment !== "group"
  const other = containment === "cgroup" ? "descendants" : "cgroup"

  it.live("goes on although it was begun with an environment of its own", () =>
    Effect.gen(function*() {
      const [name, mark] = [freshName(), freshMark()]
      const { identity } = yield* leftByEarlierDaemon(containment, name, mark, "exec env -i X=y sleep 1000")
      yield* eventually("it sleeps", () => comm(identity!.pid) === "sleep")
      const { adopt } = yield* spawner(containment, name)
      const child = yield* adopt(identity, mark)
      yield* stays("it runs", () => runs(identity.pid) && !child.isExtinct(), 100)
      yield* child.signal("SIGTERM")
      yield* withDeadline("the extinction", child.extinct)
      assert.isFalse(runs(identity.pid))
    }), 30_000)

  it.live("goes on, hears signals, and its end is seen within a second", () =>
    Effect.gen(function*() {
      const [name, mark] = [freshName(), freshMark()]
      const { identity } = yield* leftByEarlierDaemon(containment, name, mark, "sleep 1000 & exec sleep 1000")
      const { adopt } = yield* spawner(containment, name)
      const child = yield* adopt(identity, mark)
      assert.deepStrictEqual(child.identity, identity)
      assert.strictEqual(identity.containment, containment)
      assert.strictEqual(identity.cgroup !== undefined, containment === "cgroup")
      yield* stays("it runs", () => runs(identity.pid) && !child.isExtinct(), 100)
      yield* child.signal("SIGTERM")
      const end = yield* Effect.timeout(child.exit, "1 second")
      assert.deepStrictEqual(end, unknown)
      yield* withDeadline("the extinction", child.extinct)
      assert.isFalse(runs(identity.pid))
    }), 30_000)

  it.live("leaves nobody behind when it is killed", () =>
    Effect.gen(function*() {
      const [name, mark] = [freshName(), freshMark()]
      const { directory, identity } = yield* leftByEarlierDaemon(
        containment,
        name,
        mark,
        `${isWhole ? "setsid " : ""}sh -c 'echo $$ > DIR/pid; exec sleep 1000' & exec sleep 1000`
      )
      const pid = yield* pidIn(`${directory}/pid`)
      const { adopt } = yield* spawner(containment, name)
      const child = yield* adopt(identity, mark)
      yield* child.signal("SIGKILL")
      yield* withDeadline("the extinction", child.extinct)
      assert.deepStrictEqual([runs(identity.pid), runs(pid)], [false, false])
    }), 30_000)

  it.live("may have ended before: what it left is still its tree", () =>
    Effect.gen(function*() {
      const [name, mark] = [freshName(), freshMark()]
      const { directory, identity } = yield* leftByEarlierDaemon(
        containment,
        name,
        mark,
        "sh -c 'echo $$ > DIR/pid; exec sleep 1000' & exec sleep 1000"
      )
      const pid = yield* pidIn(`${directory}/pid`)
      killPid(identity.pid)
      yield* eventually("it has ended", () => !runs(identity.pid))
      const { adopt } = yield* spawner(containment, name)
      const child = yield* adopt(identity, mark)
      assert.deepStrictEqual(yield* Effect.timeout(child.exit, "50 millis"), unknown)
      yield* stays("it is not extinct", () => !child.isExtinct(), 200)
      yield* child.signal("SIGTERM")
      yield* withDeadline("the extinction", child.extinct)
      assert.isFalse(runs(pid))
    }), 30_000)

  it.live("may have ended before with all that it started", () =>
    Effect.gen(function*() {
      const [name, mark] = [freshName(), freshMark()]
      const { identity } = yield* leftByEarlierDaemon(containment, name, mark, "exec sleep 1000")
      killPid(identity.pid)
      yield* eventually("it has ended", () => !runs(identity.pid))
      const { adopt } = yield* spawner(containment, name)
      const child = yield* adopt(identity, mark)
      assert.deepStrictEqual(yield* Effect.timeout(child.exit, "50 millis"), unknown)
      yield* withDeadline("the extinction", child.extinct)
    }), 30_000)

  it.live(
    "is left alone if the identity is that of an earlier process or boot",
    () =>
      Effect.gen(function*() {
        const [name, mark] = [freshName(), freshMark()]
        const { identity } = yield* leftByEarlierDaemon(containment, name, "another", "exec sleep 1000")
        const { adopt } = yield* spawner(containment, name)
        const { cgroup: _, ...plain } = identity
        for (
          const wrong of [
            { ...plain, startTime: String(Number(identity.startTime) - 1) },
            { ...plain, boot: "00000000-0000-0000-0000-000000000000" }
          ]
        ) {
          const child = yield* adopt(wrong, mark)
          assert.deepStrictEqual(yield* Effect.timeout(child.exit, "50 millis"), unknown)
          yield* child.signal("SIGTERM")
          yield* child.signal("SIGKILL")
          yield* withDeadline("the extinction", child.extinct)
        }
        yield* stays("it runs", () => runs(identity.pid), 100)
      }),
    30_000
  )

  it.live(`is adopted as well by a daemon that would rather have ${other}`, () =>
    Effect.gen(function*() {
      const [name, mark] = [freshName(), freshMark()]
      const { identity } = yield* leftByEarlierDaemon(containment, name, mark, "sleep 1000 & exec sleep 1000")
      const { adopt } = yield* spawner(isAvailable(other) ? other : "group", name)
      const child = yield* adopt(identity, mark)
      yield* stays("it runs", () => runs(identity.pid) && !child.isExtinct(), 100)
      yield* child.signal("SIGKILL")
      yield* withDeadline("the extinction", child.extinct)
      assert.deepStrictEqual(yield* child.exit, unknown)
    }), 30_000)

  it.live("is found by the beginning of its mark", () =>
    Effect.gen(function*() {
      const [name, prefix] = [freshName(), freshMark("found")]
      const { find, spawn } = yield* spawner(containment, name)
      const start = (mark: string, command: string) =>
        Effect.acquireRelease(
          spawn(entryOf(command), mark),
          (child) => Effect.andThen(child.signal("SIGKILL"), child.extinct)
        )
      const one = yield* start(`${prefix}.1`, "sleep 1000 & exec sleep 1000")
      const two = yield* start(`${prefix}.2`, "exec sleep 1000")
      const three = yield* start(freshMark("other"), "exec sleep 1000")
      for (const { identity } of [one, two, three]) {
        yield* eventually("it sleeps", () => comm(identity!.pid) === "sleep")
      }
      const found = yield* find(prefix)
      const expected = [one, two].map(({ identity }, index) => ({
        mark: `${prefix}.${index + 1}`,
        identity: { ...identity!, containment: isWhole ? containment : "descendants" }
      }))
      assert.deepStrictEqual(found.toSorted((one, other) => one.mark < other.mark ? -1 : 1), expected)
    }), 30_000)
}

const isAvailable = (containment: Containment) =>
  allContainments.some((one) => one.containment === containment && one.unavailable === undefined)

for (const { containment, unavailable } of allContainments) {
  const reason = unavailable === undefined ? "" : ` (skipped: ${unavailable})`
  describe.skipIf(unavailable !== undefined)(
    `a process that an earlier daemon held by ${containment}${reason}`,
    () => claims(containment)
  )
}

describe.skipIf(!isAvailable("descendants"))("a forged identity", () => {
  const adoptAndKill = Effect.fnUntraced(
    function*(identity: ProcessIdentity, mark = freshMark(), name = freshName()) {
      const { adopt } = yield* spawner(undefined, name)
      const child = yield* adopt(identity, mark)
      for (const signal of ["SIGTERM", "SIGKILL"] as const) yield* child.signal(signal)
      assert.deepStrictEqual(yield* Effect.timeout(child.exit, "50 millis"), unknown)
      yield* withDeadline("the extinction", child.extinct)
    }
  )

  for (const containment of ["cgroup", "descendants", "group"] as const) {
    it.live(
      `of the init process, of ourselves or of a stranger's reaches nobody (${containment})`,
      () =>
        Effect.gen(function*() {
          const pid = yield* stranger
          yield* eventually("it sleeps", () => comm(pid) === "sleep")
          for (const victim of [1, process.pid]) {
            const { startTime } = stat(victim)!
            yield* adoptAndKill({ pid: victim, startTime, boot, containment })
            yield* adoptAndKill({ pid: victim, containment })
          }
          const { startTime } = stat(pid)!
          yield* adoptAndKill({ pid, containment })
          yield* adoptAndKill({ pid, startTime, containment })
          yield* adoptAndKill({ pid, startTime: `${startTime}0`, boot, containment })
          yield* stays("the stranger runs", () => runs(pid), 100)
        }),
      30_000
    )
  }

  it.live("of a mark that no process bears, or an empty one, finds nobody", () =>
    Effect.gen(function*() {
      const pid = yield* stranger
      yield* adoptAndKill({ pid: 999_999_999, startTime: "1", boot, containment: "descendants" }, "")
      assert.isTrue(runs(pid))
    }), 30_000)

  it.live.skipIf(!isAvailable("cgroup"))(
    "with somebody else's control group empties none",
    () =>
      Effect.gen(function*() {
        const [name, mark] = [freshName(), freshMark()]
        const pid = yield* stranger
        // The stranger is in a place like that of a tree of ours.
        const identity = yield* Effect.scoped(identityIn("cgroup", name, mark))
        const directory = identity!.cgroup!
        const base = path.dirname(directory)
        const leaf = path.basename(directory)
        yield* Effect.addFinalizer(() => removed(directory))
        fs.mkdirSync(directory, { recursive: true })
        fs.writeFileSync(`${directory}/cgroup.procs`, String(pid))
        const forged = (cgroup: string) => ({
          pid: 999_999_999,
          startTime: "1",
          boot,
          containment: "cgroup" as const,
          cgroup
        })
        for (
          const cgroup of [
            "/",
            path.dirname(base),
            base,
            `${directory}/`,
            `${base}/x/../${leaf}`,
            `${base}//${leaf}`,
            `${base}/./${leaf}`,
            `/tmp/clinit-${name}/${leaf}`
          ]
        ) {
          yield* adoptAndKill(forged(cgroup), mark, name)
          yield* adoptAndKill(forged(cgroup), "..", name)
        }
        yield* adoptAndKill(forged(directory), `${mark}x`, name)
        yield* adoptAndKill(forged(directory), mark, freshName())
        yield* adoptAndKill({ ...forged(directory), containment: "descendants" }, mark, name)
        yield* stays("the stranger runs", () => runs(pid), 100)
        // Were it right, it would do.
        yield* adoptAndKill(forged(directory), mark, name)
        assert.isFalse(runs(pid))
      }),
    30_000
  )
})
