import * as PlanTable from "@clinit/cli/PlanTable"
import { GroupName, Level, Tag } from "@clinit/protocol/Names"
import type { GroupPlan } from "@clinit/protocol/Plan"
import { expect, it } from "@effect/vitest"

const plan = (more: Partial<GroupPlan>): GroupPlan => ({
  group: GroupName.make("g"),
  from: Level.make("1"),
  to: Level.make("2"),
  stop: [],
  keep: [],
  start: [],
  ...more
})

it("a plan's columns are as wide as what a terminal shows of the tags", () => {
  const state = { _tag: "Done" } as const
  const tags = ["日本", "app", "größe"].map((tag) => Tag.make(tag))
  expect(PlanTable.group(0)(plan({ keep: tags.map((tag) => ({ tag, state, settings: [] })) })).slice(1))
    .toEqual([
      "  keep   日本   DONE",
      "  keep   app    DONE",
      "  keep   größe  DONE"
    ])
})

it("a plan shows what a terminal would act on or hide, in commands to start and to stop by, rather than sending it", () => {
  const tag = Tag.make("a")
  expect(
    PlanTable.group(0)(plan({
      stop: [{ tag, reason: { _tag: "OtherLevel" }, pid: 7, schedule: "\"x\t\u202ey\" 5s, KILL 15s" }],
      start: [{ tag, mode: "once", command: "x\t\u202ey", again: true }]
    })).slice(1)
  ).toEqual([
    "  stop   a  pid 7; \"x\\u0009\\u202ey\" 5s, KILL 15s; not at level 2",
    "  start  a  once, again: x\\u0009\\u202ey"
  ])
})

it("a plan names the settings that will count anew for what stays, which is not nothing to do", () => {
  const state = { _tag: "Running", pid: 7 } as const
  const keep = [{ tag: Tag.make("a"), state, settings: ["stop", "tree"] }]
  expect(PlanTable.group(0)(plan({ to: Level.make("1"), keep }))).toEqual([
    "g 1",
    "  keep   a  RUNNING pid 7; from now on with another stop, tree"
  ])
})

it("a plan shows the schedule by which a fiber is stopped, which has no pid", () => {
  const stop = [{ tag: Tag.make("a"), reason: { _tag: "OtherLevel" }, schedule: "INT 5s, KILL 15s" }] as const
  expect(PlanTable.group(0)(plan({ stop })).slice(1)).toEqual([
    "  stop   a  its fiber; INT 5s, KILL 15s; not at level 2"
  ])
})
