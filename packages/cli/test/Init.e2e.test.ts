import { describe, expect, it } from "@effect/vitest"
import { lstatSync, symlinkSync } from "node:fs"
import { eventually } from "./support/Eventually.ts"
import * as Program from "./support/Program.ts"
import { inScratch } from "./support/Scratch.ts"

describe("clinit init", () => {
  it(
    "writes a cltab in which a strict check finds nothing and which a daemon runs, by the commands that it names",
    inScratch(async (scratch) => {
      expect(await scratch.bare("init")).toEqual({
        exit: 0,
        stdout:
          "wrote cltab; next:\n  clinit check --strict cltab\n  clinit -c cltab daemon --tell demo:up\n",
        stderr: ""
      })
      expect(await scratch.bare("check", "--strict", "cltab")).toEqual({ exit: 0, stdout: "", stderr: "" })
      const daemon = scratch.start(process.execPath, [
        Program.bundle,
        "-c",
        "cltab",
        "daemon",
        "--tell",
        "demo:up"
      ])
      await eventually(
        () => scratch.bare("-c", "cltab", "status", "demo", "--level", "up").then(({ exit }) => exit),
        0
      )
      expect((await scratch.bare("-c", "cltab", "-w", "demo", "talk")).stdout).toBe("demo talk DONE\n")
      expect((await scratch.bare("-c", "cltab", "shutdown", "-w")).exit).toBe(0)
      const { exit, stdout } = await daemon.finished()
      expect(exit).toBe(0)
      expect(stdout).toMatch(/^prepared\n.*\d\d:\d\d.*\nhello\n$/)
      expect(scratch.exists("run/clinit.s")).toBe(false)
    })
  )

  it(
    "leaves a file that is there alone, and follows no link to one that is not",
    inScratch(async (scratch) => {
      scratch.write("mine", ["precious"])
      symlinkSync("nowhere", scratch.path("link"))
      for (const file of ["mine", "link"]) {
        expect(await scratch.bare("init", file)).toEqual({
          exit: 1,
          stdout: "",
          stderr: `clinit: cannot write ${file}: there is a file of this name already, which is left alone\n`
        })
      }
      expect(scratch.read("mine")).toBe("precious\n")
      expect(lstatSync(scratch.path("link")).isSymbolicLink()).toBe(true)
      expect(scratch.exists("nowhere")).toBe(false)
    })
  )

  it(
    "prints it with -, for the daemon's usual places, and says of a directory that is not there that it is not",
    inScratch(async (scratch) => {
      const { exit, stderr, stdout } = await scratch.bare("init", "-")
      expect([exit, stderr]).toEqual([0, ""])
      expect(stdout).toContain("\n#:::socket:/var/run/clinit/clinit.s\n")
      expect((await scratch.bare("init", "no/where")).stderr).toBe(
        "clinit: cannot write no/where: there is no such directory\n"
      )
    })
  )
})
