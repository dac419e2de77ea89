import * as NowLine from "@clinit/cli/NowLine"
import { GroupName, Level, Tag } from "@clinit/protocol/Names"
import type { GroupStatus } from "@clinit/protocol/Status"
import { describe, expect, it } from "@effect/vitest"

const group = GroupName.make("web")
const tag = Tag.make("app")
const dev = Level.make("dev")
const at = new Date(2026, 10, 23, 12, 3, 4, 123).getTime()

describe("what is so now is said of", () => {
  const status = (more: Partial<GroupStatus>): GroupStatus => ({
    group,
    state: "DONE",
    level: dev,
    processes: [],
    ...more
  })
  const now = (more: Partial<GroupStatus>, of: string | undefined = "app") =>
    NowLine.line(status(more), of, at)
  const process = { tag, mode: "respawn", since: at - 200_000, restarts: 0 } as const

  it("an entry that runs, pauses, has finished, or is on its way down", () => {
    expect([
      now({ processes: [{ ...process, state: { _tag: "Running", pid: 12 } }] }),
      now({ processes: [{ ...process, state: { _tag: "Running", pid: 12 }, byHand: true }] }),
      now({ processes: [{ ...process, state: { _tag: "Pausing", retryAt: at } }] }),
      now({ processes: [{ ...process, state: { _tag: "Failed" }, lastEnd: { _tag: "Exited", code: 3 } }] }),
      now({ processes: [{ ...process, state: { _tag: "Stopping", pid: 12, signal: "SIGINT" } }] })
    ]).toEqual([
      "now: RUNNING pid 12, up 3 min",
      "now: RUNNING pid 12, up 3 min, started by hand",
      "now: PAUSING until 12:03:04, since 3 min, retry in 0 s",
      "now: FAILED, since 3 min, last exited 3",
      "now: STOPPING pid 12, sent SIGINT, since 3 min"
    ])
  })

  it("an entry that is not started, with the reason as far as the daemon tells", () => {
    const stopped = { tag, mode: "respawn", levels: "run," } as const
    expect([
      now({}),
      now({ stopped: [stopped] }),
      now({ stopped: [{ ...stopped, byHand: true }] }),
      now({ stopped: [{ ...stopped, mode: "off" }] }),
      NowLine.line({ group, state: "CONFIGURED", processes: [] }, "app", at),
      NowLine.line(undefined, "app", at)
    ]).toEqual([
      "now: STOPPED, web is at level dev",
      "now: STOPPED, web is at level dev, which its levels (run,) lack",
      "now: STOPPED, by hand",
      "now: STOPPED, turned off",
      "now: STOPPED, web was never told a level",
      "now: not in the cltab"
    ])
  })

  it("a group", () => {
    expect([
      NowLine.line(status({ since: at - 200_000 }), undefined, at),
      NowLine.line({ group, state: "CONFIGURED", processes: [] }, undefined, at)
    ]).toEqual(["now: web dev DONE since 3 min", "now: never told a level"])
  })
})
