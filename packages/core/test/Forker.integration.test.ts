import * as ControlGroup from "@clinit/core/node/ControlGroup"
import * as TreeMark from "@clinit/core/node/TreeMark"
import type { Child, ProcessIdentity } from "@clinit/core/Spawner"
import type { Containment } from "@clinit/protocol/Status"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { spawn as spawnProcess } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { scratch } from "./support/Peer.ts"
import {
  allContainments,
  comm,
  earlierDaemon,
  eventually,
  forkerReady,
  forkersOf,
  freshMark,
  freshName,
  killPid,
  pids,
  read,
  runs,
  sleeps,
  spawner,
  spawnerWithForker,
  stat,
  withDeadline
} from "./support/RealProcesses.ts"
import { entryOf } from "./support/Spawner.contract.ts"

type Shape = Effect.Success<ReturnType<typeof spawner>>

const ended = (child: Child) =>
  Effect.andThen(child.signal("SIGKILL"), withDeadline("the extinction", child.extinct))

const sleeper = (from: Shape, mark = freshMark(), command = "exec sleep 1000") =>
  Effect.acquireRelease(from.spawn(entryOf(command), mark), ended)

/** All live processes with this mark, but for what is being executed. */
const marked = (mark: string) =>
  pids().filter((pid) => runs(pid) && (read(`/proc/${pid}/environ`) ?? "").includes(mark))

const environmentOf = (pid: number) => read(`/proc/${pid}/environ`)!.split("\0").sort()

const descriptorsOf = (pid: number) =>
  fs.readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [`${fd} ${fs.readlinkSync(`/proc/${pid}/fd/${fd}`)}`]
    } catch {
      return [] // closed while we were looking
    }
  })

/** Until it sleeps with nothing open but its streams: a program opens libraries and locales one after the other. */
const loaded = (pid: number) =>
  eventually("it is loaded", () =>
    /^State:\tS/m.test(read(`/proc/${pid}/status`) ?? "") &&
    !descriptorsOf(pid).some((each) => /\/lib|\/etc|^3 /.test(each)))

const statusOf = (pid: number) =>
  read(`/proc/${pid}/status`)!.split("\n").filter((line) =>
    /^(Umask|Uid|Gid|Groups|Sig(Blk|Ign|Cgt)|Cap|NoNewPrivs|Seccomp)/.test(line)
  )

/** What an entry's process can tell of how it was started, but for its parent and its control group. */
const factsOf = (pid: number) => ({
  environment: environmentOf(pid),
  descriptors: descriptorsOf(pid),
  status: statusOf(pid),
  limits: read(`/proc/${pid}/limits`),
  directory: fs.readlinkSync(`/proc/${pid}/cwd`)
})

const claim = <A, E>(title: string, test: () => Effect.Effect<A, E, Scope.Scope>) =>
  it.live(title, () => Effect.suspend(test), 30_000)

const claims = (containment: Containment) => {
  claim(
    "starts what nobody can tell from a process that the supervisor has forked, but by its parent",
    () =>
      Effect.gen(function*() {
        const mark = freshMark()
        const { spawner: withForker } = yield* spawnerWithForker(containment)
        const without = yield* spawner(containment)
        const facts = Effect.fnUntraced(function*(from: Shape) {
          const child = yield* sleeper(from, mark)
          yield* sleeps(child)
          const { pid } = child.identity!
          yield* loaded(pid)
          const facts = {
            ...factsOf(pid),
            command: read(`/proc/${pid}/cmdline`),
            niceness: read(`/proc/${pid}/stat`)!.split(" ")[18],
            oom: read(`/proc/${pid}/oom_score_adj`)
          }
          yield* ended(child)
          return facts
        })
        assert.deepStrictEqual(yield* facts(withForker), yield* facts(without))
      })
  )

  claim(
    "starts with the environment, the directory and the umask of an entry's settings",
    () =>
      Effect.gen(function*() {
        const directory = yield* scratch
        const { forker, spawner } = yield* spawnerWithForker(containment)
        const settings = { "env.COLOUR": "a\nb'\"", cwd: directory, umask: 0o27 }
        const entry = { ...entryOf(`echo "$COLOUR $PWD" > out; umask >> out; exec sleep 1000`), settings }
        const child = yield* Effect.acquireRelease(spawner.spawn(entry, freshMark()), ended)
        yield* sleeps(child)
        assert.strictEqual(stat(child.identity!.pid)!.ppid, forker)
        assert.strictEqual(read(`${directory}/out`), `a\nb'" ${directory}\n0027\n`)
      })
  )

  claim(
    "is told of no command that would cost it memory: those are forked without it",
    () =>
      Effect.gen(function*() {
        const { spawner } = yield* spawnerWithForker(containment)
        const command = `: ${"x".repeat(100_000)}; exec sleep 1000`
        const child = yield* sleeper(spawner, freshMark(), command)
        assert.strictEqual(stat(child.identity!.pid)!.ppid, process.pid)
        yield* sleeps(child)
      })
  )

  claim(
    "is not stopped by the signals of a terminal, or of a tree around it, and passes none of that on",
    () =>
      Effect.gen(function*() {
        const { forker, spawner } = yield* spawnerWithForker(containment)
        const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGTSTP", "SIGUSR1", "SIGUSR2"] as const
        for (const signal of signals) process.kill(forker, signal)
        const { pid } = (yield* sleeper(spawner)).identity!
        assert.strictEqual(stat(pid)!.ppid, forker)
        assert.include(statusOf(pid), "SigIgn:\t0000000000000000")
      })
  )

  claim("is not there as long as nothing has been started", () =>
    Effect.gen(function*() {
      const name = freshName()
      yield* spawner(containment, name, true)
      yield* Effect.sleep("100 millis")
      assert.deepStrictEqual(forkersOf(name), [])
    }))

  claim("ends with its supervisor's scope", () =>
    Effect.gen(function*() {
      const name = freshName()
      const scope = yield* Scope.make()
      const { forker } = yield* Scope.provide(spawnerWithForker(containment, name), scope)
      yield* withDeadline("the scope is closed", Scope.close(scope, Exit.void))
      assert.isUndefined(stat(forker))
      assert.deepStrictEqual(forkersOf(name), [])
    }))

  claim(
    "leaves its processes alone when it is killed: their end is seen then, and not known",
    () =>
      Effect.gen(function*() {
        const { forker, spawner } = yield* spawnerWithForker(containment)
        const [stays, dies] = [yield* sleeper(spawner), yield* sleeper(spawner)]
        yield* Effect.all([sleeps(stays), sleeps(dies)])
        killPid(forker)
        yield* eventually("the forker is gone", () => !runs(forker))
        yield* dies.signal("SIGTERM")
        assert.deepStrictEqual(yield* withDeadline("the exit", dies.exit), { _tag: "Unknown" })
        assert.isFalse(stays.hasEnded())
        yield* stays.signal("SIGTERM")
        yield* withDeadline("the extinction", stays.extinct)
      })
  )

  claim("is replaced when it was killed, and nothing waits for that", () =>
    Effect.gen(function*() {
      const name = freshName()
      const { forker, spawner } = yield* spawnerWithForker(containment, name)
      killPid(forker)
      const child = yield* sleeper(spawner)
      yield* sleeps(child)
      assert.notStrictEqual(yield* forkerReady(spawner, name), forker)
    }))

  claim(
    "may be killed at any moment of a hundred starts: each is done, and none twice",
    () =>
      Effect.gen(function*() {
        const name = freshName()
        const { forker, spawner } = yield* spawnerWithForker(containment, name)
        let isKilled = false
        const start = Effect.fnUntraced(function*(index: number) {
          const mark = `${freshMark()}.`
          const command = index % 2 === 0 ? "exec sleep 1000" : "sleep 1000; :"
          const child = yield* spawner.spawn(entryOf(command), mark)
          if (index === 30) {
            isKilled = true
            killPid(forker)
          }
          return { mark, child, pid: child.identity!.pid }
        })
        const started = yield* Effect.all(Array.from({ length: 100 }, (_, index) => start(index)), {
          concurrency: "unbounded"
        })
        yield* Effect.addFinalizer(() =>
          Effect.forEach(started, ({ child }) => ended(child), { concurrency: "unbounded" })
        )
        assert.isTrue(isKilled)
        yield* eventually(
          "nothing is about to be executed",
          () => forkersOf(name).every((pid) => stat(pid)?.ppid === process.pid)
        )
        const leaders = pids().filter((pid) => stat(pid)?.session === pid && runs(pid))
          .map((pid) => ({ pid, environment: read(`/proc/${pid}/environ`) ?? "" }))
        for (const { mark, pid } of started) {
          const found = leaders.filter(({ environment }) => environment.includes(mark))
          assert.deepStrictEqual(found.map((each) => each.pid), [pid])
        }
      })
  )
}

for (const { containment, unavailable } of allContainments) {
  describe.skipIf(unavailable !== undefined || containment === "group")(
    `the forker of processes that are held together by ${containment}`,
    () => claims(containment)
  )
}

const { unavailable } = allContainments.find(({ containment }) => containment === "cgroup")!

/** The shells that wait in control groups of their own for this spawner's next starts, by pid. */
const parked = (name: string) =>
  new Map(
    pids().flatMap((pid) => {
      const own = /^0::(.*)$/m.exec(read(`/proc/${pid}/cgroup`) ?? "")?.[1] ?? ""
      const isOurs = (read(`/proc/${pid}/environ`) ?? "").includes(TreeMark.ofForker(name))
      return isOurs && own.includes(`/${ControlGroup.baseIn("", name).slice(1)}/p`)
        ? [[pid, own] as const]
        : []
    })
  )

const allParked = (name: string) =>
  eventually("five shells are parked", () => parked(name).size === 5 && parked(name))

/** Starts the command, again and again, until a parked shell becomes it. */
const fromParked = (from: Shape, command: string, mark: string) =>
  withDeadline(
    "a parked shell becomes it",
    Effect.gen(function*() {
      const child = yield* Effect.orDie(from.spawn(entryOf(command), mark, "again"))
      if (/\/p[0-9a-f]{32}$/.test(child.identity!.cgroup!)) return child
      yield* ended(child)
      return yield* Effect.fail("not yet" as const)
    }).pipe(Effect.retry(Schedule.spaced("100 millis")), Effect.orDie)
  )

describe.skipIf(unavailable !== undefined)("shells that a forker has parked in control groups", () => {
  claim(
    "become what nobody can tell from what was forked for an entry, also where only a shell can run it",
    () =>
      Effect.gen(function*() {
        const mark = freshMark()
        const name = freshName()
        const { spawner: withForker } = yield* spawnerWithForker("cgroup", name)
        const without = yield* spawner("cgroup")
        const directory = yield* scratch
        const said = (command: string) =>
          `{ env | sort; echo "$0 $# -$CLINIT_LAUNCH-" 'a"b'; set | grep -c LAUNCH; ulimit -a; umask; } >${directory}/said;${command}`
        for (const command of ["exec sleep 1000", said("exec sleep 1000"), said("sleep 1000; exit 3")]) {
          const facts = Effect.fnUntraced(function*(from: Shape, isParked: boolean) {
            const child = yield* isParked
              ? Effect.acquireRelease(fromParked(from, command, mark), ended)
              : sleeper(from, mark, command)
            const { cgroup, pid } = child.identity!
            if (command.includes("exec")) yield* sleeps(child)
            else {
              yield* eventually("its sleep runs", () => marked(mark).some((each) => comm(each) === "sleep"))
            }
            yield* loaded(pid)
            assert.include(read(`/proc/${pid}/cgroup`), cgroup!.slice(cgroup!.indexOf("/clinit-")))
            const facts = {
              ...factsOf(pid),
              session: stat(pid)!.session === pid && stat(pid)!.pgrp === pid,
              program: comm(pid),
              said: read(`${directory}/said`)
            }
            yield* ended(child)
            yield* eventually("its control group is gone", () => !fs.existsSync(cgroup!))
            return facts
          })
          assert.deepStrictEqual(yield* facts(withForker, true), yield* facts(without, false))
        }
      })
  )

  claim("tell how they ended like any other process", () =>
    Effect.gen(function*() {
      const name = freshName()
      const { spawner } = yield* spawnerWithForker("cgroup", name)
      const child = yield* fromParked(spawner, "exit 3", freshMark())
      assert.deepStrictEqual(yield* withDeadline("the exit", child.exit), { _tag: "Exited", code: 3 })
    }))

  claim("may be killed while they wait: a start is none the worse for it", () =>
    Effect.gen(function*() {
      const name = freshName()
      const { spawner } = yield* spawnerWithForker("cgroup", name)
      for (const pid of (yield* allParked(name)).keys()) killPid(pid)
      const child = yield* sleeper(spawner)
      yield* sleeps(child)
    }))

  claim("end with the scope, and so do their control groups", () =>
    Effect.gen(function*() {
      const name = freshName()
      const scope = yield* Scope.make()
      const { base, shells } = yield* Scope.provide(
        Effect.gen(function*() {
          const { spawner } = yield* spawnerWithForker("cgroup", name)
          const { cgroup } = (yield* sleeper(spawner)).identity!
          return { shells: yield* allParked(name), base: path.dirname(cgroup!) }
        }),
        scope
      )
      yield* withDeadline("the scope is closed", Scope.close(scope, Exit.void))
      assert.deepStrictEqual([...shells.keys()].filter(runs), [])
      assert.isFalse(fs.existsSync(base))
    }))

  claim("end with a forker that is killed", () =>
    Effect.gen(function*() {
      const name = freshName()
      const { forker } = yield* spawnerWithForker("cgroup", name)
      const shells = yield* allParked(name)
      killPid(forker)
      yield* eventually("they are gone", () => ![...shells.keys()].some(runs))
    }))

  claim(
    "end with a supervisor that is killed; a later one goes on with what one became, and removes their control groups",
    () =>
      Effect.gen(function*() {
        const name = freshName()
        const mark = freshMark()
        const file = `${yield* scratch}/identity`
        const args = earlierDaemon("cgroup", name, mark, "exec sleep 1000", file, "parked")
        const daemon = spawnProcess(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] })
        yield* Effect.addFinalizer(() => Effect.sync(() => daemon.kill("SIGKILL")))
        const identity = JSON.parse(yield* eventually("the identity", () => read(file))) as ProcessIdentity
        yield* Effect.addFinalizer(() => Effect.sync(() => killPid(identity.pid)))
        assert.match(identity.cgroup!, /\/p[0-9a-f]{32}$/)
        const shells = yield* allParked(name)
        daemon.kill("SIGKILL")
        yield* eventually(
          "they are gone",
          () => ![...shells.keys()].some(runs) && forkersOf(name).length === 0
        )
        assert.isTrue(runs(identity.pid))
        const successor = yield* spawner("cgroup", name)
        const [found] = yield* successor.find(mark)
        assert.deepStrictEqual(found?.identity, identity)
        const child = yield* successor.adopt(identity, found!.mark)
        assert.deepStrictEqual(child.identity, identity)
        yield* ended(child)
        const base = path.dirname(identity.cgroup!)
        yield* eventually(
          "the control groups are gone",
          () => fs.readdirSync(base).every((each) => !each.startsWith("p"))
        )
      })
  )
})
