import * as ControlGroup from "@clinit/core/node/ControlGroup"
import * as ControlGroupPlace from "@clinit/core/node/ControlGroupPlace"
import * as LoopTurn from "@clinit/core/node/LoopTurn"
import * as NodeSpawner from "@clinit/core/node/NodeSpawner"
import type { ProcessIdentity } from "@clinit/core/Spawner"
import type { Containment } from "@clinit/protocol/Status"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { execFileSync, spawn as spawnProcess } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { scratch } from "./support/Peer.ts"
import {
  allContainments,
  comm,
  earlierDaemon,
  eventually,
  freshMark,
  freshName,
  killPid,
  read,
  runs,
  spawner,
  withDeadline
} from "./support/RealProcesses.ts"
import { entryOf } from "./support/Spawner.contract.ts"
import { unprivileged } from "./support/Unprivileged.ts"

const isRoot = process.getuid?.() === 0
const noCgroup = allContainments.find(({ containment }) => containment === "cgroup")?.unavailable
const because = noCgroup === undefined ? "" : ` (skipped: ${noCgroup})`
const place = ControlGroupPlace.find()

/** Builds a spawner; returns how that went and what was logged. */
const built = Effect.fnUntraced(function*(containment: Containment | undefined, name = freshName()) {
  const log: Array<string> = []
  const logger = Logger.make(({ message }) => void log.push(String(message)))
  const result = yield* Effect.result(
    Effect.scoped(
      Layer.build(Layer.provide(NodeSpawner.layer({ containment, name }), Logger.layer([logger])))
    )
  )
  return { log, failure: result._tag === "Failure" ? result.failure : undefined }
})

const canDrop = (() => {
  try {
    execFileSync("setpriv", ["--version"], { stdio: "ignore" })
    return isRoot
  } catch {
    return false
  }
})()

const nobody = 65534

/** Makes a control group as somebody who delegates it: its files that make children and move processes are given. */
const delegated = (isGiven: boolean) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      if (typeof place === "string") throw new Error(place)
      const directory = `${place.own}/${freshName()}`
      fs.mkdirSync(directory)
      fs.chownSync(directory, nobody, nobody)
      if (isGiven) fs.chownSync(`${directory}/cgroup.procs`, nobody, nobody)
      return directory
    }),
    (directory) =>
      Effect.asVoid(eventually("the control group is removed", () => ControlGroup.remove(directory)))
  )

/** Starts a command by an unprivileged daemon in the control group; its process's identity, or why there is none. */
const startedIn = Effect.fnUntraced(function*(directory: string, containment: Containment) {
  const files = yield* scratch
  fs.chmodSync(files, 0o777)
  const [name, mark] = [freshName(), freshMark()]
  const daemon = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawnProcess("sh", [
        "-c",
        `echo 0 > '${directory}/cgroup.procs' && exec setpriv --reuid=${nobody} --regid=${nobody} --clear-groups "$@"`,
        "sh",
        process.execPath,
        ...earlierDaemon(
          containment,
          name,
          mark,
          "setsid sleep 1000 & exec sleep 1000",
          `${files}/identity`
        )
      ], { stdio: ["ignore", "ignore", "pipe"] })
    ),
    (daemon) =>
      Effect.gen(function*() {
        daemon.kill("SIGKILL")
        ControlGroup.kill(directory)
        yield* eventually("the daemon is gone", () => daemon.signalCode !== null || daemon.exitCode !== null)
      })
  )
  let errors = ""
  daemon.stderr.on("data", (data) => void (errors += String(data)))
  const identity = yield* eventually(
    "an identity or an end",
    () => read(`${files}/identity`) ?? (daemon.exitCode !== null && "none")
  )
  if (identity !== "none") return { errors, identity: JSON.parse(identity) as ProcessIdentity, name, mark }
  return { errors, identity: undefined, name, mark }
})

describe("the containment", () => {
  it.live("is the best that there is, and the log says which and why", () =>
    Effect.gen(function*() {
      const { failure, log } = yield* built(undefined)
      assert.isUndefined(failure)
      assert.strictEqual(log.length, 1)
      assert.match(
        log[0]!,
        noCgroup === undefined ? /by control groups in \// : /control groups are not available: ./
      )
    }))

  it.live("is what was asked for, and the log says so", () =>
    Effect.gen(function*() {
      const { log } = yield* built("group")
      assert.deepStrictEqual(log, ["processes are held together by process group alone, as asked for"])
    }))

  it.live.skipIf(!isRoot)(
    "that was asked for and is not available is an error; another is found (needs root)",
    () =>
      Effect.gen(function*() {
        const { failure } = yield* unprivileged(built("cgroup"))
        assert.strictEqual(failure?._tag, "ContainmentUnavailable")
        assert.strictEqual(failure?.containment, "cgroup")
        assert.match(failure?.message ?? "", /^containment cgroup is not available: ./)
        const { failure: none, log } = yield* unprivileged(built(undefined))
        assert.isUndefined(none)
        assert.match(log.join(), /by mark and descent: control groups are not available: ./)
      })
  )
})

describe.skipIf(noCgroup !== undefined)(`control groups of trees${because}`, () => {
  const base = (directory: string) => path.dirname(directory)

  const sleeper = Effect.fnUntraced(function*(name: string, command = "exec sleep 1000", mark = freshMark()) {
    const { spawn } = yield* spawner("cgroup", name)
    const child = yield* Effect.acquireRelease(
      spawn(entryOf(command), mark),
      (child) => Effect.andThen(child.signal("SIGKILL"), child.extinct)
    )
    yield* eventually("it sleeps", () => comm(child.identity!.pid) === "sleep")
    return { child, directory: child.identity!.cgroup! }
  })

  it.live("hold the process, are removed when it is gone, and with the last their base", () =>
    Effect.gen(function*() {
      const directory = yield* Effect.scoped(Effect.gen(function*() {
        const { child, directory } = yield* sleeper(freshName())
        assert.deepStrictEqual(ControlGroup.members(directory), [child.identity!.pid])
        yield* child.signal("SIGTERM")
        yield* withDeadline("the extinction", child.extinct)
        yield* eventually("it is removed", () => !fs.existsSync(directory))
        assert.isTrue(fs.existsSync(base(directory)))
        return directory
      }))
      assert.isFalse(fs.existsSync(base(directory)))
    }))

  it.live("are left to those whom an entry has left, and removed later", () =>
    Effect.gen(function*() {
      const name = freshName()
      const { directory, pids } = yield* Effect.scoped(Effect.gen(function*() {
        const { spawn } = yield* spawner("cgroup", name)
        const child = yield* spawn(entryOf("sleep 1000 & exit 0"), freshMark())
        yield* withDeadline("the exit", child.exit)
        return { directory: child.identity!.cgroup!, pids: ControlGroup.members(child.identity!.cgroup!) }
      }))
      assert.strictEqual(pids.length, 1)
      yield* Effect.scoped(spawner("cgroup", name))
      assert.isTrue(pids.every(runs))
      assert.isTrue(fs.existsSync(directory))
      for (const pid of pids) killPid(pid)
      yield* eventually("they are gone", () => !pids.some(runs))
      yield* Effect.scoped(spawner("cgroup", name))
      assert.isFalse(fs.existsSync(base(directory)))
    }))

  const leftBehind = Effect.gen(function*() {
    const name = freshName()
    const { directory } = yield* Effect.scoped(sleeper(name))
    yield* LoopTurn.whole // its own spawner removes it behind what an end leaves to be done
    fs.mkdirSync(`${directory}/a/b`, { recursive: true })
    return { name, directory }
  })

  it.live("that an earlier daemon left behind are removed at the end, with those below them", () =>
    Effect.gen(function*() {
      const { directory, name } = yield* leftBehind
      yield* Effect.scoped(spawner("cgroup", name))
      assert.isFalse(fs.existsSync(directory))
    }))

  it.live("that an earlier daemon left behind are removed when whoever it had just started has moved in", () =>
    Effect.gen(function*() {
      const { directory, name } = yield* leftBehind
      const begun = performance.now()
      yield* spawner("cgroup", name)
      yield* eventually("it is removed", () => !fs.existsSync(directory))
      assert.isAtLeast(performance.now() - begun, 2_000)
    }))

  it.live("of the entry's own making are part of the tree", () =>
    Effect.gen(function*() {
      const name = freshName()
      const { child, directory } = yield* sleeper(
        name,
        `cd /sys/fs/cgroup; own=$(sed -n 's/^0:://p' /proc/self/cgroup)
         here=$(echo "$BASE_OF_CGROUPS$own"); mkdir "$here/nested"
         setsid sh -c 'echo 0 > "$0/nested/cgroup.procs"; exec sleep 1000' "$here" & exec sleep 1000`
          .replace("$BASE_OF_CGROUPS", typeof place === "string" ? "" : place.mount.directory)
      )
      const pid = yield* eventually("somebody is in the nested one", () =>
        read(`${directory}/nested/cgroup.procs`)?.trim() || undefined)
      assert.strictEqual(ControlGroup.members(directory).length, 2)
      yield* child.signal("SIGTERM")
      yield* withDeadline("the extinction", child.extinct)
      assert.isFalse(runs(Number(pid)))
      yield* eventually("it is removed", () =>
        !fs.existsSync(directory))
    }))

  it.live("of a process that was not started are removed", () =>
    Effect.gen(function*() {
      const { directory } = yield* sleeper(freshName())
      const name = freshName()
      const { spawn } = yield* spawner("cgroup", name)
      yield* Effect.flip(spawn(entryOf(`: ${"x".repeat(10_000_000)}`), freshMark()))
      const own = base(directory).replace(/[^/]*$/, `clinit-${name}`)
      assert.deepStrictEqual(ControlGroup.below(own), [])
    }))

  it.live("may be called anything that a mark can be", () =>
    Effect.gen(function*() {
      for (const mark of ["cgroup.procs", "..", "a/b", "it's", "ü\"$x`", "x".repeat(1_000)]) {
        yield* Effect.scoped(Effect.gen(function*() {
          const { child, directory } = yield* sleeper(freshName(), "exec sleep 1000", mark)
          assert.deepStrictEqual(ControlGroup.members(directory), [child.identity!.pid])
        }))
      }
    }))

  it.live.skipIf(!canDrop)(
    "need no root, but a subtree that is delegated (needs root and setpriv)",
    () =>
      Effect.gen(function*() {
        const directory = yield* delegated(true)
        const { errors, identity, mark, name } = yield* startedIn(directory, "cgroup")
        assert.strictEqual(
          identity?.cgroup,
          ControlGroup.treeIn(`${directory}/clinit-${name}`, mark),
          errors
        )
        yield* eventually("both are there", () => ControlGroup.members(identity!.cgroup!).length === 2)
      }),
    30_000
  )

  it.live.skipIf(!canDrop)(
    "are refused where they can be made but not moved to (needs root and setpriv)",
    () =>
      Effect.gen(function*() {
        const directory = yield* delegated(false)
        const { errors, identity } = yield* startedIn(directory, "cgroup")
        assert.isUndefined(identity)
        assert.match(errors, /containment cgroup is not available: a process cannot be moved to/)
        assert.deepStrictEqual(ControlGroup.below(directory), [])
      }),
    30_000
  )
})

describe("a daemon in an entry of another", () => {
  it.live("adds its mark to that of the other", () =>
    Effect.gen(function*() {
      const outer = freshMark("outer")
      const before = process.env["CLINIT_TREE"]
      process.env["CLINIT_TREE"] = outer
      const { find, spawn } = yield* Effect.ensuring(
        spawner(undefined),
        Effect.sync(() => {
          if (before === undefined) delete process.env["CLINIT_TREE"]
          else process.env["CLINIT_TREE"] = before
        })
      )
      const inner = freshMark("inner")
      const child = yield* Effect.acquireRelease(
        spawn(entryOf("exec sleep 1000"), inner),
        (child) => Effect.andThen(child.signal("SIGKILL"), child.extinct)
      )
      yield* eventually("it sleeps", () => comm(child.identity!.pid) === "sleep")
      for (const mark of [outer, inner]) {
        const found = yield* find(mark)
        assert.deepStrictEqual(found.map(({ identity, mark }) => [mark, identity.pid]), [[
          mark,
          child.identity!.pid
        ]])
      }
    }))
})
