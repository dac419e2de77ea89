import { describe, expect, it } from "@effect/vitest"
import { eventually, until } from "./support/Eventually.ts"
import { inScratch } from "./support/Scratch.ts"
import { withoutTimes } from "./support/Times.ts"

describe.concurrent("clinit retry", () => {
  it(
    "starts a failed test again and shows in its exit code what comes of it",
    inScratch(async (scratch) => {
      await scratch.daemon(
        "g:t:1:test:test -e ready",
        "g:a:1:once:exec sleep 1000",
        "h:b:1:once:exec sleep 1000"
      )
      expect((await scratch.clinit("-w", "g", "1")).exit).toBe(1)
      const pid = await scratch.pid("a")
      expect(await scratch.clinit("retry", "-w")).toEqual({
        exit: 1,
        stdout: "g/t is started again\n",
        stderr: "clinit: g 1 FAILED: t exited 1 (clinit why g/t tells more)\n"
      })
      scratch.write("ready")
      expect(await scratch.clinit("retry", "g/t", "--timeout", "20")).toEqual({
        exit: 0,
        stdout: "g/t is started again\ng 1 DONE\n",
        stderr: ""
      })
      expect(await scratch.pid("a")).toBe(pid)
      for (const words of [[], ["g"], ["g/a"], ["h"], ["h/b", "-w"]]) {
        expect(await scratch.clinit("retry", ...words)).toEqual({
          exit: 0,
          stdout: "nothing to retry\n",
          stderr: ""
        })
      }
    })
  )

  it(
    "starts an entry again that was given up, which clinit status shows as failed and the log as an error",
    inScratch(async (scratch) => {
      await scratch.daemon(
        ":::g/respawn.hits:1",
        ":::g/respawn.window:1h",
        ":::g/respawn.pause:50ms",
        ":::g/respawn.give-up:3",
        "g:r:1:respawn:echo up >> log; test -e ready && exec sleep 1000"
      )
      await scratch.clinit("g", "1")
      await eventually(() => scratch.group("g"), "1 FAILED")
      expect(scratch.lines("log")).toHaveLength(5)
      expect(withoutTimes((await scratch.clinit("status", "g")).stdout)).toMatch(
        /^g 1 FAILED\n {2}r respawn FAILED, restarted 4 times, last exited 1\n$/
      )
      expect(scratch.read("daemon.log")).toContain(
        "g/r is given up, as it exited 1 time and again: clinit retry g/r"
      )
      expect(await scratch.clinit("-w", "g", "1")).toMatchObject({
        exit: 1,
        stderr: "clinit: g 1 FAILED: r exited 1 (clinit why g/r tells more)\n"
      })
      scratch.write("ready")
      expect(await scratch.clinit("retry", "-w", "g/r")).toEqual({
        exit: 0,
        stdout: "g/r is started again\ng 1 DONE\n",
        stderr: ""
      })
      await until("it stays up", async () => (await scratch.entry("r"))?.state._tag === "Running")
    })
  )

  it(
    "refuses what the cltab does not have, and what has two meanings there",
    inScratch(async (scratch) => {
      await scratch.daemon("a:b:1:once:exec sleep 1000", "a/b:c:1:once:exec sleep 1000")
      expect(await scratch.clinit("retry", "x")).toEqual({
        exit: 1,
        stdout: "no such group: x\n",
        stderr: ""
      })
      expect(await scratch.clinit("retry", "a/x")).toEqual({
        exit: 1,
        stdout: "",
        stderr: "clinit: no such group or entry: a/x (did you mean a/b?)\n"
      })
      const ambiguous = await scratch.clinit("retry", "a/b")
      expect(ambiguous.exit).toBe(1)
      expect(ambiguous.stderr).toMatch(
        /^clinit: a\/b is ambiguous: it is the entry of line \d and the group of line \d/
      )
      expect(await scratch.clinit("retry", "a", "b")).toMatchObject({ exit: 2, stdout: "" })
    })
  )
})

describe.concurrent("a stop schedule", () => {
  it(
    "stops by its command at once what obeys, and in less than a second what ignores everything",
    inScratch(async (scratch) => {
      await scratch.daemon(
        ":::g/stop:TERM 200ms, KILL",
        ":::g/a/stop:\"echo $CLINIT_PID > told; kill -USR1 $CLINIT_PID\" 20s, KILL",
        "g:a:1:respawn:trap 'echo bye > said; exit 0' USR1; trap '' TERM; echo up >> up; while :; do sleep 0.05; done",
        "g:b:1:respawn:trap '' INT TERM; echo up >> up; while :; do sleep 0.05; done"
      )
      await scratch.clinit("-w", "g", "1")
      await eventually(() => scratch.lines("up"), ["up", "up"])
      const pid = await scratch.pid("a")
      const begin = performance.now()
      expect(await scratch.clinit("-w", "g", "2")).toMatchObject({ exit: 0, stdout: "g 2 DONE\n" })
      expect(performance.now() - begin).toBeLessThan(5_000)
      expect(scratch.lines("told")).toEqual([String(pid)])
      expect(scratch.lines("said")).toEqual(["bye"])
    })
  )

  it(
    "shows the command that was run while it is waited for",
    inScratch(async (scratch) => {
      // It ends when it has been looked at, however long that takes.
      await scratch.daemon(
        ":::stop:\"echo stopping\" 100s, KILL",
        "g:a:1:once:while [ ! -e seen ]; do sleep 0.05; done"
      )
      await scratch.clinit("-w", "g", "1")
      await scratch.clinit("g", "2")
      await until(
        "the command that was run is shown",
        async () => /STOPPING pid \d+, ran "echo stopping"/.test((await scratch.clinit("status", "g")).stdout)
      )
      scratch.write("seen")
      await eventually(() => scratch.group("g"), "2 DONE")
    })
  )
})

it(
  "a wait that takes longer than its timeout fails its level, and says so",
  inScratch(async (scratch) => {
    await scratch.daemon(":::timeout:300ms", ":::stop:TERM", "g:w:1:wait:exec sleep 1000")
    expect(await scratch.clinit("-w", "g", "1")).toEqual({
      exit: 1,
      stdout: "",
      stderr: "clinit: g 1 FAILED: w timed out after 0.3 s (clinit why g/w tells more)\n"
    })
  })
)
