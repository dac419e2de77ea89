import * as Render from "@clinit/cli/Render"
import { GroupName, Level, Tag } from "@clinit/protocol/Names"
import { describeEnd } from "@clinit/protocol/Status"
import type { DaemonStatus, GroupStatus, ProcessState, ProcessStatus, RunEnd } from "@clinit/protocol/Status"
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

const line = (state: ProcessState, more?: Partial<ProcessStatus>) =>
  Render.group(group(process(state, more)))[1]

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
      [{ _tag: "Starting" }, "STARTING"],
      [{ _tag: "Running", pid: 42 }, "RUNNING pid 42"],
      [{ _tag: "Pausing", retryAt: 60_000 }, "PAUSING until 1970-01-01T00:01:00.000Z"],
      [{ _tag: "Stopping", pid: 42, signal: "SIGTERM" }, "STOPPING pid 42, sent SIGTERM"],
      [{ _tag: "Stopping", pid: 42, command: "nginx -s quit" }, "STOPPING pid 42, ran \"nginx -s quit\""],
      [{ _tag: "Stopping", pid: 42, command: "\u001b[2J" }, "STOPPING pid 42, ran \"\\u001b[2J\""],
      [{ _tag: "Done" }, "DONE"],
      [{ _tag: "Passed" }, "PASSED"],
      [{ _tag: "Failed" }, "FAILED"]
    ] as ReadonlyArray<[ProcessState, string]>
  ) {
    it(`says ${text}`, () => {
      expect(line(state)).toBe(`  a respawn ${text}`)
    })
  }

  it("counts restarts and tells how the last run ended", () => {
    const lastEnd = { _tag: "Exited", code: 1 } as const
    expect(line({ _tag: "Running", pid: 42 }, { restarts: 1, lastEnd })).toBe(
      "  a respawn RUNNING pid 42, restarted 1 time, last exited 1"
    )
    expect(line({ _tag: "Running", pid: 42 }, { restarts: 2 })).toBe(
      "  a respawn RUNNING pid 42, restarted 2 times"
    )
  })
})

it("what a terminal would act on or hide is shown, wherever it comes from", () => {
  const lastEnd = { _tag: "NotSpawned", reason: "cwd: /srv/\u202ex: no\n\u001b[2J" } as const
  expect(line({ _tag: "Failed" }, { lastEnd })).toBe(
    "  a respawn FAILED, last could not be started: cwd: /srv/\\u202ex: no\\u000a\\u001b[2J"
  )
})

describe("a group's lines", () => {
  it("are its own and then one for each entry", () => {
    expect(Render.group(group(process({ _tag: "Done" }), process({ _tag: "Passed" })))).toEqual([
      "g 1 DONE",
      "  a respawn DONE",
      "  a respawn PASSED"
    ])
  })

  it("have a dash for the level of a group that was never told", () => {
    expect(Render.group({ group: GroupName.make("g"), state: "CONFIGURED", processes: [] })).toEqual([
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
    expect(Render.status(status)).toBe("")
  })

  it("begins with lasting trouble and ends each line with a newline", () => {
    expect(Render.status({ ...status, warnings: ["file not found: x"], groups: [group()] })).toBe(
      "warning: file not found: x\ng 1 DONE\n"
    )
    expect(Render.status({ ...status, warnings: ["refused:\nx\u202e:1:1: error: no"] })).toBe(
      "warning: refused:\nx\\u202e:1:1: error: no\n"
    )
  })
})
