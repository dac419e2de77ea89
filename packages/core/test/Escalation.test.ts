import * as Cltab from "@clinit/core/Cltab"
import * as Escalation from "@clinit/core/Escalation"
import type { Child } from "@clinit/core/Spawner"
import { Spawner } from "@clinit/core/Spawner"
import type * as StopSchedule from "@clinit/core/StopSchedule"
import * as ScriptedSpawner from "@clinit/core/testing/ScriptedSpawner"
import { Trace } from "@clinit/core/testing/Trace"
import { assert, describe, it } from "@effect/vitest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"

const what = (step: StopSchedule.Step) => "signal" in step ? step.signal : step.command

/** When each of the first steps of a plan is done, as the interpreter waits. */
const schedule = (plan: Escalation.Plan, count: number) => {
  let seconds = 0
  return Array.from({ length: count }, (_, index) => {
    const step = Escalation.stepAt(plan, index)
    const line = `${seconds}s ${what(step)}`
    seconds += step.graceMillis / 1_000
    return line
  })
}

it.effect("INT is sent at 0 s, TERM at 5 s, KILL at 15 s and again at 30, 50, 75, 105 s", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(schedule(yield* Escalation.StopPlan, 7), [
      "0s SIGINT",
      "5s SIGTERM",
      "15s SIGKILL",
      "30s SIGKILL",
      "50s SIGKILL",
      "75s SIGKILL",
      "105s SIGKILL"
    ])
  }))

it("a plan of one step repeats it, each wait longer than the one before", () => {
  const plan: Escalation.Plan = { steps: [{ signal: "SIGTERM", graceMillis: 1_000 }], repeatMillis: 2_000 }
  assert.deepStrictEqual(schedule(plan, 4), ["0s SIGTERM", "1s SIGTERM", "4s SIGTERM", "9s SIGTERM"])
})

const entry = Cltab.parse("web:a:1:once:a").entries[0]!

/** The trace of stopping a process that does this, for so long. */
const stopping = (script: ScriptedSpawner.Script, time: Duration.Input) =>
  Effect.gen(function*() {
    const trace = yield* Trace
    const child = yield* (yield* Spawner).spawn(entry, "a")
    yield* Effect.forkChild(
      Effect.andThen(
        Escalation.stop(child, entry, ({ step }) => trace.note(`stopping with ${what(step)}`)),
        trace.note("stopped")
      ),
      { startImmediately: true }
    )
    yield* TestClock.adjust(time)
    return trace.lines()
  }).pipe(Effect.provide(ScriptedSpawner.layer({ a: script }).pipe(Layer.provideMerge(Trace.layer))))

describe("the interpreter", () => {
  it.effect("sends nothing more once the group is extinct", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* stopping({ dies: "2 seconds" }, "10 minutes"), [
        "0s a started",
        "0s stopping with SIGINT",
        "0s a SIGINT",
        "2s a died of SIGINT",
        "2s stopped"
      ])
    }))

  it.effect("announces each signal before it sends it, and advances by time only", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* stopping({ ignores: ["SIGINT", "SIGTERM"] }, "10 minutes"), [
        "0s a started",
        "0s stopping with SIGINT",
        "0s a SIGINT",
        "5s stopping with SIGTERM",
        "5s a SIGTERM",
        "15s stopping with SIGKILL",
        "15s a SIGKILL",
        "15s a died of SIGKILL",
        "15s stopped"
      ])
    }))

  it.effect("goes on while anything of the group is left, though its leader is gone (D23)", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* stopping({ survivors: "17 seconds" }, "10 minutes"), [
        "0s a started",
        "0s stopping with SIGINT",
        "0s a SIGINT",
        "0s a died of SIGINT",
        "5s stopping with SIGTERM",
        "5s a SIGTERM",
        "15s stopping with SIGKILL",
        "15s a SIGKILL",
        "17s stopped"
      ])
    }))

  it.effect("repeats KILL as long as a process hangs in the kernel", () =>
    Effect.gen(function*() {
      const hanging = { ignores: ["SIGINT", "SIGTERM", "SIGKILL"], runs: "80 seconds" } as const
      const lines = yield* stopping(hanging, "10 minutes")
      assert.deepStrictEqual(lines.filter((line) => !line.includes("stopping")), [
        "0s a started",
        "0s a SIGINT",
        "5s a SIGTERM",
        "15s a SIGKILL",
        "30s a SIGKILL",
        "50s a SIGKILL",
        "75s a SIGKILL",
        "80s a exited 0",
        "80s stopped"
      ])
    }))

  it.effect("follows the plan of its context", () =>
    Effect.gen(function*() {
      const plan: Escalation.Plan = {
        steps: [{ signal: "SIGHUP", graceMillis: 500 }, { signal: "SIGKILL", graceMillis: 500 }],
        repeatMillis: 0
      }
      const lines = yield* Effect.provideService(
        stopping({ ignores: ["SIGHUP"] }, "1 minute"),
        Escalation.StopPlan,
        plan
      )
      assert.deepStrictEqual(lines, [
        "0s a started",
        "0s stopping with SIGHUP",
        "0s a SIGHUP",
        "0.5s stopping with SIGKILL",
        "0.5s a SIGKILL",
        "0.5s a died of SIGKILL",
        "0.5s stopped"
      ])
    }))
})

it.effect("CONT follows what can be caught, but neither what stops a tree, nor CONT itself, nor a command", () =>
  Effect.gen(function*() {
    const steps = [
      ...(["SIGINT", "SIGUSR1", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGCONT"] as const).map((
        signal
      ) => ({
        signal,
        graceMillis: 0
      })),
      { command: "quit", graceMillis: 0 },
      { signal: "SIGKILL", graceMillis: 0 }
    ] as const satisfies ReadonlyArray<StopSchedule.Step>
    const heard: Array<string> = []
    let isExtinct = false
    const hear = (what: string) =>
      Effect.sync(() => {
        heard.push(what)
        isExtinct ||= what === "SIGKILL"
      })
    const child: Child = {
      identity: { pid: 2, containment: "group" },
      exit: Effect.never,
      hasEnded: () => false,
      isExtinct: () => isExtinct,
      extinct: Effect.suspend(() => isExtinct ? Effect.void : Effect.never),
      signal: hear,
      run: hear
    }
    const [first, ...others] = steps
    const stopped = yield* Effect.forkChild(
      Escalation.stop(child, { ...entry, settings: { stop: [first!, ...others] } }, () => Effect.void),
      { startImmediately: true }
    )
    yield* TestClock.adjust(0)
    assert.isDefined(stopped.pollUnsafe())
    assert.deepStrictEqual(heard, [
      "SIGINT",
      "SIGCONT",
      "SIGUSR1",
      "SIGCONT",
      "SIGSTOP",
      "SIGTSTP",
      "SIGTTIN",
      "SIGTTOU",
      "SIGCONT",
      "quit",
      "SIGKILL"
    ])
  }))
