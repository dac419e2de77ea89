import { describe, expect, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { eventually, until } from "./support/Eventually.ts"
import type { Finished } from "./support/Program.ts"
import type { Scratch } from "./support/Scratch.ts"
import { inScratch } from "./support/Scratch.ts"

const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8")

/** The commands of the README's table of habits: what stands in its last column. */
const habits: ReadonlyArray<string> = (/^## Habits\n(?<part>.*?)^## /msu.exec(readme)?.groups?.["part"] ?? "")
  .split("\n")
  .flatMap((line) => /\| `clinit (?<command>[^`]+)` \|$/u.exec(line)?.groups?.["command"] ?? [])

/** A shop that is at its level `run`, where the mailer has failed. */
const shop = [
  "shop:db:dev,run:respawn:trap 'echo reloaded >> db.log' HUP; while :; do sleep 0.1; done",
  "shop:app:run,:respawn:exec sleep 1000",
  "shop:mailer:run,:test:test -e mailserver"
]

interface Before {
  readonly db: number
  readonly app: number
}

/** What a command of the table has to do, shown by what it printed and by what is so after it. */
type Habit = (done: Finished, scratch: Scratch, before: Before) => void | Promise<void>

const isRunning = async (scratch: Scratch, tag: string, pid: number) => {
  expect((await scratch.entry(tag))?.state).toEqual({ _tag: "Running", pid })
}

const shown = (...texts: ReadonlyArray<string>): Habit => ({ exit, stderr, stdout }) => {
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" })
  for (const text of texts) expect(stdout).toContain(text)
}

const checks: Readonly<Record<string, Habit>> = {
  "status": shown("shop run FAILED", "db respawn RUNNING", "app respawn RUNNING", "mailer test FAILED"),
  "status shop/app": shown("app respawn RUNNING"),
  "start shop/app": async ({ exit, stdout }, scratch, { app }) => {
    expect(exit).toBe(0)
    expect(stdout).toContain(`pid ${app}`)
    await isRunning(scratch, "app", app)
  },
  "stop shop/app": async ({ exit }, scratch, { db }) => {
    expect(exit).toBe(0)
    expect(await scratch.state("app")).toBeUndefined()
    await isRunning(scratch, "db", db)
  },
  "restart shop/app": async ({ exit, stdout }, scratch, { app, db }) => {
    const pid = await scratch.pid("app")
    expect(pid).not.toBe(app)
    expect(exit).toBe(0)
    expect(stdout).toContain(`pid ${pid}`)
    await isRunning(scratch, "db", db)
  },
  "signal shop/db HUP": async ({ exit }, scratch, { db }) => {
    expect(exit).toBe(0)
    await eventually(() => scratch.lines("db.log").length, 1)
    await isRunning(scratch, "db", db)
  },
  "is-up shop/app": ({ exit, stderr, stdout }) =>
    expect({ exit, stderr, stdout }).toEqual({ exit: 0, stderr: "", stdout: "" }),
  "is-failed shop/mailer": ({ exit, stderr, stdout }) =>
    expect({ exit, stderr, stdout }).toEqual({ exit: 0, stderr: "", stdout: "" }),
  "why shop/mailer": shown("told", "exited 1"),
  "env shop/app": shown("PATH="),
  "settings shop/app": shown("stop"),
  "check": ({ exit }) => void expect(exit).toBe(0),
  "plan --all": shown("app"),
  "reread": async ({ exit }, scratch, { app }) => {
    expect(exit).toBe(0)
    await isRunning(scratch, "app", app)
  },
  "reread --apply": async ({ exit }, scratch, { app, db }) => {
    expect(exit).toBe(0)
    await until("the application is another one", async () => {
      const pid = await scratch.pid("app")
      return pid === app ? undefined : pid
    })
    await isRunning(scratch, "db", db)
  },
  "retry": async ({ exit, stdout }) => {
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: "shop/mailer is started again\n" })
  },
  "-w shop dev": async ({ exit, stdout }, scratch, { db }) => {
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: "shop dev DONE\n" })
    expect(await scratch.state("app")).toBeUndefined()
    await isRunning(scratch, "db", db)
  },
  "stop shop": async ({ exit }, scratch) => {
    expect(exit).toBe(0)
    expect(await scratch.group("shop")).toBe("run CONFIGURED")
    expect(scratch.left()).toEqual([])
  },
  "shutdown -w": ({ exit }, scratch) => {
    expect(exit).toBe(0)
    expect(scratch.exists("s")).toBe(false)
    expect(scratch.left()).toEqual([])
  }
}

/** Commands that go on until they are interrupted, each with a text that they print. */
const endless: Readonly<Record<string, string>> = { watch: "shop" }

const world = async (scratch: Scratch): Promise<Before> => {
  await scratch.daemon(...shop)
  await scratch.clinit("-w", "shop", "run")
  return { db: await scratch.pid("db"), app: await scratch.pid("app") }
}

describe.concurrent("the README's table of habits", () => {
  it("has a test for each row, and nothing else", () => {
    expect([...habits].sort()).toEqual([...Object.keys(checks), ...Object.keys(endless)].sort())
  })

  for (const [command, check] of Object.entries(checks)) {
    it(
      `clinit ${command} does what it stands for`,
      inScratch(async (scratch) => {
        const before = await world(scratch)
        if (/^(plan|reread)/u.test(command)) {
          scratch.configure(...shop.map((line) => line.replace("sleep 1000", "sleep 2000")))
        }
        await check(await scratch.clinit(...command.split(" ")), scratch, before)
      })
    )
  }

  for (const [command, text] of Object.entries(endless)) {
    it(
      `clinit ${command} shows what happens until it is interrupted`,
      inScratch(async (scratch) => {
        await world(scratch)
        const program = scratch.launch(...command.split(" "))
        const printed: Array<string> = []
        program.child.stdout?.on("data", (chunk: string) => printed.push(chunk))
        await until("something has happened", async () => {
          await scratch.clinit("retry")
          return printed.join("").includes(text) ? true : undefined
        })
        program.kill("SIGINT")
        expect((await program.finished()).exit).toBe(0)
      })
    )
  }
})
