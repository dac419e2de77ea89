import type { Verb } from "@clinit/core/ByHand"
import * as Entry from "@clinit/core/Entry"
import type { Script } from "@clinit/core/testing/ScriptedSystem"
import type { Mode } from "@clinit/protocol/Names"
import type { ProcessStatus } from "@clinit/protocol/Status"
import { assert, it } from "@effect/vitest"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Runtime from "effect/Runtime"
import * as Struct from "effect/Struct"
import * as TestClock from "effect/testing/TestClock"
import type { Node } from "./support/Node.ts"
import { withNode } from "./support/Node.ts"
import type { Random as Choices } from "./support/ScheduleRandom.ts"
import * as ScheduleRandom from "./support/ScheduleRandom.ts"

class Exits extends Data.TaggedError("Exits")<{ readonly code: number }> {
  override readonly [Runtime.errorExitCode] = this.code
}

/** What an effect and a process can do alike: end by itself, or take a while to be gone when it is told to. */
type Deed = Pick<Script, "runs" | "exits" | "dies">

const effectOf = ({ dies = 0, exits = 0, runs }: Deed) =>
  Effect.andThen(
    runs === undefined ? Effect.never : Effect.sleep(runs),
    exits === 0 ? Effect.void : Effect.fail(new Exits({ code: exits }))
  ).pipe(Effect.onInterrupt(() => Effect.sleep(dies)))

interface Planned {
  readonly tag: string
  readonly mode: Mode
  readonly levels: ReadonlyArray<string>
  readonly deed: Deed
  readonly settings: Entry.EffectSettings
}

const deeds: ReadonlyArray<Deed> = [
  {},
  { dies: "3 seconds" },
  { dies: "20 seconds" },
  { runs: "1 second" },
  { runs: "1 second", exits: 3 },
  { runs: "100 millis", exits: 1 },
  { runs: "30 seconds" }
]

const settings: ReadonlyArray<Entry.EffectSettings> = [
  {},
  {},
  { timeout: "5 seconds", success: [0, 3] },
  { stop: [{ signal: "HUP", grace: "2 seconds" }, "KILL"] },
  { "respawn.hits": 1, "respawn.pause": "7 seconds", "respawn.give-up": 2, "respawn.jitter": "50%" }
]

const planned = (random: Choices): ReadonlyArray<Planned> =>
  ["a", "b", "c", "d", "e"].map((tag) => ({
    tag,
    mode: random.pick(["respawn", "respawn", "once", "wait", "test", "off"] as const),
    levels: random.pick([["1"], ["2"], ["1", "2"], ["2", "3"], ["1", "2", "3"]]),
    deed: random.pick(deeds),
    settings: random.pick(settings)
  }))

const verbs: ReadonlyArray<Verb> = ["start", "stop", "restart"]

type Step = (node: Node) => Effect.Effect<unknown, unknown>

const steps = (random: Choices): ReadonlyArray<Step> =>
  Array.from({ length: 12 }, (): Step => {
    const level = random.pick(["1", "2", "3", "4"])
    const verb = random.pick(verbs)
    const tag = random.pick(["a", "b", "c", "d", "e"])
    const seconds = random.below(25)
    return random.pick<Step>([
      (node) => node.tell("web", level),
      (node) => node.after(`${seconds} seconds`),
      (node) => node.after(`${seconds} seconds`),
      (node) => node.order(verb, `web/${tag}`),
      (node) => node.retry()
    ])
  })

/** What is published of an entry, but for what makes a process a process. */
const seen = (status: ProcessStatus | undefined) => {
  if (status === undefined) return undefined
  const { state } = status
  return {
    ...Struct.omit(status, ["containment"]),
    state: "pid" in state ? Struct.omit(state, ["pid"]) : state
  }
}

/** What is seen from outside of these entries: what becomes of the group, and how each entry stands after each step. */
const observe = (entries: ReadonlyArray<Planned>, isFiber: boolean, todo: ReadonlyArray<Step>) =>
  withNode(
    entries.map(({ deed, tag, ...definition }) =>
      isFiber
        ? Entry.effect("web", tag, { ...definition, effect: effectOf(deed) })
        : Entry.process("web", tag, { ...definition, command: tag })
    ),
    Object.fromEntries(entries.map(({ deed, tag }) => [tag, deed])),
    Effect.fnUntraced(function*(node) {
      const standings: Array<unknown> = []
      for (const step of todo) {
        const exit = yield* Effect.exit(step(node))
        standings.push([exit._tag, ...entries.map(({ tag }) => seen(node.process("web", tag)))])
      }
      yield* node.after("3 minutes")
      return { standings, group: node.trace.lines().filter((line) => / web /.test(line)) }
    })
  ).pipe(Random.withSeed("jitter"), Effect.provide(TestClock.layer()))

it.effect.each(Array.from({ length: 60 }, (_, seed) => seed))(
  "an effect is supervised as a process is that does the same: seed %s",
  (seed) =>
    Effect.gen(function*() {
      const random = ScheduleRandom.make(seed)
      const entries = planned(random)
      const todo = steps(random)
      const processes = yield* observe(entries, false, todo)
      const fibers = yield* observe(entries, true, todo)
      assert.deepStrictEqual(fibers, processes)
    })
)
