import { describe, expect, it } from "@effect/vitest"
import { eventually, until } from "./support/Eventually.ts"
import { withoutHold } from "./support/Hold.ts"
import * as Proc from "./support/Proc.ts"
import { inScratch } from "./support/Scratch.ts"
import type { Scratch } from "./support/Scratch.ts"
import { withoutTimes } from "./support/Times.ts"

// Whole escalations take 15 seconds of real time each: all of them run at once, together with the quick ones.

/** Shell that appends the word and the time, in seconds with decimals, to the log. */
const stamp = (word: string) => `date "+${word} %s.%N" >> log`

/** The times, in seconds, of a word in the log. */
const times = (scratch: Scratch, word: string) =>
  scratch.lines("log").filter((line) => line.startsWith(`${word} `)).map((line) => Number(line.split(" ")[1]))

const theTime = (scratch: Scratch, word: string): number => {
  const found = times(scratch, word)
  expect(found, `${word} once in the log`).toHaveLength(1)
  return found[0]!
}

/** Runs until it is killed, whatever it is told. */
const deaf = "trap '' INT TERM; echo up >> up; while :; do sleep 0.05; done"

/** Never early; on a loaded machine a little late. */
const isAbout = (seconds: number, expected: number) => {
  expect(seconds).toBeGreaterThan(expected - 0.25)
  expect(seconds).toBeLessThan(expected + 1)
}

describe.concurrent("a stop is INT, after 5 seconds TERM, after 15 seconds KILL", () => {
  it(
    "a process that logs INT and TERM and goes on gets them at 0 and 5 s, and is dead at 15 s",
    inScratch(async (scratch) => {
      await scratch.daemon(
        `g:a:1:respawn:trap '${stamp("INT")}' INT; trap '${stamp("TERM")}' TERM; ${stamp("up")}; ` +
          `while :; do sleep 0.05; done`,
        `g:b:2:wait:${stamp("next")}`
      )
      await scratch.clinit("-w", "g", "1")
      await until("it is up", () => times(scratch, "up").length === 1)
      const tell = scratch.launch("-w", "g", "2")
      await until("INT is logged", () => times(scratch, "INT").length === 1)
      const told = await scratch.since("g")
      expect(await scratch.entry("a")).toMatchObject({ state: { _tag: "Stopping", signal: "SIGINT" } })
      await until("TERM is logged", () => times(scratch, "TERM").length === 1)
      expect(await scratch.entry("a")).toMatchObject({ state: { _tag: "Stopping", signal: "SIGTERM" } })
      expect(withoutTimes(withoutHold((await scratch.clinit("status", "g")).stdout))).toMatch(
        /^g 1 STOPPING\n {2}a respawn STOPPING pid \d+, sent SIGTERM\n$/
      )
      expect(await tell.finished()).toEqual({ exit: 0, stdout: "g 2 DONE\n", stderr: "" })
      const INT = theTime(scratch, "INT")
      isAbout(INT - told, 0)
      isAbout(theTime(scratch, "TERM") - INT, 5)
      // What comes next starts when the KILL has worked, and not before.
      isAbout(theTime(scratch, "next") - INT, 15)
    })
  )

  it(
    "a process that ignores INT and TERM dies of KILL at 15 s, however many others die meanwhile",
    inScratch(async (scratch) => {
      await scratch.daemon(
        `g:a:1:once:${deaf}`,
        "g:b:1:respawn:exec sleep 1000",
        "h:c:1:respawn:exec sleep 1000",
        `g:d:2:wait:${stamp("next")}`
      )
      await scratch.clinit("-w", "g", "1")
      await scratch.clinit("-w", "h", "1")
      await eventually(() => scratch.lines("up"), ["up"])
      const [a, b] = [await scratch.pid("a"), await scratch.pid("b")]
      const tell = scratch.launch("-w", "g", "2")
      await eventually(() => scratch.group("g"), "1 STOPPING")
      const told = await scratch.since("g")
      await until("b is gone", () => !Proc.isRunning(b))
      for (let deaths = 1; deaths <= 2; deaths++) {
        process.kill(await scratch.pid("c"), "SIGKILL")
        await until("c runs again", async () => {
          const c = await scratch.entry("c")
          return c?.restarts === deaths && c.state._tag === "Running"
        })
      }
      expect(await scratch.entry("a")).toMatchObject({ state: { _tag: "Stopping", signal: "SIGINT" } })
      expect(Proc.isRunning(a)).toBe(true)
      expect((await tell.finished()).stdout).toBe("g 2 DONE\n")
      isAbout(theTime(scratch, "next") - told, 15)
      expect(Proc.isRunning(a)).toBe(false)
    })
  )

  it(
    "a suspended process is woken to hear of INT",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:respawn:exec sleep 1000", `g:b:2:wait:${stamp("next")}`)
      await scratch.clinit("-w", "g", "1")
      const a = await scratch.pid("a")
      process.kill(a, "SIGSTOP")
      const told = Date.now() / 1_000
      expect((await scratch.clinit("-w", "g", "2")).stdout).toBe("g 2 DONE\n")
      // TERM would come after 5 s.
      expect(theTime(scratch, "next") - told).toBeLessThan(4.5)
      expect(Proc.isRunning(a)).toBe(false)
    })
  )

  it(
    "a group is not down while a grandchild lives: one that outlives its parent and INT gets TERM at 5 s",
    inScratch(async (scratch) => {
      // What a shell without job control puts in the background ignores INT.
      await scratch.daemon(
        `g:a:1:respawn:sleep 1000 & sleep 1001 & echo up >> up; wait`,
        `g:b:2:wait:${stamp("next")}`
      )
      await scratch.clinit("-w", "g", "1")
      await eventually(() => scratch.lines("up"), ["up"])
      const a = await scratch.pid("a")
      await until("the grandchildren run", () => scratch.left().length === 3)
      expect(scratch.left().map(Proc.processGroup)).toEqual([a, a, a])
      const tell = scratch.launch("-w", "g", "2")
      await until("the shell is gone", () => !Proc.isRunning(a))
      const told = await scratch.since("g")
      expect(scratch.left().filter((pid) => Proc.processGroup(pid) === a)).toHaveLength(2)
      expect(await scratch.group("g")).toBe("1 STOPPING")
      expect((await tell.finished()).stdout).toBe("g 2 DONE\n")
      isAbout(theTime(scratch, "next") - told, 5)
      expect(scratch.left()).toEqual([])
    })
  )

  it(
    "a shutdown of the daemon waits for a whole escalation, kills nothing before its time, and ends well",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon(`g:a:1:once:${deaf}`, "h:b:1:respawn:exec sleep 1000")
      await scratch.clinit("-w", "g", "1")
      await scratch.clinit("-w", "h", "1")
      await eventually(() => scratch.lines("up"), ["up"])
      daemon.kill("SIGTERM")
      await eventually(() => scratch.group("h"), "1 CONFIGURED")
      expect(await scratch.group("g")).toBe("1 HALTING")
      // A second signal neither hastens the end nor makes it less orderly.
      daemon.kill("SIGINT")
      expect((await daemon.finished()).exit).toBe(0)
      isAbout(scratch.logged("all groups are down") - scratch.logged("SIGTERM: shutting down"), 15)
      expect(scratch.left()).toEqual([])
    })
  )

  it(
    "a tell that waits gives up after its timeout and says how far it is; the stop goes on",
    inScratch(async (scratch) => {
      await scratch.daemon(`g:a:1:once:${deaf}`, "g:b:1:respawn:exec sleep 1000")
      await scratch.clinit("-w", "g", "1")
      await eventually(() => scratch.lines("up"), ["up"])
      const a = await scratch.pid("a")
      const begun = performance.now()
      const { exit, stderr, stdout } = await scratch.clinit("-vw", "--timeout", "0.3", "g", "2")
      expect(performance.now() - begun).toBeLessThan(10_000)
      expect({ exit, stdout }).toEqual({ exit: 1, stdout: "g 1 STOPPING\n" })
      expect(withoutTimes(withoutHold(stderr))).toBe(
        "clinit: g to level 2 is not done after 0.3 s and goes on:\n" +
          "clinit: g 1 STOPPING\n" +
          `clinit:   a once STOPPING pid ${a}, sent SIGINT\n`
      )
      await eventually(() => scratch.group("g"), "2 DONE")
    })
  )
})

describe.concurrent("a stop takes no longer than the processes do", () => {
  it(
    "a process that needs a moment after INT gets it, and no second signal",
    inScratch(async (scratch) => {
      await scratch.daemon(
        `g:a:1:respawn:trap 'echo TERM >> log' TERM; trap 'sleep 0.5; echo INT >> log; exit' INT; echo up >> log; ` +
          `while :; do sleep 0.05; done`
      )
      await scratch.clinit("-w", "g", "1")
      await eventually(() => scratch.lines("log"), ["up"])
      expect((await scratch.clinit("-w", "g", "2")).stdout).toBe("g 2 DONE\n")
      expect(scratch.lines("log")).toEqual(["up", "INT"])
    })
  )

  it(
    "a child of the command in the same process group gets the signal itself",
    inScratch(async (scratch) => {
      scratch.write("child.sh", [
        "trap 'echo INT child >> log; exit' INT",
        "echo up >> log",
        "while :; do sleep 0.05; done"
      ])
      await scratch.daemon(
        "g:a:1:respawn:trap 'echo INT parent >> log; exit' INT; sh child.sh; echo never >> log"
      )
      await scratch.clinit("-w", "g", "1")
      await eventually(() => scratch.lines("log"), ["up"])
      expect((await scratch.clinit("-w", "g", "2")).stdout).toBe("g 2 DONE\n")
      expect(scratch.logged("g 2 DONE") - scratch.logged("g told level 2")).toBeLessThan(4)
      expect(scratch.lines("log")).toEqual(["up", "INT child", "INT parent"])
      expect(scratch.left()).toEqual([])
    })
  )

  it(
    "a command line that the shell is still working through stops at INT, and goes no further",
    inScratch(async (scratch) => {
      await scratch.daemon(
        "g:a:1:once:echo up >> log; sleep 1000; echo never >> log",
        "g:b:1:once:sleep 1000 | cat"
      )
      await scratch.clinit("-w", "g", "1")
      await eventually(() => scratch.lines("log"), ["up"])
      await until("all run", () => scratch.left().length === 5)
      expect((await scratch.clinit("-w", "g", "2")).stdout).toBe("g 2 DONE\n")
      expect(scratch.logged("g 2 DONE") - scratch.logged("g told level 2")).toBeLessThan(4)
      expect(scratch.lines("log")).toEqual(["up"])
      expect(scratch.left()).toEqual([])
    })
  )

  it(
    "a client that is killed while it waits changes nothing",
    inScratch(async (scratch) => {
      await scratch.daemon(
        "g:a:1:respawn:trap '' TERM; trap 'echo INT >> log; until [ -e release ]; do sleep 0.05; done; exit' INT; echo up >> log; " +
          "while :; do sleep 0.05; done",
        "g:b:2:wait:echo next >> log"
      )
      await scratch.clinit("-w", "g", "1")
      await eventually(() => scratch.lines("log"), ["up"])
      const tell = scratch.launch("-w", "g", "2")
      await eventually(() => scratch.lines("log"), ["up", "INT"])
      tell.kill("SIGKILL")
      await tell.finished()
      scratch.write("release")
      await eventually(() => scratch.group("g"), "2 DONE")
      expect(scratch.lines("log")).toEqual(["up", "INT", "next"])
    })
  )
})
