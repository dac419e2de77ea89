import * as Paint from "@clinit/cli/status/Paint"
import * as StatusLines from "@clinit/cli/status/StatusLines"
import { GroupName, Level, Tag } from "@clinit/protocol/Names"
import type { DaemonStatus, GroupStatus, ProcessState, ProcessStatus, RunEnd } from "@clinit/protocol/Status"
import { describeEnd } from "@clinit/protocol/StatusWords"
import { describe, expect, it } from "@effect/vitest"

const process = (state: ProcessState, more: Partial<ProcessStatus> = {}): ProcessStatus => ({
  tag: Tag.make("a"),
  mode: "respawn",
  state,
  since: 0,
  restarts: 0,
  ...more
})

const group = (...processes: ReadonlyArray<ProcessStatus>): GroupStatus => ({
  group: GroupName.make("g"),
  level: Level.make("1"),
  state: "DONE",
  processes
})

const seconds = (count: number) => count * 1_000

/** Ten minutes after the epoch, at which everything in here began. */
const view = StatusLines.plainly(seconds(600))

const line = (state: ProcessState, more?: Partial<ProcessStatus>) =>
  StatusLines.group(view)(group(process(state, more)))[1]

describe("how a run ended", () => {
  for (
    const [end, text] of [
      [{ _tag: "Exited", code: 3 }, "exited 3"],
      [{ _tag: "Signaled", signal: "SIGKILL" }, "died of SIGKILL"],
      [{ _tag: "Unknown" }, "ended, exit code unknown"],
      [{ _tag: "NotSpawned", reason: "spawn EAGAIN" }, "could not be started: spawn EAGAIN"],
      [{ _tag: "TimedOut", millis: 5_000 }, "timed out after 5 s"]
    ] as ReadonlyArray<[RunEnd, string]>
  ) {
    it(`${end._tag} is: ${text}`, () => {
      expect(describeEnd(end)).toBe(text)
    })
  }
})

describe("an entry's line", () => {
  for (
    const [state, text] of [
      [{ _tag: "Starting" }, "STARTING, since 10 min"],
      [{ _tag: "Running", pid: 42 }, "RUNNING pid 42, up 10 min"],
      [
        { _tag: "Pausing", retryAt: 642_100 },
        "PAUSING until 00:10:42, since 10 min, retry in 43 s"
      ],
      [
        { _tag: "Pausing", retryAt: 0, why: "6 deaths\u001b" },
        "PAUSING until 00:00:00, since 10 min, retry in 0 s, 6 deaths\\u001b"
      ],
      [{ _tag: "Stopping" }, "STOPPING, since 10 min"],
      [{ _tag: "Stopping", pid: 42, signal: "SIGTERM" }, "STOPPING pid 42, sent SIGTERM, since 10 min"],
      [
        { _tag: "Stopping", pid: 42, signal: "SIGTERM", next: "SIGKILL", nextAt: 607_000 },
        "STOPPING pid 42, sent SIGTERM, since 10 min, SIGKILL in 7 s"
      ],
      [
        { _tag: "Stopping", pid: 42, command: "nginx -s quit" },
        "STOPPING pid 42, ran \"nginx -s quit\", since 10 min"
      ],
      [
        { _tag: "Stopping", pid: 42, command: "\u001b[2J" },
        "STOPPING pid 42, ran \"\\u001b[2J\", since 10 min"
      ],
      [{ _tag: "Done" }, "DONE, since 10 min"],
      [{ _tag: "Passed" }, "PASSED, since 10 min"],
      [{ _tag: "Failed" }, "FAILED, since 10 min"]
    ] as ReadonlyArray<[ProcessState, string]>
  ) {
    it(`says ${text}`, () => {
      expect(line(state)).toBe(`  a respawn ${text}`)
    })
  }

  it("tells whose order started it, and whether the cltab says something else by now", () => {
    expect(line({ _tag: "Running", pid: 42 }, { byHand: true, modified: true, containment: "group" })).toBe(
      "  a respawn RUNNING pid 42 [group], up 10 min, started by hand, modified since loaded"
    )
  })

  it("of a fiber has no pid, but tells what it was sent", () => {
    const containment = "fiber"
    expect(line({ _tag: "Running" }, { containment })).toBe("  a respawn RUNNING [fiber], up 10 min")
    expect(line({ _tag: "Stopping", signal: "SIGTERM", next: "SIGKILL", nextAt: 607_000 }, { containment }))
      .toBe("  a respawn STOPPING, sent SIGTERM [fiber], since 10 min, SIGKILL in 7 s")
  })

  it("counts restarts and tells how the last run ended", () => {
    const lastEnd = { _tag: "Exited", code: 1 } as const
    expect(line({ _tag: "Running", pid: 42 }, { restarts: 1, lastEnd })).toBe(
      "  a respawn RUNNING pid 42, up 10 min, restarted 1 time, last exited 1"
    )
    expect(line({ _tag: "Running", pid: 42 }, { restarts: 2 })).toBe(
      "  a respawn RUNNING pid 42, up 10 min, restarted 2 times"
    )
  })
})

it("what a terminal would act on or hide is shown, wherever it comes from", () => {
  const lastEnd = { _tag: "NotSpawned", reason: "cwd: /srv/\u202ex: no\n\u001b[2J" } as const
  expect(line({ _tag: "Failed" }, { lastEnd })).toBe(
    "  a respawn FAILED, since 10 min, last could not be started: cwd: /srv/\\u202ex: no\\u000a\\u001b[2J"
  )
})

describe("a group's lines", () => {
  it("are its own and then one for each entry", () => {
    expect(StatusLines.group(view)(group(process({ _tag: "Done" }), process({ _tag: "Passed" })))).toEqual([
      "g 1 DONE",
      "  a respawn DONE, since 10 min",
      "  a respawn PASSED, since 10 min"
    ])
  })

  it("tell since when it is in its state", () => {
    expect(StatusLines.group(view)({ ...group(), since: 0 })).toEqual(["g 1 DONE since 10 min"])
  })

  it("have what was stopped by hand, and the rest of the cltab if all was asked for", () => {
    const stopped = [
      { tag: Tag.make("b"), mode: "once", levels: "2,\u001b", byHand: true } as const,
      { tag: Tag.make("c"), mode: "wait", levels: "2,\u001b" } as const
    ]
    const byHand = "  b once STOPPED, by hand"
    expect(StatusLines.group(view)({ ...group(), stopped })).toEqual(["g 1 DONE", byHand])
    expect(StatusLines.group({ ...view, all: true })({ ...group(), stopped })).toEqual([
      "g 1 DONE",
      byHand,
      "  c wait STOPPED, levels 2,\\u001b"
    ])
  })

  it("have the states in colour if that was asked for, and nothing else", () => {
    const colour = { ...view, paint: Paint.coloured }
    expect(StatusLines.group(colour)(group(process({ _tag: "Failed" })))).toEqual([
      "g 1 \u001b[32mDONE\u001b[39m",
      "  a respawn \u001b[31mFAILED\u001b[39m, since 10 min"
    ])
  })

  it("have a dash for the level of a group that was never told", () => {
    expect(StatusLines.group(view)({ group: GroupName.make("g"), state: "CONFIGURED", processes: [] }))
      .toEqual([
        "g - CONFIGURED"
      ])
  })
})

describe("the daemon's status", () => {
  const status: DaemonStatus = {
    version: "1",
    pid: 1,
    cltab: "/etc/cltab",
    modified: false,
    shuttingDown: false,
    containment: "cgroup",
    warnings: [],
    groups: []
  }

  it("is nothing if there is nothing to say", () => {
    expect(StatusLines.status(view, status)).toBe("")
  })

  it("begins with lasting trouble and ends each line with a newline", () => {
    expect(StatusLines.status(view, { ...status, warnings: ["file not found: x"], groups: [group()] })).toBe(
      "warning: file not found: x\ng 1 DONE\n"
    )
    expect(StatusLines.status(view, { ...status, warnings: ["refused:\nx\u202e:1:1: error: no"] })).toBe(
      "warning: refused:\nx\\u202e:1:1: error: no\n"
    )
  })
})
