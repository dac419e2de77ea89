import type { Child } from "@clinit/core/Spawner"
import type { Containment } from "@clinit/protocol/Status"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as fs from "node:fs"
import { scratch } from "./support/Peer.ts"
import {
  allContainments,
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
  fs.readdirSync(`/proc/${pid}/fd`).map((fd) => `${fd} ${fs.readlinkSync(`/proc/${pid}/fd/${fd}`)}`)

const statusOf = (pid: number) =>
  read(`/proc/${pid}/status`)!.split("\n").filter((line) =>
    /^(Umask|Uid|Gid|Groups|Sig(Blk|Ign|Cgt)|Cap|NoNewPrivs|Seccomp)/.test(line)
  )

const claims = (containment: Containment) => {
  const claim = <A, E>(title: string, test: () => Effect.Effect<A, E, Scope.Scope>) =>
    it.live(title, () => Effect.suspend(test), 30_000)

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
          yield* eventually(
            "it is loaded",
            () => !descriptorsOf(pid).some((each) => /\/lib|\/etc/.test(each))
          )
          const facts = {
            environment: environmentOf(pid),
            descriptors: descriptorsOf(pid),
            status: statusOf(pid),
            limits: read(`/proc/${pid}/limits`),
            directory: fs.readlinkSync(`/proc/${pid}/cwd`),
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
        for (const { mark, pid } of started) {
          assert.deepStrictEqual(marked(mark).filter((each) => stat(each)?.session === each), [pid])
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
