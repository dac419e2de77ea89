import { describe, expect, it } from "@effect/vitest"
import { inScratch } from "./support/Scratch.ts"

const silent = { exit: 0, stdout: "", stderr: "" }
const text = (...lines: ReadonlyArray<string>) => lines.map((line) => `${line}\n`).join("")

describe.concurrent("check", () => {
  it(
    "says nothing of a clean file, with a daemon or without, and ends with 0",
    inScratch(async (scratch) => {
      scratch.write("good", ["# fine", "g:a:1:wait:true", ":::g/user:root", ":::g/groups:root"])
      expect(await scratch.bare("check", "good")).toEqual(silent)
      expect(await scratch.bare("check", "--strict", "good")).toEqual(silent)
    })
  )

  it(
    "shows each finding on standard error with its line and a caret, counts them, and ends with 4 for errors",
    inScratch(async (scratch) => {
      scratch.write("bad", [
        "g:a:1:wait:true",
        "g:a:1:wait:true",
        "組:日本:1:respwn:true",
        "g:b:1:once:a\tb\u0007c",
        ":::g/usre:root"
      ])
      expect(await scratch.bare("check", "bad")).toEqual({
        exit: 4,
        stdout: "",
        stderr: text(
          "bad:2:3: error: entry has duplicate tag: a (lines 1 and 2) (a tag is used once in the whole file, also across groups)",
          "  g:a:1:wait:true",
          "    ^",
          "bad:3:8: error: unknown mode \"respwn\" (did you mean respawn?)",
          "  組:日本:1:respwn:true",
          "            ^",
          "bad:4:15: error: the command has a control character: \"a\\tb\\u0007c\"",
          "  g:b:1:once:a    b\\u0007c",
          "                   ^",
          "bad:5:4: warning: unknown setting \"g/usre\" is ignored (did you mean user?)",
          "  :::g/usre:root",
          "     ^",
          "3 errors, 1 warning"
        )
      })
    })
  )

  it(
    "warns of what is allowed and looks wrong, which fails only with --strict",
    inScratch(async (scratch) => {
      scratch.write("notes")
      scratch.write("odd", [
        "g:a:run,:respawn:sleep 5",
        "g:b:run,:wait:sleep 5",
        "g:c:rnu,:wait:clinit-has-no-such-program",
        `g:d:run,:wait:${scratch.path("notes")}`,
        `g:e:run,:wait:${scratch.directory}`,
        "g:f:run,:off:clinit-has-no-such-program",
        ":::g/a/timeout:5s",
        ":::g/user:clinit-nobody",
        ":::g/groups:root,clinit-none",
        ":::g/b/cwd:/clinit/nowhere",
        ":::nothing/nice:3"
      ])
      const { stderr, ...others } = await scratch.bare("check", "odd")
      expect(others).toEqual({ exit: 0, stdout: "" })
      expect(stderr.split("\n").filter((line) => !line.startsWith("  "))).toEqual([
        "odd:3:5: warning: no other entry of the group has the level \"rnu\" (did you mean run?)",
        "odd:3:15: warning: program \"clinit-has-no-such-program\" is not on the PATH (looked for on the PATH of this command)",
        `odd:4:15: warning: program "${scratch.path("notes")}" is not executable`,
        `odd:5:15: warning: program "${scratch.directory}" is a directory`,
        "odd:7:4: warning: timeout has no effect: \"g/a\" is a respawn entry (it is for wait and test entries)",
        "odd:8:11: warning: user \"clinit-nobody\" does not exist",
        "odd:9:18: warning: group \"clinit-none\" does not exist",
        "odd:10:12: warning: directory \"/clinit/nowhere\" does not exist",
        "odd:11:4: warning: setting \"nothing/nice\" names no group or entry of this file and is ignored",
        "9 warnings",
        ""
      ])
      expect(await scratch.bare("check", "odd", "--strict")).toEqual({ exit: 4, stdout: "", stderr })
    })
  )

  it(
    "with --json prints one document on standard output, with the same exit codes",
    inScratch(async (scratch) => {
      scratch.write("good", ["g:a:1:wait:true"])
      expect(await scratch.bare("check", "good", "--json")).toEqual({
        exit: 0,
        stdout:
          "{\"schema\":\"urn:clinit:check:1\",\"file\":\"good\",\"diagnostics\":[],\"errors\":0,\"warnings\":0}\n",
        stderr: ""
      })
      scratch.write("bad", ["g:a:1:wiat:true", ":::g/user:clinit-nobody", "g:b:1:wait:true"])
      const { exit, stderr, stdout } = await scratch.bare("check", "--json", "bad")
      expect({ exit, stderr }).toEqual({ exit: 4, stderr: "" })
      expect(JSON.parse(stdout)).toEqual({
        schema: "urn:clinit:check:1",
        file: "bad",
        diagnostics: [
          {
            severity: "error",
            line: 1,
            column: 7,
            message: "unknown mode \"wiat\"",
            hint: "did you mean wait?",
            text: "g:a:1:wiat:true"
          },
          {
            severity: "warning",
            line: 2,
            column: 11,
            message: "user \"clinit-nobody\" does not exist",
            text: ":::g/user:clinit-nobody"
          }
        ],
        errors: 1,
        warnings: 1
      })
      scratch.write("odd", [":::sokcet:/tmp/s", "g:a:1:wait:true"])
      expect((await scratch.bare("check", "--json", "odd")).exit).toBe(0)
      expect((await scratch.bare("check", "--json", "--strict", "odd")).exit).toBe(4)
    })
  )

  it(
    "without a file looks at the cltab of -c",
    inScratch(async (scratch) => {
      scratch.configure("g:a:1:wiat:true")
      const { exit, stderr } = await scratch.clinit("check")
      expect(exit).toBe(4)
      expect(stderr).toContain(`${scratch.cltab}:3:7: error: unknown mode "wiat" (did you mean wait?)\n`)
      scratch.write("good", ["g:a:1:wait:true"])
      expect(await scratch.clinit("check", "good")).toEqual(silent)
    })
  )

  it(
    "of a file that cannot be read ends with 4",
    inScratch(async (scratch) => {
      const stderr = "clinit: file not found: nowhere\n"
      expect(await scratch.bare("check", "nowhere")).toEqual({ exit: 4, stdout: "", stderr })
      expect(await scratch.bare("check", "nowhere", "--json")).toEqual({ exit: 4, stdout: "", stderr })
    })
  )

  it(
    "finds nothing in the examples",
    inScratch(async (scratch) => {
      const demo = new URL("../../../examples/demo.cltab", import.meta.url).pathname
      expect(await scratch.bare("check", "--strict", demo)).toEqual(silent)
    })
  )
})
