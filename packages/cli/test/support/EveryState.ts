import { GroupName, Level, Tag } from "@clinit/protocol/Names"
import type { DaemonStatus, GroupStatus, ProcessState, ProcessStatus } from "@clinit/protocol/Status"

/** The time at which everything is looked at: noon of the first day of 2026, as milliseconds since 1970. */
export const now = Date.UTC(2026, 0, 1, 12)

const seconds = (count: number) => count * 1_000
const minutes = (count: number) => seconds(60 * count)
const hours = (count: number) => minutes(60 * count)

const entry = (
  tag: string,
  mode: ProcessStatus["mode"],
  state: ProcessState,
  age: number,
  more: Partial<ProcessStatus> = {}
): ProcessStatus => ({ tag: Tag.make(tag), mode, state, since: now - age, restarts: 0, ...more })

const group = (
  name: string,
  level: string,
  state: GroupStatus["state"],
  age: number,
  ...processes: ReadonlyArray<ProcessStatus>
): GroupStatus => ({
  group: GroupName.make(name),
  level: Level.make(level),
  state,
  since: now - age,
  processes
})

/** A daemon with entries and groups in every state, all that can be said of them, and names of all kinds. */
export const everyState: DaemonStatus = {
  version: "1.2.3",
  pid: 4711,
  cltab: "/etc/cltab",
  modified: true,
  shuttingDown: false,
  containment: "cgroup",
  warnings: ["/etc/cltab was modified since it was loaded and refused:\n/etc/cltab:3:1: error: \u001b[2J"],
  groups: [
    {
      ...group(
        "web",
        "run",
        "DONE",
        minutes(3),
        entry("db", "respawn", { _tag: "Running", pid: 25537 }, hours(51), {
          containment: "cgroup",
          adopted: true
        }),
        entry("migrate", "wait", { _tag: "Done" }, minutes(3), { lastEnd: { _tag: "Exited", code: 0 } }),
        entry("ready", "test", { _tag: "Passed" }, seconds(170), { lastEnd: { _tag: "Exited", code: 0 } }),
        entry("app", "respawn", { _tag: "Running", pid: 25648 }, seconds(12), {
          containment: "descendants",
          restarts: 3,
          lastEnd: { _tag: "Signaled", signal: "SIGKILL" },
          modified: true,
          loggers: [{ reads: "output", pid: 25650 }, { reads: "error-output", pid: 25651 }]
        }),
        entry("extra", "once", { _tag: "Running", pid: 25700 }, hours(2) + minutes(5), {
          containment: "group",
          byHand: true
        })
      ),
      stopped: [
        { tag: Tag.make("mock"), mode: "respawn", levels: "dev,test" },
        { tag: Tag.make("cache"), mode: "respawn", levels: "run,", byHand: true },
        { tag: Tag.make("old"), mode: "off", levels: "run," },
        { tag: Tag.make("odd"), mode: "once", levels: "\u001b[2J" }
      ]
    },
    group(
      "mail",
      "3",
      "FAILED",
      hours(30),
      entry(
        "smtpd",
        "respawn",
        { _tag: "Pausing", retryAt: now + 41_500, why: "6 deaths in a row" },
        18_500,
        {
          restarts: 6,
          lastEnd: { _tag: "Exited", code: 127 }
        }
      ),
      entry("imapd", "respawn", { _tag: "Failed" }, minutes(59), {
        restarts: 120,
        lastEnd: { _tag: "NotSpawned", reason: "cwd: /srv/\u202ex: no such\nfile\u001b[2J" }
      }),
      entry("probe", "test", { _tag: "Failed" }, minutes(10), {
        lastEnd: { _tag: "TimedOut", millis: 5_000 }
      }),
      entry("scan", "once", { _tag: "Done" }, minutes(10), { lastEnd: { _tag: "Unknown" } })
    ),
    group(
      "日本",
      "起動",
      "STOPPING",
      seconds(8),
      entry(
        "サーバ",
        "respawn",
        { _tag: "Stopping", pid: 42, signal: "SIGTERM", next: "SIGKILL", nextAt: now + 7_000 },
        seconds(8),
        { containment: "cgroup" }
      ),
      entry(
        "é👍",
        "once",
        { _tag: "Stopping", pid: 43, command: "nginx -s quit\u001b[2J" },
        seconds(8),
        { containment: "cgroup" }
      ),
      entry("logged", "respawn", { _tag: "Stopping" }, seconds(1), {
        loggers: [{ reads: "output", pid: 44 }]
      })
    ),
    group("up", "1", "STARTING", 0, entry("first", "wait", { _tag: "Starting" }, 0)),
    group("check", "1", "CHECKING", seconds(1), entry("t", "test", { _tag: "Running", pid: 9 }, seconds(1))),
    group("tested", "1", "PASSED", hours(1), entry("t2", "test", { _tag: "Passed" }, hours(1))),
    group("going", "1", "HALTING", seconds(2)),
    { group: GroupName.make("never-told"), state: "CONFIGURED", processes: [] }
  ]
}
