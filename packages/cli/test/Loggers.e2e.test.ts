import { describe, expect, it } from "@effect/vitest"
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs"
import { eventually, until } from "./support/Eventually.ts"
import * as Proc from "./support/Proc.ts"
import type { Scratch } from "./support/Scratch.ts"
import { inScratch } from "./support/Scratch.ts"

/** Writes numbered lines as fast as they are taken, until there is a file `enough`. */
const counting =
  "i=0; while test ! -e enough; do i=$((i+1)); echo line $i; done; echo last $i > wrote; exec sleep 1000"

/** Reads by the line, and nothing beyond it: if it is killed, a part of one line at most is in its hands. */
const logger = "while read -r line; do echo \"$line\" >> log; done"

const loggerPid = (scratch: Scratch) =>
  until("a logger runs", async () => (await scratch.entry("a"))?.loggers?.[0]?.pid)

describe.concurrent("a logger", () => {
  it(
    "is killed ten times, and the daemon twice, while its entry writes: only what was in its hands is lost",
    inScratch(async (scratch) => {
      let daemon = await scratch.daemon(`g:a:1:respawn:${counting}`, `:::g/a/output:pipe:${logger}`)
      await scratch.clinit("-w", "g", "1")
      const pid = await scratch.pid("a")
      for (let kill = 1; kill <= 10; kill++) {
        const victim = await loggerPid(scratch)
        const before = scratch.lines("log").length
        await until("it logs", () => scratch.lines("log").length > before + 5)
        if (kill % 5 === 0) {
          await scratch.crash(daemon)
          daemon = await scratch.restart()
        }
        Proc.kill(victim, "SIGKILL")
        await until(
          "another one logs",
          async () => ![undefined, victim].includes((await scratch.entry("a"))?.loggers?.[0]?.pid)
        )
      }
      expect(await scratch.pid("a")).toBe(pid)
      scratch.write("enough")
      const written = await until("it has written all", () => scratch.lines("wrote")[0]?.replace("last ", ""))
      expect((await scratch.clinit("-w", "g", "2")).exit).toBe(0)
      // Where a line was torn apart its rest is there, too, for the next one to read.
      const numbers = scratch.lines("log").flatMap((line) =>
        /^line \d+$/.test(line) ? [Number(line.slice(5))] : []
      )
      expect(numbers.filter((number, index) => index > 0 && number <= numbers[index - 1]!)).toEqual([])
      expect(Number(written) - numbers.length).toBeLessThanOrEqual(10)
      expect(numbers.at(-1)).toBe(Number(written))
      daemon.kill("SIGTERM")
      await daemon.finished()
      expect(existsSync(`${scratch.socket}.pipes`)).toBe(false)
      expect(scratch.left()).toEqual([])
    }),
    60_000
  )

  it(
    "that dies before it has read anything loses nothing: the next one gets it all, also under another daemon",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon(
        "g:a:1:once:echo one; echo two; echo three; exec sleep 1000",
        ":::g/a/output:pipe:test -e go || exec sleep 1000; cat >> log"
      )
      await scratch.clinit("-w", "g", "1")
      const first = await loggerPid(scratch)
      await scratch.crash(daemon)
      Proc.kill(first, "SIGKILL")
      scratch.write("go")
      await scratch.restart()
      await eventually(() => scratch.lines("log"), ["one", "two", "three"])
      await scratch.clinit("-w", "g", "2")
    })
  )

  it(
    "reads what is left when its entry is stopped, and is gone with it",
    inScratch(async (scratch) => {
      await scratch.daemon(
        "g:a:1:respawn:trap 'echo bye; exit' INT; : > ready; while :; do sleep 0.1; done",
        ":::g/a/output:pipe:while read -r line; do sleep 0.5; echo \"$line\" >> log; done; echo end >> log"
      )
      await scratch.clinit("-w", "g", "1")
      await until("it is ready", () => scratch.exists("ready"))
      await scratch.clinit("-w", "g", "2")
      expect(scratch.lines("log")).toEqual(["bye", "end"])
      expect(readdirSync(`${scratch.socket}.pipes`)).toEqual([])
    })
  )

  it(
    "of the errors stands beside the one of the rest; without it there is one for both",
    inScratch(async (scratch) => {
      const command = "echo out; echo err >&2"
      await scratch.daemon(
        `g:a:1:wait:${command}`,
        `g:b:1:wait:${command}`,
        ":::g/a/output:pipe:cat > a.out",
        ":::g/a/error-output:pipe:cat > a.err",
        ":::g/b/output:pipe:cat > b.both"
      )
      await scratch.clinit("-w", "g", "1")
      await scratch.clinit("-w", "g", "2")
      expect(scratch.lines("a.out")).toEqual(["out"])
      expect(scratch.lines("a.err")).toEqual(["err"])
      expect(scratch.lines("b.both")).toEqual(["out", "err"])
    })
  )

  it(
    "has a pipe for the daemon's user alone, made where nobody else had put anything",
    inScratch(async (scratch) => {
      const pipes = `${scratch.socket}.pipes`
      mkdirSync(pipes)
      chmodSync(pipes, 0o777)
      await scratch.daemon("g:a:1:once:exec sleep 1000", ":::g/a/output:pipe:cat > log")
      const refused = await scratch.clinit("-w", "g", "1")
      expect(refused.exit).toBe(1)
      expect(refused.stderr).toContain("the pipe of its logger is not open")
      expect((await scratch.status()).warnings).toEqual([
        `logger of g/a output: ${pipes} is not ours alone: remove it`
      ])
      rmSync(pipes, { recursive: true })
      await eventually(async () => (await scratch.status()).warnings, [])
      expect((await scratch.clinit("-w", "retry", "g/a")).exit).toBe(0)
      expect(statSync(pipes).mode & 0o777).toBe(0o700)
      const [pipe] = readdirSync(pipes)
      expect(statSync(`${pipes}/${pipe}`).mode & 0o777).toBe(0o600)
      expect(statSync(`${pipes}/${pipe}`).isFIFO()).toBe(true)
    })
  )

  it(
    "is not fooled by a link in place of its pipe",
    inScratch(async (scratch) => {
      const pipes = `${scratch.socket}.pipes`
      await scratch.daemon("g:a:1:once:exec sleep 1000", ":::g/a/output:pipe:cat > log")
      await scratch.clinit("-w", "g", "1")
      const [pipe] = readdirSync(pipes)
      await scratch.clinit("-w", "g", "2")
      symlinkSync("/etc/passwd", `${pipes}/${pipe}`)
      expect((await scratch.clinit("-w", "g", "1")).exit).toBe(1)
      expect((await scratch.status()).warnings[0]).toMatch(/^logger of g\/a output: ELOOP/)
      rmSync(`${pipes}/${pipe}`)
    })
  )
})
