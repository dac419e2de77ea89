import { describe, expect, it } from "@effect/vitest"
import { hostname, userInfo } from "node:os"
import { eventually, until } from "./support/Eventually.ts"
import * as Program from "./support/Program.ts"
import { inScratch } from "./support/Scratch.ts"
import type { Scratch } from "./support/Scratch.ts"

// What orders and questions print of a real daemon: golden/session-*.txt. `vitest -u` writes them anew, and the difference
// has to be read.

/** What is another one in every run: times, process ids, who asks, and where. */
const masked = (scratch: Scratch, text: string) =>
  text
    .replaceAll(scratch.directory, "/scratch")
    .replaceAll(`${process.execPath} ${Program.bundle}`, "clinit")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "DATE")
    .replaceAll(/(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d(\.\d{3})?/g, "TIME")
    .replaceAll(/\bpid \d+/g, "pid PID")
    .replaceAll(/\[(cgroup|descendants|group)\b/g, "[HOLD")
    .replaceAll(/\b[\d.]+ (ms|s|min)\b(?! of)/g, "SPAN")
    .replaceAll(/"(pid|seq|at|ranMillis|retryAt|nextAt)":\d+/g, "\"$1\":0")
    .replaceAll(`no such group: ${hostname()}\n`, "no such group: HOST\n")
    .replaceAll(`by ${userInfo().username}`, "by USER")
    .replaceAll(`"user":"${userInfo().username}"`, "\"user\":\"USER\"")

/** Runs command lines one after the other; what a terminal would show of them, with exit codes that are not 0. */
const session = async (scratch: Scratch, commands: ReadonlyArray<ReadonlyArray<string>>): Promise<string> => {
  const shown: Array<string> = []
  for (const argv of commands) {
    const { exit, stderr, stdout } = await scratch.clinit(...argv)
    shown.push(`$ clinit ${argv.join(" ")}\n${stdout}${stderr}${exit === 0 ? "" : `(exit code ${exit})\n`}`)
  }
  return masked(scratch, shown.join("\n"))
}

const cltab = [
  ":::stop:TERM 10s, KILL",
  ":::web/app/env:clean",
  ":::web/app/env.PORT:8080",
  ":::web/app/env.DB_PASSWORD:hunter2",
  "web:db:dev,run:respawn:exec sleep 1000",
  "web:mock:dev,:respawn:exec sleep 1000",
  "web:app:run,:respawn:exec sleep 1000",
  "bad:probe:run,:test:exit 7",
  "日本:語:run,:respawn:exec sleep 1000"
]

// Not concurrently: a golden file belongs to the one test that runs.
describe("a session of", () => {
  it(
    "orders prints what the golden file has",
    inScratch(async (scratch) => {
      await scratch.daemon(...cltab)
      const orders = await session(scratch, [
        ["-w", "web", "dev"],
        ["-v", "-w", "web", "run"],
        ["tell", "bad", "run"],
        ["-w", "bad", "run"],
        ["-w", "日本", "run"],
        ["wbe", "run"],
        ["web", "rnu"],
        ["statsu"],
        ["-w", "web", "run"],
        ["start", "web/mock"],
        ["start", "web/mock"],
        ["stop", "web/app"],
        ["stop", "web/app"],
        ["plan", "web", "run"],
        ["restart", "web/db"],
        ["start", "--no-wait", "web/app"],
        ["start", "bad/probe"],
        ["start", "web/ap"],
        ["signal", "web/db", "CONT"],
        ["signal", "web/db", "TREM"],
        ["signal", "bad/probe", "HUP"],
        ["stop", "web"],
        ["start", "web"],
        ["restart", "日本"],
        ["stop", "nope"],
        ["retry"],
        ["retry", "web"],
        ["-w", "retry", "bad/probe"],
        ["reread"]
      ])
      scratch.configure(...cltab.map((line) => line.replace("exit 7", "exit 0").replace(/^web:db.*$/, "#")))
      const reread = await session(scratch, [
        ["plan", "--all"],
        ["reread"],
        ["-w", "reread", "--apply"],
        ["-w", "reread", "--apply"]
      ])
      scratch.configure(...cltab, "web:db:run:wiat:true")
      const broken = await session(scratch, [["reread"], ["web", "run"], ["-w", "shutdown"], ["web", "run"]])
      await expect([orders, reread, broken].join("\n")).toMatchFileSnapshot("golden/session-orders.txt")
    })
  )

  it(
    "questions prints what the golden file has",
    inScratch(async (scratch) => {
      await scratch.daemon(...cltab)
      for (const [group, level] of [["web", "run"], ["bad", "run"], ["日本", "run"]] as const) {
        await scratch.clinit("-w", group, level)
      }
      await scratch.clinit("stop", "web/app")
      const questions = await session(scratch, [
        ["is-up", "web"],
        ["is-up", "bad"],
        ["is-up", "web/app"],
        ["is-up", "wbe"],
        ["is-failed", "bad/probe"],
        ["is-failed", "web"],
        ["is-failed", "nope"],
        ["why", "web"],
        ["why", "web/app"],
        ["why", "web/mock"],
        ["why", "bad", "--lines", "3"],
        ["why", "日本/語"],
        ["why", "bad/probe", "--json"],
        ["why", "wbe"],
        ["env", "web/app"],
        ["env", "web/app", "--secrets"],
        ["env", "web/app", "--json"],
        ["env", "web"],
        ["watch", "wbe"],
        ["is-up"],
        ["status", "web", "mail"]
      ])
      await expect(questions).toMatchFileSnapshot("golden/session-questions.txt")
    })
  )

  it(
    "watching prints what the golden files have, as lines and as JSON",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon(...cltab)
      await scratch.clinit("-w", "web", "dev")
      await scratch.clinit("-w", "web", "run")
      await scratch.clinit("stop", "web/app")
      const watches = [[], ["--json"]].map((flags) =>
        scratch.launch("watch", "web", "--since", "0", ...flags)
      )
      await Promise.all(watches.map((watch) => {
        let printed = ""
        watch.child.stdout?.on("data", (text: string) => printed += text)
        return until("it has all", () => /stop web\/app[^]*(is DONE|"state":"DONE")/.test(printed))
      }))
      await eventually(() => scratch.group("web"), "run DONE")
      daemon.kill("SIGKILL")
      const [lines, json] = await Promise.all(watches.map((watch) => watch.finished()))
      await scratch.restart()
      const shown = ({ exit, stderr, stdout }: Program.Finished) =>
        masked(scratch, `${stdout}${stderr}(exit code ${exit})\n`)
      await expect(shown(lines!)).toMatchFileSnapshot("golden/watch-lines.txt")
      await expect(shown(json!)).toMatchFileSnapshot("golden/watch-json.txt")
    })
  )
})
