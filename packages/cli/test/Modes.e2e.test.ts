import { describe, expect, it } from "@effect/vitest"
import { hostname } from "node:os"
import { eventually, until } from "./support/Eventually.ts"
import { withoutHold } from "./support/Hold.ts"
import * as Proc from "./support/Proc.ts"
import { inScratch } from "./support/Scratch.ts"
import { withoutTimes } from "./support/Times.ts"

describe.concurrent("the mode decides when the next entry starts and what becomes of one that ended", () => {
  it(
    "a wait entry holds up the next one until it has exited",
    inScratch(async (scratch) => {
      await scratch.daemon(
        "g:a:1:wait:until [ -e go ]; do sleep 0.05; done; echo a >> log",
        "g:b:1:wait:echo b >> log"
      )
      expect(await scratch.clinit("g", "1")).toEqual({
        exit: 0,
        stdout: "level transition started\n",
        stderr: ""
      })
      await scratch.pid("a")
      expect(await scratch.group("g")).toBe("1 STARTING")
      expect(await scratch.entry("b")).toBeUndefined()
      scratch.write("go")
      await eventually(() => scratch.group("g"), "1 DONE")
      expect(scratch.lines("log")).toEqual(["a", "b"])
    })
  )

  it(
    "entries start in file order, whatever order their tags and other groups' lines suggest",
    inScratch(async (scratch) => {
      await scratch.daemon(
        "g:c:1:wait:echo c >> log",
        "h:x:1:wait:echo x >> log",
        "g:a:1:wait:echo a >> log",
        "g:d:2:wait:echo d >> log",
        "g:b:1:test:echo b >> log",
        "g:e:1:wait:echo e >> log"
      )
      expect((await scratch.clinit("-w", "g", "1")).exit).toBe(0)
      expect(scratch.lines("log")).toEqual(["c", "a", "b", "e"])
    })
  )

  it(
    "the exit status of a wait entry does not matter",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:wait:exit 3", "g:b:1:wait:kill -9 $$", "g:c:1:wait:echo c >> log")
      expect(await scratch.clinit("-w", "g", "1")).toEqual({ exit: 0, stdout: "g 1 DONE\n", stderr: "" })
      expect(scratch.lines("log")).toEqual(["c"])
      expect(withoutTimes((await scratch.clinit("status", "g")).stdout)).toBe(
        "g 1 DONE\n  a wait DONE, last exited 3\n  b wait DONE, last died of SIGKILL\n  c wait DONE, last exited 0\n"
      )
    })
  )

  it(
    "a once entry that runs on does not hold up the next one",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:once:exec sleep 1000", "g:b:1:wait:echo b >> log")
      expect((await scratch.clinit("-w", "g", "1")).stdout).toBe("g 1 DONE\n")
      expect(scratch.lines("log")).toEqual(["b"])
      expect(Proc.isRunning(await scratch.pid("a"))).toBe(true)
    })
  )

  it(
    "a once entry is not started again, neither when it dies nor when its level is told again",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:once:echo a >> log; exec sleep 1000")
      await scratch.clinit("-w", "g", "1")
      process.kill(await scratch.pid("a"), "SIGKILL")
      await eventually(() => scratch.state("a"), "Done")
      expect((await scratch.clinit("-w", "g", "1")).stdout).toBe("g 1 DONE\n")
      expect(await scratch.state("a")).toBe("Done")
      expect(scratch.lines("log")).toEqual(["a"])
    })
  )

  it(
    "a respawn entry that is killed is started again, and its group's state stays as it was",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:respawn:exec sleep 1000", "g:b:1:respawn:exec sleep 1000")
      await scratch.clinit("-w", "g", "1")
      const [a, b] = [await scratch.pid("a"), await scratch.pid("b")]
      process.kill(a, "SIGKILL")
      const entry = await until("a runs again", async () => {
        const entry = await scratch.entry("a")
        return entry?.state._tag === "Running" && entry.state.pid !== a && entry
      })
      expect(entry).toMatchObject({ restarts: 1, lastEnd: { _tag: "Signaled", signal: "SIGKILL" } })
      expect(await scratch.pid("b")).toBe(b)
      expect(await scratch.group("g")).toBe("1 DONE")
      expect(withoutTimes(withoutHold((await scratch.clinit("status")).stdout))).toMatch(
        /^g 1 DONE\n {2}a respawn RUNNING pid \d+, restarted 1 time, last died of SIGKILL\n {2}b respawn RUNNING pid \d+\n$/
      )
    })
  )

  it(
    "a respawn entry that exits well is started again, too",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:respawn:trap 'exit 0' TERM; echo $$ >> log; while :; do sleep 0.05; done")
      await scratch.clinit("-w", "g", "1")
      const [first] = await until("it runs", () => scratch.lines("log").length === 1 && scratch.lines("log"))
      process.kill(Number(first), "SIGTERM")
      await eventually(() => scratch.lines("log").length, 2)
      expect(await scratch.entry("a")).toMatchObject({ restarts: 1, lastEnd: { _tag: "Exited", code: 0 } })
    })
  )

  it(
    "a respawn entry that ends at once is started seven times, then it pauses for a minute and holds up nothing",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon("g:a:1:respawn:echo a >> log", "g:b:1:once:exec sleep 1000")
      expect((await scratch.clinit("-w", "g", "1")).stdout).toBe("g 1 DONE\n")
      await eventually(() => scratch.state("a"), "Pausing")
      expect(scratch.lines("log")).toEqual(Array(7).fill("a"))
      const entry = await scratch.entry("a")
      expect(entry).toMatchObject({ restarts: 6, lastEnd: { _tag: "Exited", code: 0 } })
      const { state, since } = entry!
      const pauseMillis = state._tag === "Pausing" ? state.retryAt - since : 0
      expect(Math.abs(pauseMillis - 60_000)).toBeLessThan(1_000)
      expect(withoutTimes((await scratch.clinit("status", "g")).stdout)).toMatch(
        /^ {2}a respawn PAUSING until (\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d, it died 6 times, each within 1 s of the one before, restarted 6 times, last exited 0$/m
      )
      expect(await scratch.state("b")).toBe("Running")
      expect(scratch.read("daemon.log")).toMatch(/ warn a respawning too rapidly: sleeping 60 seconds$/m)
      // The pause holds up neither a level change nor the shutdown that follows.
      expect((await scratch.clinit("-w", "--timeout", "10", "g", "2")).stdout).toBe("g 2 DONE\n")
      daemon.kill("SIGTERM")
      expect((await daemon.finished(10)).exit).toBe(0)
    })
  )

  it(
    "a level of nothing but passed tests is PASSED",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:test:true", "g:b:1:test:test -d /")
      expect(await scratch.clinit("-w", "g", "1")).toEqual({ exit: 0, stdout: "g 1 PASSED\n", stderr: "" })
    })
  )

  it(
    "a passed test beside other entries leaves the level DONE",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:test:true", "g:b:1:wait:true")
      expect((await scratch.clinit("-w", "g", "1")).stdout).toBe("g 1 DONE\n")
    })
  )

  it(
    "a failed test makes the level FAILED, and the entries behind it start nevertheless",
    inScratch(async (scratch) => {
      await scratch.daemon(
        "g:a:1:test:exit 3",
        "g:b:1:test:kill -9 $$",
        "g:c:1:test:true",
        "g:d:1:once:exec sleep 1000"
      )
      expect(await scratch.clinit("-w", "g", "1")).toEqual({
        exit: 1,
        stdout: "",
        stderr: "clinit: g 1 FAILED: a exited 3, b died of SIGKILL (clinit why g tells more)\n"
      })
      expect(await scratch.state("c")).toBe("Passed")
      expect(Proc.isRunning(await scratch.pid("d"))).toBe(true)
      expect((await scratch.clinit("-v")).stdout).toBe("g 1 FAILED\n")
    })
  )

  it(
    "an entry that is off is passed over",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:off:echo a >> log", "g:b:1:wait:echo b >> log")
      expect((await scratch.clinit("-w", "g", "1")).stdout).toBe("g 1 DONE\n")
      expect(scratch.lines("log")).toEqual(["b"])
    })
  )

  it(
    "an entry that is turned off is stopped at the next tell",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:respawn:exec sleep 1000", "g:b:1:respawn:exec sleep 1000")
      await scratch.clinit("-w", "g", "1")
      const [a, b] = [await scratch.pid("a"), await scratch.pid("b")]
      scratch.configure("g:a:1:off:exec sleep 1000", "g:b:1:respawn:exec sleep 1000")
      expect((await scratch.clinit("-w", "g", "1")).stdout).toBe("g 1 DONE\n")
      expect(Proc.isRunning(a)).toBe(false)
      expect(await scratch.pid("b")).toBe(b)
    })
  )
})

describe.concurrent("a command is any line of shell", () => {
  it(
    "a missing program ends with 127 and harms nothing",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon(
        "g:a:1:respawn:exec sleep 1000",
        "g:b:1:wait:clinit-no-such-program",
        "g:c:1:test:/no/such/program with arguments",
        "g:d:1:once:clinit-no-such-program; echo d >> log"
      )
      expect(await scratch.clinit("-w", "g", "1")).toEqual({
        exit: 1,
        stdout: "",
        stderr: "clinit: g 1 FAILED: c exited 127 (clinit why g/c tells more)\n"
      })
      expect(await scratch.entry("b")).toMatchObject({ state: { _tag: "Done" }, lastEnd: { code: 127 } })
      await eventually(() => scratch.lines("log"), ["d"])
      expect(Proc.isRunning(await scratch.pid("a"))).toBe(true)
      expect(daemon.isRunning()).toBe(true)
      await eventually(() => scratch.read("clstat"), "Cluster::Init::Group g 1 FAILED\n")
    })
  )

  it(
    "a missing program as a respawn entry only pauses itself",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:respawn:clinit-no-such-program", "g:b:1:respawn:exec sleep 1000")
      await scratch.clinit("-w", "g", "1")
      await eventually(() => scratch.state("a"), "Pausing")
      expect(await scratch.entry("a")).toMatchObject({ restarts: 6, lastEnd: { _tag: "Exited", code: 127 } })
      expect(await scratch.entry("b")).toMatchObject({ restarts: 0, state: { _tag: "Running" } })
    })
  )

  it(
    "a shell builtin alone is a command",
    inScratch(async (scratch) => {
      await scratch.daemon(
        "g:a:1:test:cd /",
        "g:b:1:test:exit 0",
        "g:c:1:test::",
        "g:d:1:test:true && ! false"
      )
      expect((await scratch.clinit("-w", "g", "1")).stdout).toBe("g 1 PASSED\n")
    })
  )

  it(
    "colons, number signs and words beyond ASCII in a command reach it as they are",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:wait:printf '%s\\n' a:b::c '#d' \"e # f\" Grüße:日本 > out")
      await scratch.clinit("-w", "g", "1")
      expect(scratch.lines("out")).toEqual(["a:b::c", "#d", "e # f", "Grüße:日本"])
    })
  )

  it(
    "a command that has exec in front, or is simple, is the very process that is supervised",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:respawn:exec sleep 1000", "g:b:1:respawn:sleep 1000")
      await scratch.clinit("-w", "g", "1")
      for (const tag of ["a", "b"]) {
        const pid = await scratch.pid(tag)
        await eventually(() => Proc.describe(pid), `${pid} sleep 1000`)
        expect(Proc.processGroup(pid)).toBe(pid)
      }
    })
  )

  it(
    "a command has the daemon's directory, environment and standard streams",
    inScratch(async (scratch) => {
      await scratch.daemon(
        `g:a:1:wait:pwd > where; printenv ${Proc.markName} > mark; echo out; echo err >&2; cat`
      )
      await scratch.clinit("-w", "g", "1")
      expect(scratch.lines("where")).toEqual([scratch.directory])
      expect(scratch.lines("mark")).toEqual([scratch.directory])
      expect(scratch.lines("daemon.out")).toEqual(["out"])
      expect(scratch.lines("daemon.log")).toContain("err")
    })
  )

  it(
    "the host's name is the group when only a level is told",
    inScratch(async (scratch) => {
      await scratch.daemon(`${hostname()}:a:1:wait:echo a >> log`)
      expect((await scratch.clinit("-w", "1")).stdout).toBe(`${hostname()} 1 DONE\n`)
      expect(scratch.lines("log")).toEqual(["a"])
    })
  )
})
