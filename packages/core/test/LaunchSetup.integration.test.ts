import * as LaunchSetup from "@clinit/core/node/LaunchSetup"
import type { ProcessChild } from "@clinit/core/Spawner"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { killPid, runs, withDeadline } from "./support/RealProcesses.ts"

/** A process whose set-up is this shell script; nothing but itself is of its tree. */
const settingUp = (script: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const forked = spawn("/bin/sh", ["-c", script], { stdio: ["ignore", "ignore", "pipe"] })
      const exit = Deferred.makeUnsafe<void>()
      forked.once("exit", () => Deferred.doneUnsafe(exit, Effect.void))
      const child: ProcessChild = {
        identity: { pid: forked.pid!, containment: "group" },
        exit: Effect.as(Deferred.await(exit), { _tag: "Exited", code: 0 } as const),
        hasEnded: () => false,
        isExtinct: () => Deferred.isDoneUnsafe(exit),
        extinct: Deferred.await(exit),
        signal: () => Effect.void,
        run: () => Effect.void
      }
      return { forked, child }
    }),
    ({ child }) => Effect.andThen(Effect.sync(() => killPid(child.identity.pid)), child.extinct)
  )

const reasonOf = (
  { child, forked }: { readonly child: ProcessChild; readonly forked: ChildProcess },
  millis?: number
) =>
  withDeadline(
    "the refusal",
    Effect.map(Effect.flip(LaunchSetup.admit({ user: "nobody" }, millis)(forked, child)), ({ reason }) =>
      reason)
  )

describe("a set-up", () => {
  it.live("that hangs is a start that is refused, with what it said, and its process is ended", () =>
    Effect.gen(function*() {
      const it = yield* settingUp("echo waiting for godot >&2; exec sleep 1000")
      assert.strictEqual(yield* reasonOf(it, 100), "it was not set up within 0.1 seconds: waiting for godot")
      assert.isFalse(runs(it.child.identity.pid))
    }))

  it.live("that nobody waits for any longer is ended", () =>
    Effect.gen(function*() {
      const { child, forked } = yield* settingUp("exec sleep 1000")
      const fiber = yield* Effect.forkChild(LaunchSetup.admit({})(forked, child), { startImmediately: true })
      yield* withDeadline("the interruption", Fiber.interrupt(fiber))
      assert.isFalse(runs(child.identity.pid))
    }))

  it.live("that ends is a start that is refused in the words of the program that failed", () =>
    Effect.gen(function*() {
      for (
        const [said, told] of [
          ["setpriv: setgroups failed: no", "user: setpriv: setgroups failed: no"],
          [
            "prlimit: failed to set the NPROC resource limit: no",
            "limit.nproc: prlimit: failed to set the NPROC resource limit: no"
          ],
          ["sh: 1: exec: prlimit: not found", "limit: exec: prlimit: not found"],
          ["sh: line 1: exec: nice: not found", "nice: exec: nice: not found"],
          ["sh: 1: cd: can't cd to /x\nand more", "cwd: cd: can't cd to /x; and more"],
          ["", "what sets it up exited 0 without a word"]
        ] as const
      ) {
        const it = yield* settingUp(`printf '%s\n' "${said}" >&2; exit 1`)
        assert.strictEqual(yield* reasonOf(it), told)
      }
    }))

  it.live("that is ready has its command begin only when it is told to, whatever it said before", () =>
    Effect.gen(function*() {
      const { child, forked } = yield* settingUp(
        "echo a warning >&2; echo ready >&2; read -r x <&2 && exec sleep 1000"
      )
      assert.strictEqual(yield* withDeadline("it is ready", LaunchSetup.admit({})(forked, child)), child)
      assert.isTrue(runs(child.identity.pid))
    }))
})
