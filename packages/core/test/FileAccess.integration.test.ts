import * as FileAccess from "@clinit/core/node/FileAccess"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { eventually, withDeadline } from "./support/RealProcesses.ts"

/** Work that hangs until it is let go. */
const hanging = () => {
  const disposed: Array<string> = []
  let begun = 0
  let letGo = () => {}
  const end = new Promise<void>((resolve) => (letGo = resolve))
  const work = () => {
    begun++
    return end.then(() => "result")
  }
  return { work, disposed, letGo, dispose: (late: string) => disposed.push(late), begun: () => begun }
}

const hangs = "/x: no answer within 0.02 seconds: its file system, or that of another entry, hangs"

describe("an access to a file that hangs", () => {
  it.live("is given up, also by who cannot be interrupted, and what it comes to later is disposed of", () =>
    Effect.gen(function*() {
      const { dispose, disposed, letGo, work } = hanging()
      const { reason } = yield* withDeadline(
        "the refusal",
        Effect.uninterruptible(Effect.flip(FileAccess.access("/x", work, dispose, 20)))
      )
      assert.strictEqual(reason, hangs)
      letGo()
      yield* eventually("it is disposed of", () => disposed.length > 0)
      assert.deepStrictEqual(disposed, ["result"])
    }))

  it.live("can be interrupted, and what it comes to later is disposed of", () =>
    Effect.gen(function*() {
      const { dispose, disposed, letGo, work } = hanging()
      const fiber = yield* Effect.forkChild(FileAccess.access("/x", work, dispose), {
        startImmediately: true
      })
      yield* withDeadline("the interruption", Fiber.interrupt(fiber))
      letGo()
      yield* eventually("it is disposed of", () => disposed.length > 0)
    }))

  it.live("keeps one of two places until it ends: Node's other threads are left to the daemon", () =>
    Effect.gen(function*() {
      const { begun, letGo, work } = hanging()
      const refused = yield* Effect.all(
        Array.from({ length: 5 }, () => Effect.flip(FileAccess.access("/x", work, () => {}, 20))),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(refused.map(({ reason }) => reason), Array.from({ length: 5 }, () => hangs))
      assert.strictEqual(begun(), 2)
      const next = yield* Effect.forkChild(FileAccess.access("/y", () => Promise.resolve("done")), {
        startImmediately: true
      })
      letGo()
      assert.strictEqual(yield* withDeadline("there is room again", Fiber.join(next)), "done")
      assert.strictEqual(begun(), 2, "nobody waits for the others any longer")
    }))

  it.live("that fails is told in the system's words", () =>
    Effect.gen(function*() {
      const failing = FileAccess.access("/x", () => Promise.reject(new Error("EIO: i/o error, open '/x'")))
      assert.strictEqual((yield* Effect.flip(failing)).reason, "/x: EIO: i/o error")
    }))
})
