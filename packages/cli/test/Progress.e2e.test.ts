import { expect, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { until } from "./support/Eventually.ts"
import * as Program from "./support/Program.ts"
import { inScratch } from "./support/Scratch.ts"

const hasScript = spawnSync("script", ["--version"]).status === 0

const lines = [
  ":::stop:INT 3s, TERM 1s, KILL",
  "web:nginx:1:respawn:trap '' INT; echo up > up; while :; do sleep 0.05; done"
]

it.skipIf(!hasScript)(
  "a terminal shows what is waited for, and only what came of it stays there (needs script of util-linux)",
  inScratch(async (scratch) => {
    await scratch.daemon(...lines)
    await scratch.clinit("-w", "web", "1")
    await until("it ignores INT", () => Promise.resolve(scratch.exists("up") || undefined))
    const pid = await scratch.pid("nginx")
    const command = `stty cols 60; ${process.execPath} ${Program.bundle} -c ${scratch.cltab} stop web/nginx`
    const { exit, stdout } = await scratch.start("script", ["-qec", command, "/dev/null"]).finished()
    expect(exit).toBe(0)
    const shown = stdout.replaceAll("\r\n", "\n").split("\r\u001b[K")
    const isProgress = new RegExp(
      `^stopping web: nginx \\(pid ${pid}\\) (was sent|ignored) INT, TERM in [0-3] s$`
    )
    expect(shown.filter((line) => isProgress.test(line)).length).toBeGreaterThan(1)
    expect(shown.at(-1)).toBe("web/nginx stopped\n")
  })
)

it.skipIf(!hasScript)(
  "a terminal that does not tell its size is taken for one of 80 columns (needs script of util-linux)",
  inScratch(async (scratch) => {
    await scratch.daemon(...lines)
    await scratch.clinit("-w", "web", "1")
    await until("it ignores INT", () => Promise.resolve(scratch.exists("up") || undefined))
    const command =
      `stty cols 0 rows 0; ${process.execPath} ${Program.bundle} -c ${scratch.cltab} stop web/nginx`
    const { stdout } = await scratch.start("script", ["-qec", command, "/dev/null"]).finished()
    expect(stdout).toMatch(/stopping web: nginx \(pid [0-9]+\) (was sent|ignored) INT, TERM in [0-3] s/)
  })
)

it(
  "into a pipe goes nothing but the outcome",
  inScratch(async (scratch) => {
    await scratch.daemon(...lines)
    await scratch.clinit("-w", "web", "1")
    await until("it ignores INT", () => Promise.resolve(scratch.exists("up") || undefined))
    expect(await scratch.clinit("stop", "web/nginx")).toEqual({
      exit: 0,
      stdout: "web/nginx stopped\n",
      stderr: ""
    })
  })
)
