import * as EventLine from "@clinit/cli/EventLine"
import type { Happening } from "@clinit/protocol/Event"
import { GroupName, Level, Tag } from "@clinit/protocol/Names"
import { describe, expect, it } from "@effect/vitest"

const group = GroupName.make("web")
const tag = Tag.make("app")
const [dev, run] = [Level.make("dev"), Level.make("run")]
const at = new Date(2026, 10, 23, 12, 3, 4, 123).getTime()

/** The words behind time and subject. */
const words = (what: Happening, focus?: string) =>
  EventLine.line({ seq: 1, at, group, tag, what }, { nowMillis: at, tag: focus }).replace(/^\S+ \S+ /, "")

describe("an event is one line with", () => {
  it("its time, the day only if it is another, and what it is of", () => {
    const what = { _tag: "Daemon", words: "started" } as const
    const line = (nowMillis: number, subject: object) =>
      EventLine.line({ seq: 1, at, what, ...subject }, { nowMillis })
    expect([line(at, {}), line(at + 86_400_000, { group }), line(at, { group, tag })]).toEqual([
      "12:03:04.123 daemon started",
      "2026-11-23 12:03:04.123 web started",
      "12:03:04.123 web/app started"
    ])
  })

  it("who gave an order, as far as that is known, and why it was refused", () => {
    const order = "tell web run"
    expect([
      words({ _tag: "Asked", order, by: { pid: 8, user: "root", command: "clinit web run" } }),
      words({ _tag: "Asked", order, by: { pid: 8 } }),
      words({ _tag: "Asked", order, by: {} }),
      words({ _tag: "Refused", order, by: { signal: "SIGHUP" }, reason: "no such\ngroup" })
    ]).toEqual([
      "was told \"tell web run\" by root (pid 8: clinit web run)",
      "was told \"tell web run\" by an unnamed client (pid 8)",
      "was told \"tell web run\" by an unnamed client",
      "refused \"tell web run\" by SIGHUP: no such group"
    ])
  })

  it("what a group decided, or what that means for one entry", () => {
    const change = {
      _tag: "Decided",
      from: dev,
      to: run,
      stop: [{ tag: Tag.make("mock"), reason: { _tag: "OtherLevel" } }, {
        tag,
        reason: { _tag: "Changed", what: ["command", "env.A"] }
      }],
      start: [tag]
    } as const
    const again = {
      _tag: "Decided",
      from: run,
      to: run,
      stop: [{ tag, reason: { _tag: "ByHand" } }],
      start: [tag]
    } as const
    const nothing = { _tag: "Decided", to: run, stop: [], start: [] } as const
    expect([
      words(change),
      words(change, "app"),
      words(change, "mock"),
      words(change, "db"),
      words(nothing),
      words({ ...nothing, from: run }),
      words({ _tag: "Decided", from: run, stop: [{ tag }], start: [] }),
      words({ _tag: "Decided", stop: [{ tag, reason: { _tag: "Deleted" } }], start: [] }, "app"),
      words(again),
      words(again, "app")
    ]).toEqual([
      "goes from level dev to run: stops mock (not at level run), app (changed: command, env.A); starts app",
      "goes from level dev to run: app is stopped (changed: command, env.A) and is started",
      "goes from level dev to run: mock is stopped (not at level run)",
      "goes from level dev to run: db is left as it is",
      "goes to level run: nothing to stop or to start",
      "stays at level run: nothing to stop or to start",
      "is halted at level run: stops app",
      "is halted: app is stopped (no longer in the cltab)",
      "stays at level run: stops app (by hand); starts app",
      "stays at level run: app is stopped (by hand) and is started"
    ])
  })

  it("each state, with how the run before ended if that is news", () => {
    const entry = (what: Omit<Happening & { _tag: "Entry" }, "_tag">) => words({ _tag: "Entry", ...what })
    const end = { _tag: "Signaled", signal: "SIGSEGV" } as const
    expect([
      entry({ state: { _tag: "Starting" } }),
      entry({ state: { _tag: "Starting" }, end, ranMillis: 312 }),
      entry({ state: { _tag: "Running", pid: 42 } }),
      entry({ state: { _tag: "Running", pid: 42 }, adopted: true }),
      entry({
        state: {
          _tag: "Pausing",
          retryAt: at + 60_000,
          why: "it died 6 times, each within 1 s of the one before"
        },
        end: { _tag: "Exited", code: 3 },
        ranMillis: 4
      }),
      entry({
        state: { _tag: "Pausing", retryAt: at },
        end: { _tag: "NotSpawned", reason: "EAGAIN" }
      }),
      entry({ state: { _tag: "Stopping", pid: 42, signal: "SIGTERM" } }),
      entry({ state: { _tag: "Stopping", pid: 42, command: "bye \u001b" } }),
      entry({ state: { _tag: "Stopping" } }),
      entry({ state: { _tag: "Running" } }),
      entry({ state: { _tag: "Stopping", signal: "SIGTERM" } }),
      entry({ state: { _tag: "Stopping", command: "bye" } }),
      entry({ state: { _tag: "Failed" }, end: { _tag: "TimedOut", millis: 2_000 }, ranMillis: 2_003 }),
      entry({}),
      entry({ end: { _tag: "Signaled", signal: "SIGTERM" } }),
      words({ _tag: "Group", level: run, state: "DONE" }),
      words({ _tag: "Group" })
    ]).toEqual([
      "is started",
      "died of SIGSEGV after 0.3 s; is started again",
      "runs as pid 42",
      "goes on as pid 42, taken over from the daemon before",
      "exited 3 after 4 ms; pauses until 12:04:04: it died 6 times, each within 1 s of the one before",
      "could not be started: EAGAIN; pauses until 12:03:04",
      "pid 42 was sent SIGTERM",
      "pid 42 is stopped by \"bye \\u001b\"",
      "is down but for its loggers",
      "runs as a fiber",
      "its fiber was sent SIGTERM",
      "its fiber is stopped by \"bye\"",
      "timed out after 2 s; FAILED",
      "is down",
      "died of SIGTERM; is down",
      "is DONE at level run",
      "is forgotten"
    ])
  })

  it("everything from outside escaped", () => {
    expect(words({ _tag: "Asked", order: "o\u001b[2J", by: { user: "a\u202E", command: "\u0007" } })).toBe(
      "was told \"o\\u001b[2J\" by a\\u202e (\\u0007)"
    )
  })
})
