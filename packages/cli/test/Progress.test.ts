import * as Progress from "@clinit/cli/Progress"
import { GroupName, Level, Tag } from "@clinit/protocol/Names"
import type { GroupState, GroupStatus, ProcessState, ProcessStatus } from "@clinit/protocol/Status"
import { describe, expect, it } from "@effect/vitest"

const now = 100_000

const entry = (
  tag: string,
  state: ProcessState,
  { mode = "respawn", since = 0 }: Partial<Pick<ProcessStatus, "mode" | "since">> = {}
): ProcessStatus => ({ tag: Tag.make(tag), mode, state, since, restarts: 0 })

const line = (state: GroupState, ...processes: ReadonlyArray<ProcessStatus>) => {
  const status: GroupStatus = { group: GroupName.make("web"), level: Level.make("run"), state, processes }
  return Progress.of(status, now)
}

const stopping = { _tag: "Stopping" as const, next: "SIGKILL", nextAt: now + 7_000 }

const widthOf = (text: string) => text.length

describe("the progress line", () => {
  it("of a stop names what the entry ignored, for how long it has still, and how many others there are", () => {
    const nginx = entry("nginx", { ...stopping, pid: 42, signal: "SIGTERM" })
    expect(line("STOPPING", nginx)).toBe("stopping web: nginx (pid 42) ignored TERM, KILL in 7 s")
    const fresh = entry("app", { ...stopping, pid: 43, signal: "SIGINT" }, { since: now - 500 })
    expect(line("STOPPING", fresh, nginx)).toBe(
      "stopping web: nginx (pid 42) ignored TERM, KILL in 7 s and 1 more"
    )
    expect(line("HALTING", fresh)).toBe("stopping web: app (pid 43) was sent INT, KILL in 7 s")
  })

  it("of a stop by a command, of one whose main process is gone, and of loggers says so", () => {
    expect(line("STOPPING", entry("a", { ...stopping, pid: 4, command: "nginx -s quit" }))).toBe(
      "stopping web: a (pid 4) is told by \"nginx -s quit\", KILL in 7 s"
    )
    expect(line("STOPPING", entry("a", { ...stopping, signal: "SIGTERM" }))).toBe(
      "stopping web: a ignored TERM, KILL in 7 s"
    )
    expect(line("STOPPING", entry("a", { ...stopping, pid: 4, signal: "SIGTERM", next: "kill it" }))).toBe(
      "stopping web: a (pid 4) ignored TERM, \"kill it\" in 7 s"
    )
    expect(line("STOPPING", entry("a", { _tag: "Stopping" }))).toBe("stopping web: a is ending")
  })

  it("of a start names what has to end before the next entry starts", () => {
    const app = entry("app", { _tag: "Running", pid: 1 })
    const migrate = entry("migrate", { _tag: "Running", pid: 43 }, { mode: "wait", since: now - 12_000 })
    expect(line("STARTING", app, migrate)).toBe("starting web: migrate (pid 43) since 12 s")
    expect(line("STARTING", app)).toBe("starting web")
    expect(line("DONE", app)).toBeUndefined()
  })

  it("is cut to the width of the terminal, and has nothing that a terminal would act on", () => {
    expect(Progress.cut("stopping web: nginx", 80, widthOf)).toBe("stopping web: nginx")
    expect(Progress.cut("stopping web: nginx", 12, widthOf)).toBe("stopping w…")
    expect(Progress.cut("a\u001b[2J", 80, widthOf)).toBe("a\\u001b[2J")
  })
})
