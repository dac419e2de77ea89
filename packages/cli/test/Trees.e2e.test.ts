import { describe, expect, it } from "@effect/vitest"
import { existsSync } from "node:fs"
import { comet, daemonised, deaf, wiped } from "./support/Commands.ts"
import { itUnless } from "./support/Conditional.ts"
import { eventually, until } from "./support/Eventually.ts"
import { tell } from "./support/Orders.ts"
import * as Proc from "./support/Proc.ts"
import * as Program from "./support/Program.ts"
import { inScratch } from "./support/Scratch.ts"
import type { Scratch } from "./support/Scratch.ts"
import { containments, controlGroups, obstacleTo, pids } from "./support/Trees.ts"

// Escalations take 15 seconds of real time: those tests come first, and all run at once.

/** Leaves the level and returns once nothing of it is left, as the daemon sees it. */
const leave = (scratch: Scratch) => tell(scratch, "g", "off")

/** By the daemon's own clock; its log comes behind its answers. */
const secondsOfStop = async (scratch: Scratch) => {
  await until("it is logged", () => scratch.read("daemon.log").includes("g off DONE"))
  return scratch.logged("g off DONE") - scratch.logged("g told level off")
}

/** A process group can only be told to; what has left it goes on, and the test has to end it. */
const endLeft = async (scratch: Scratch) => {
  for (const pid of scratch.left()) Proc.kill(pid, "SIGKILL")
  await eventually(() => scratch.left(), [])
}

describe.concurrent("a stop", () => {
  for (const containment of containments) {
    const test = itUnless(obstacleTo(containment))
    const holdsDaemons = containment !== "group"

    test(
      `with containment ${containment} of a leader that traps INT and TERM, a child that ignores them and one that called ` +
        `setsid and forked twice leaves ${holdsDaemons ? "nothing" : "only the latter"}`,
      inScratch(async (scratch) => {
        await scratch.daemon(
          `:::containment:${containment}`,
          "g:a:1:respawn:trap 'echo INT >> log' INT; trap 'echo TERM >> log' TERM; " +
            "(trap '' INT TERM; exec sleep 1000) & " +
            `${daemonised("trap \"\" TERM; sleep 1001")}; echo up >> up; while :; do wait; done`
        )
        await tell(scratch, "g", "1")
        await eventually(() => scratch.lines("up"), ["up"])
        const [daemon] = pids(scratch)
        const a = await scratch.pid("a")
        expect(Proc.processGroup(daemon!)).not.toBe(a)
        expect(await leave(scratch)).toBe("DONE")
        expect(scratch.lines("log")).toEqual(["INT", "TERM"])
        expect(scratch.left().filter((pid) => Proc.processGroup(pid) === a)).toEqual([])
        expect(Proc.isRunning(daemon!)).toBe(!holdsDaemons)
        if (holdsDaemons) expect(scratch.left()).toEqual([])
        else await endLeft(scratch)
        expect(existsSync(controlGroups(scratch))).toBe(containment === "cgroup")
        await scratch.close()
        expect(existsSync(controlGroups(scratch))).toBe(false)
      })
    )

    test(
      `with containment ${containment} of an entry that forks all the time ends with its KILL` +
        `${holdsDaemons ? "" : ", as long as it stays in its process group"}`,
      inScratch(async (scratch) => {
        await scratch.daemon(`:::containment:${containment}`, `g:a:1:respawn:${comet(2_000)}`)
        await tell(scratch, "g", "1")
        await eventually(() => scratch.lines("up"), ["up"])
        expect(await leave(scratch)).toBe("DONE")
        expect(scratch.left().map(Proc.describe)).toEqual([])
        expect(await secondsOfStop(scratch)).toBeLessThan(18)
      })
    )

    if (holdsDaemons) {
      test(
        `with containment ${containment} of another clinit whose processes outlast everything but KILL leaves nothing`,
        inScratch(async (scratch) => {
          await nested(scratch, `:::containment:${containment}`, deaf)
          await eventually(() => scratch.lines("up"), ["up"])
          expect(await leave(scratch)).toBe("DONE")
          expect(scratch.left().map(Proc.describe)).toEqual([])
          expect(await secondsOfStop(scratch)).toBeLessThan(18)
        })
      )
    }

    test(
      `with containment ${containment} of another clinit lets that one shut down in order`,
      inScratch(async (scratch) => {
        await nested(
          scratch,
          `:::containment:${containment}`,
          "trap 'echo INT >> log; exit' INT; echo up >> up; while :; do sleep 0.05; done"
        )
        await eventually(() => scratch.lines("up"), ["up"])
        expect(await leave(scratch)).toBe("DONE")
        expect(await secondsOfStop(scratch)).toBeLessThan(4)
        expect(scratch.read("daemon.log")).toContain("all groups are down")
        expect(scratch.lines("log")).toContain("INT")
        expect(["inner.s", "inner.s.lock", "inner.clstat"].filter((file) => scratch.exists(file))).toEqual([])
        expect(scratch.left().map(Proc.describe)).toEqual([])
      })
    )

    test(
      `with containment ${containment} of a daemon that has changed its title ${
        holdsDaemons ? "ends it" : "does not end it once it has left the process group"
      }`,
      inScratch(async (scratch) => {
        scratch.write("titled.mjs", [
          "import { writeFileSync } from 'node:fs'",
          "process.title = 'postgres: writer'",
          "writeFileSync('titled', '')",
          "setInterval(() => {}, 1000)"
        ])
        await scratch.daemon(
          `:::containment:${containment}`,
          `g:a:1:respawn:${daemonised(`${process.execPath} titled.mjs`)}; exec sleep 1000`
        )
        await tell(scratch, "g", "1")
        await until("it has its title", () => scratch.exists("titled"))
        const [daemon] = pids(scratch)
        expect(Proc.describe(daemon!)).toBe(`${daemon} postgres: writer`)
        expect(await leave(scratch)).toBe("DONE")
        expect(Proc.isRunning(daemon!)).toBe(!holdsDaemons)
        await endLeft(scratch)
      })
    )
  }

  itUnless(obstacleTo("cgroup"))(
    "ends a daemon without any environment that nobody is the parent of, in a control group",
    inScratch(async (scratch) => {
      await scratch.daemon(
        ":::containment:cgroup",
        `g:a:1:respawn:${daemonised("sleep 1001", wiped)}; exec sleep 1000`
      )
      await tell(scratch, "g", "1")
      await until("it runs", () => pids(scratch).length === 1)
      expect(await leave(scratch)).toBe("DONE")
      expect(scratch.left()).toEqual([])
    })
  )

  it(
    "ends processes without any environment that are descendants, whatever their session; nothing holds those whose " +
      "parent is gone, too",
    inScratch(async (scratch) => {
      await scratch.daemon(
        ":::containment:descendants",
        `g:a:1:respawn:${daemonised("sleep 1001", wiped)}; ${wiped} setsid sleep 1002 & wait`
      )
      await tell(scratch, "g", "1")
      await until("both run", () => pids(scratch).length === 1 && scratch.left().length === 3)
      const [daemon] = pids(scratch)
      expect(await leave(scratch)).toBe("DONE")
      expect(scratch.left()).toEqual([daemon])
      await endLeft(scratch)
    })
  )
})

/** A daemon with an entry that is another daemon, with one entry of this command that runs by then. */
const nested = async (scratch: Scratch, setting: string, command: string) => {
  const inner = ["-c", scratch.path("inner.cltab")]
  scratch.write("inner.cltab", [
    `:::socket:${scratch.path("inner.s")}`,
    `:::clstat:${scratch.path("inner.clstat")}`,
    setting,
    `h:x:1:respawn:${command}`
  ])
  await scratch.daemon(
    setting,
    `g:a:1:respawn:exec ${process.execPath} ${Program.bundle} ${inner.join(" ")} -d`
  )
  await tell(scratch, "g", "1")
  await until("the inner daemon listens", () => scratch.exists("inner.s"))
  expect((await scratch.bare(...inner, "-w", "h", "1")).stdout).toBe("h 1 DONE\n")
}

describe.concurrent("what an entry leaves when it ends by itself", () => {
  /** A zombie, which somebody else has yet to wait for, is not. */
  const isThere = (pid: string) => `grep -qs CLINIT_TREE /proc/${pid}/environ`
  const leaving = `${daemonised("sleep 1001")}; exit 0`

  for (const mode of ["once", "wait", "test"] as const) {
    it(
      `of mode ${mode} is left alone`,
      inScratch(async (scratch) => {
        await scratch.daemon(`g:a:1:${mode}:${leaving}`)
        await tell(scratch, "g", "1")
        await until("it has ended", async () => (await scratch.entry("a"))?.lastEnd?._tag === "Exited")
        const left = pids(scratch)
        expect(left).toHaveLength(1)
        expect(await leave(scratch)).toBe("DONE")
        expect(Proc.isRunning(left[0]!)).toBe(true)
        await endLeft(scratch)
      })
    )
  }

  it(
    "is stopped before the next run of a respawn entry, and before the next entry where the cltab says `tree:strict`",
    inScratch(async (scratch) => {
      await scratch.daemon(
        `g:a:1:respawn:if [ -e pids ]; then ${
          isThere("$(cat pids)")
        } && echo two >> log; exec sleep 1000; fi; ` +
          `${daemonised("sleep 1001")}; exit 0`,
        ":::h/tree:strict",
        "h:b:1:wait:setsid sh -c 'sleep 1002 & echo $! > waited'; exit 0",
        `h:c:1:wait:${isThere("$(cat waited)")} && echo two >> log; echo next >> log`
      )
      await tell(scratch, "g", "1")
      expect(await tell(scratch, "h", "1")).toBe("DONE")
      await until("a runs again", async () => {
        const a = await scratch.entry("a")
        return a?.restarts === 1 && a.state._tag === "Running"
      })
      expect(scratch.lines("log")).toEqual(["next"])
    })
  )

  it(
    "is left alone even of a respawn entry where the cltab says `tree:loose`",
    inScratch(async (scratch) => {
      await scratch.daemon(
        ":::tree:strict",
        ":::g/a/tree:loose",
        `g:a:1:respawn:[ -e pids ] && exec sleep 1000; ${leaving}`
      )
      await tell(scratch, "g", "1")
      await until("it runs again", async () => (await scratch.entry("a"))?.restarts === 1)
      const [left] = pids(scratch)
      expect(Proc.isRunning(left!)).toBe(true)
      expect(await leave(scratch)).toBe("DONE")
      expect(Proc.isRunning(left!)).toBe(true)
      await endLeft(scratch)
    })
  )
})
