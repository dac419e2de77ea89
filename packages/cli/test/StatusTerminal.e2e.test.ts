import { describe, expect } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { stripVTControlCharacters } from "node:util"
import { itUnless } from "./support/Conditional.ts"
import * as Program from "./support/Program.ts"
import { inScratch } from "./support/Scratch.ts"

const obstacle = spawnSync("script", ["--version"]).error === undefined ? undefined : "no script(1)"

describe.concurrent("clinit status on a terminal", () => {
  itUnless(obstacle)(
    "is a table as wide as the terminal, in colour unless that is not wanted; into a pipe it is lines",
    inScratch(async (scratch) => {
      await scratch.daemon("web:app:1:respawn:exec sleep 1000", "日本:b:1:test:false")
      for (const group of ["web", "日本"]) await scratch.clinit("--timeout", "20", group, "1")
      const client = `"${process.execPath}" "${Program.bundle}" -c "${scratch.cltab}" status`
      const onTerminal = async (columns: number, before: string, after = "") => {
        const shell = `stty cols ${columns}; ${before} ${client} ${after}`
        const { stdout } = await scratch.start("script", ["-qec", shell, "/dev/null"]).finished()
        return stdout.replaceAll("\r", "").split("\n")
      }
      const wide = await onTerminal(100, "TERM=xterm")
      expect(stripVTControlCharacters(wide[0]!)).toMatch(/^ {2}ENTRY +MODE +STATE +PID +SINCE +RESTARTS$/)
      expect(wide[1]).toContain("web 1 \u001b[32mDONE\u001b[39m since ")
      expect(await onTerminal(100, "TERM=xterm", "web")).toHaveLength(4)
      const plain = stripVTControlCharacters(wide.join("\n"))
      expect(plain).toMatch(/^ {2}app +respawn +RUNNING +\d+ +\d+ s +0 {2}\w+$/m)
      for (
        const [before, after] of [
          ["TERM=xterm NO_COLOR=1", ""],
          ["TERM=dumb", ""],
          ["TERM=xterm", "--color never"]
        ] as const
      ) {
        const lines = await onTerminal(100, before, after)
        expect(lines.join("\n"), `${before} ${after}`).not.toContain("\u001b")
        expect(lines[0]).toMatch(/^ {2}ENTRY/)
      }
      expect((await onTerminal(100, "NO_COLOR=1", "--color always")).join("\n")).toContain("\u001b[32mDONE")
      expect((await onTerminal(40, "TERM=xterm NO_COLOR=1"))[1]).toMatch(/^ {2}app respawn RUNNING pid \d+/)
      const piped = (await scratch.clinit("status")).stdout
      expect(piped).toMatch(/^web 1 DONE since /)
      expect(piped).not.toContain("\u001b")
      expect((await scratch.clinit("status", "--color", "always")).stdout).toContain("\u001b[32mDONE")
    })
  )
})
