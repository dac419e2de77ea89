import type * as ByHand from "@clinit/core/ByHand"
import * as Cltab from "@clinit/core/Cltab"
import * as GroupPlanning from "@clinit/core/GroupPlanning"
import * as OrderPlan from "@clinit/core/OrderPlan"
import { GroupName, Level } from "@clinit/protocol/Names"
import type { ProcessState } from "@clinit/protocol/Status"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { cltab } from "./support/Node.ts"

const { entries } = Cltab.parse(
  cltab("web:a:1:respawn:a", "web:b:1:once:b", "web:c:2:respawn:c", "web:o:1:off:o")
)
const level = Level.make("1")
const atLevel = (...orders: ReadonlyArray<readonly [tag: string, order: "start" | "stop"]>) =>
  ({ _tag: "Level", level, entries, byHand: new Map(orders) as unknown as ByHand.Orders }) as const
const halted = (after: "stay" | "end" | "forget") => ({ _tag: "Halt", after, from: level }) as const

/** The plan in words, for a group of which these entries were started, with the states that they show. */
const plan = (
  verb: ByHand.Verb,
  name: string | undefined,
  target: OrderPlan.Found["target"],
  states: Record<string, ProcessState["_tag"] | undefined> = {},
  leaving: ReadonlyArray<string> = []
) => {
  const started = new Map(entries.filter(({ tag }) => tag in states).map((entry) => [entry.tag, entry]))
  const order = { verb, now: entries, entry: entries.find(({ tag }) => tag === name) }
  const planned = OrderPlan.of(order, {
    ...GroupPlanning.untold(GroupName.make("web")),
    target,
    started,
    leaving: entries.filter(({ tag }) => leaving.includes(tag)),
    stateOf: (tag) => states[tag] && ({ _tag: states[tag] } as ProcessState)
  })
  return Result.match(planned, {
    onFailure: ({ message }) => message,
    onSuccess: ({ isIdle, level, step, tags, until }) =>
      [
        `${tags.join("")} at ${level ?? "no level"}${isIdle ? ", idle" : ""}: ${step._tag}`,
        ...(step._tag === "Tell"
          ? [
            `letting go ${step.letGo.join("") || "none"}`,
            ...Array.from(step.byHand, ([tag, order]) => `${order} ${tag}`)
          ]
          : []),
        until
      ].join(", ")
  })
}

describe("an order for one entry", () => {
  it("leaves alone what is so already", () => {
    assert.deepStrictEqual([
      plan("start", "a", atLevel(), { a: "Running" }),
      plan("start", "a", atLevel(), { a: undefined }),
      plan("start", "c", atLevel(["c", "start"]), { c: "Starting" }),
      plan("stop", "c", atLevel()),
      plan("stop", "a", atLevel(["a", "stop"]), {}, ["a"]),
      plan("stop", "o", atLevel())
    ], [
      "a at 1, idle: Nothing, Settled",
      "a at 1, idle: Nothing, Settled",
      "c at 1, idle: Nothing, Settled",
      "c at 1, idle: Nothing, Down",
      "a at 1, idle: Nothing, Down",
      "o at 1, idle: Nothing, Down"
    ])
  })

  it("lets go what a stop or a restart is of, and what a start begins afresh", () => {
    assert.deepStrictEqual([
      plan("stop", "a", atLevel(), { a: "Running" }),
      plan("restart", "a", atLevel(), { a: "Running" }),
      plan("start", "a", atLevel(), { a: "Pausing" }),
      plan("start", "a", atLevel(), { a: "Failed" }),
      plan("start", "b", atLevel(), { b: "Done" }),
      plan("start", "b", atLevel(), { b: "Stopping" })
    ], [
      "a at 1: Tell, letting go a, stop a, Down",
      "a at 1: Tell, letting go a, Settled",
      "a at 1: Tell, letting go a, Settled",
      "a at 1: Tell, letting go a, Settled",
      "b at 1: Tell, letting go b, Settled",
      "b at 1: Tell, letting go b, Settled"
    ])
  })

  it("leaves a respawn entry alone that a time limit stops: it comes up again by itself", () => {
    assert.strictEqual(
      plan("start", "a", atLevel(), { a: "Stopping" }),
      "a at 1, idle: Nothing, Settled"
    )
  })

  it("lets nothing go if nothing runs, and takes back the order that it is against", () => {
    assert.deepStrictEqual([
      plan("start", "c", atLevel()),
      plan("stop", "a", atLevel()),
      plan("start", "a", atLevel(["a", "stop"], ["c", "start"])),
      plan("restart", "a", atLevel(["a", "stop"]), {}, ["a"])
    ], [
      "c at 1: Tell, letting go none, start c, Settled",
      "a at 1: Tell, letting go none, stop a, Down",
      "a at 1: Tell, letting go none, start c, Settled",
      "a at 1: Tell, letting go none, Settled"
    ])
  })

  it("keeps what runs but was told to go by the next step, if a start wants it after all", () => {
    assert.strictEqual(
      plan("start", "c", atLevel(), { c: "Running" }),
      "c at 1: Tell, letting go none, start c, Settled"
    )
  })

  it("is refused if the entry is off or its group at no level, but a stop never", () => {
    const noLevel = "web is at no level: say which one (its entries have 1, 2)"
    assert.deepStrictEqual([
      plan("start", "o", undefined),
      plan("start", "a", undefined),
      plan("restart", "a", halted("end")),
      plan("start", "a", halted("stay")),
      plan("stop", "a", undefined),
      plan("stop", "a", halted("stay"), { a: "Stopping" })
    ], [
      "web/o is off in the cltab: give its line another mode to start it",
      noLevel,
      noLevel,
      "web is stopped: clinit start web takes it to 1 again",
      "a at no level, idle: Nothing, Down",
      "a at no level, idle: Nothing, Down"
    ])
  })
})

describe("an order for a whole group", () => {
  it("that stops it is about all that is there of it, and is idle if it was stopped before", () => {
    assert.deepStrictEqual([
      plan("stop", undefined, atLevel(), { a: "Running", b: "Done" }, ["c", "a"]),
      plan("stop", undefined, halted("stay"), {}, ["a"])
    ], [
      "acb at 1: Halt, Settled",
      "a at 1, idle: Halt, Settled"
    ])
  })

  it("that starts it where it is takes back stops and begins afresh what has failed, or is idle", () => {
    assert.deepStrictEqual([
      plan("start", undefined, atLevel(["c", "start"]), { a: "Running", b: "Done", c: "Running" }),
      plan("start", undefined, atLevel(["a", "stop"], ["c", "start"]), { b: "Done", c: "Running" }),
      plan("start", undefined, atLevel(), { a: "Pausing", b: "Done" }),
      plan("start", undefined, atLevel(), { a: "Running", b: "Failed" })
    ], [
      "abc at 1, idle: Nothing, Settled",
      "abc at 1: Tell, letting go none, start c, Settled",
      "ab at 1: Tell, letting go a, Settled",
      "ab at 1: Tell, letting go b, Settled"
    ])
  })

  it("that starts or restarts it takes it to where it was, without the orders of single entries", () => {
    assert.deepStrictEqual([
      plan("start", undefined, halted("stay")),
      plan("restart", undefined, halted("stay"), { a: "Running" }),
      plan("restart", undefined, atLevel(["c", "start"]), { a: "Running", c: "Running" })
    ], [
      "ab at 1: Tell, letting go none, Settled",
      "ab at 1: Tell, letting go a, Settled",
      "ab at 1: Tell, letting go ac, Settled"
    ])
  })

  it("is refused at no level, but a stop has nothing to do there", () => {
    for (const target of [undefined, halted("end"), halted("forget")]) {
      assert.strictEqual(
        plan("start", undefined, target),
        "web is at no level: say which one (its entries have 1, 2)"
      )
      assert.strictEqual(plan("stop", undefined, target), " at no level, idle: Nothing, Down")
    }
  })
})
