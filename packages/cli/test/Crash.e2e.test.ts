import type { Entry } from "@clinit/core/Cltab"
import { LedgerStore } from "@clinit/core/LedgerStore"
import * as LedgerText from "@clinit/core/LedgerText"
import * as Mark from "@clinit/core/Mark"
import * as LaunchScript from "@clinit/core/node/LaunchScript"
import * as NodeLedgerStore from "@clinit/core/node/NodeLedgerStore"
import { GroupName, Level, Tag } from "@clinit/protocol/Names"
import type { Mode } from "@clinit/protocol/Names"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fs from "node:fs"
import { setTimeout as delay } from "node:timers/promises"
import { itUnless } from "./support/Conditional.ts"
import { eventually, until } from "./support/Eventually.ts"
import * as Proc from "./support/Proc.ts"
import * as Program from "./support/Program.ts"
import { inScratch } from "./support/Scratch.ts"
import type { Scratch } from "./support/Scratch.ts"
import { withoutTimes } from "./support/Times.ts"

/** Runs until it is stopped; logs its start and each signal that it gets. */
const witness = (name: string) =>
  `for signal in HUP QUIT TERM CONT; do trap "echo $signal ${name} >> log" $signal; done; ` +
  `trap 'echo INT ${name} >> log; exit' INT; echo up ${name} >> log; while :; do sleep 0.05; done`

/** Like that, but stops only when the file `release` is there. */
const reluctant = (name: string) =>
  `trap '' TERM; trap 'echo INT ${name} >> log; until [ -e release ]; do sleep 0.05; done; exit' INT; ` +
  `echo up ${name} >> log; while :; do sleep 0.05; done`

/** What was logged, but for the CONT that follows a signal which can be caught. */
const heard = (scratch: Scratch) => scratch.lines("log").filter((line) => !line.startsWith("CONT"))

const ledgerOf = (scratch: Scratch) => `${scratch.socket}.ledger`

/** Tells the group to go there and waits until it is DONE. */
const goTo = async (scratch: Scratch, group: string, level: string) => {
  await scratch.tellMany(group, [level])
  await eventually(() => scratch.group(group), `${level} DONE`)
}

/** For tests that leave processes to nobody: their control groups would stay. */
const withoutControlGroups = ":::containment:descendants"

const restartWith = (scratch: Scratch, ...args: ReadonlyArray<string>) =>
  scratch.restart(process.execPath, [Program.bundle, "-c", scratch.cltab, ...args])

const logged = (scratch: Scratch, text: string) =>
  scratch.lines("daemon.log").filter((line) => line.includes(text))

/** Everything that a daemon makes. */
const filesOf = (scratch: Scratch) =>
  fs.readdirSync(scratch.directory).filter((file) => /^\.?(s|clstat)(\.|$)/.test(file))

describe.concurrent("a daemon that follows one that was killed", () => {
  it(
    "goes on with what runs: the same pids and not a signal, and says that they are adopted",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon(
        `g:a:1:respawn:${witness("a")}`,
        `g:b:1:once:${witness("b")}`,
        "g:c:1:wait:echo up c >> log",
        `h:d:2:respawn:${witness("d")}`
      )
      await goTo(scratch, "g", "1")
      await goTo(scratch, "h", "2")
      const tags = ["a", "b", "d"]
      const pids = await Promise.all(tags.map((tag) => scratch.pid(tag)))
      const started = ["up a", "up b", "up c", "up d"]
      await eventually(() => scratch.lines("log").toSorted(), started)
      await scratch.crash(daemon)
      const next = await scratch.restart()
      expect(await Promise.all(tags.map((tag) => scratch.pid(tag)))).toEqual(pids)
      expect(await scratch.group("g")).toBe("1 DONE")
      expect(await scratch.group("h")).toBe("2 DONE")
      expect(await scratch.entry("a")).toMatchObject({ adopted: true, restarts: 0 })
      expect(withoutTimes((await scratch.clinit("status")).stdout)).toMatch(
        new RegExp(`^  a respawn RUNNING pid ${pids[0]} \\[\\w+, adopted\\]$`, "m")
      )
      expect(scratch.lines("log").toSorted()).toEqual(started)
      next.kill("SIGTERM")
      expect((await next.finished()).exit).toBe(0)
      expect(scratch.left().map(Proc.describe)).toEqual([])
      expect(filesOf(scratch)).toEqual([])
    })
  )

  it(
    "starts a respawn entry again that died meanwhile, but not one that is to run once; its exit code is unknown",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon("g:a:1:respawn:exec sleep 1000", "g:b:1:once:exec sleep 1000")
      await goTo(scratch, "g", "1")
      const [a, b] = [await scratch.pid("a"), await scratch.pid("b")]
      await scratch.crash(daemon)
      for (const pid of [a, b]) Proc.kill(pid, "SIGKILL")
      await until("both are gone", () => ![a, b].some(Proc.isRunning))
      await scratch.restart()
      expect(await scratch.pid("a")).not.toBe(a)
      await eventually(() => scratch.state("b"), "Done")
      expect(await scratch.entry("b")).toMatchObject({ lastEnd: { _tag: "Unknown" } })
      expect((await scratch.clinit("status")).stdout).toMatch(
        /^ {2}b once DONE.*, last ended, exit code unknown$/m
      )
      expect(await scratch.group("g")).toBe("1 DONE")
    })
  )

  it(
    "runs a test again whose result nobody saw, and none whose result is known",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon(
        "g:seen:1:test:echo seen >> log",
        "g:unseen:1:test:echo unseen >> log; until [ -e go ]; do sleep 0.02; done"
      )
      await scratch.tellMany("g", ["1"])
      await eventually(() => scratch.lines("log"), ["seen", "unseen"])
      const pid = await scratch.pid("unseen")
      await scratch.crash(daemon)
      scratch.write("go")
      await until("the test has ended", () => !Proc.isRunning(pid))
      await scratch.restart()
      await eventually(() => scratch.group("g"), "1 PASSED")
      expect(scratch.lines("log")).toEqual(["seen", "unseen", "unseen"])
    })
  )

  it(
    "stops what was changed or left the cltab meanwhile, and leaves the rest alone",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon(
        `g:changed:1:respawn:${witness("changed")}`,
        `g:deleted:1:once:${witness("deleted")}`,
        `g:kept:1:respawn:${witness("kept")}`,
        `h:gone:1:respawn:${witness("gone")}`
      )
      await goTo(scratch, "g", "1")
      await goTo(scratch, "h", "1")
      await eventually(() => scratch.lines("log").length, 4)
      const [changed, kept] = [await scratch.pid("changed"), await scratch.pid("kept")]
      await scratch.crash(daemon)
      scratch.write("log")
      scratch.configure("g:changed:1:respawn:exec sleep 1001", `g:kept:1:respawn:${witness("kept")}`)
      await scratch.restart()
      await eventually(() => heard(scratch).toSorted(), ["INT changed", "INT deleted", "INT gone"])
      await eventually(() => scratch.group("g"), "1 DONE")
      await eventually(() => scratch.group("h"), undefined)
      expect(await scratch.pid("kept")).toBe(kept)
      expect(await scratch.pid("changed")).not.toBe(changed)
      expect(await scratch.entry("deleted")).toBeUndefined()
    })
  )

  it(
    "notices within a second that an adopted process died, and does not know how",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon("g:a:1:respawn:exec sleep 1000")
      await goTo(scratch, "g", "1")
      const pid = await scratch.pid("a")
      await scratch.crash(daemon)
      await scratch.restart()
      Proc.kill(pid, "SIGKILL")
      const killed = Date.now() / 1_000
      await until("another runs", async () => await scratch.pid("a") !== pid)
      expect(scratch.logged("g/a ended, exit code unknown") - killed).toBeLessThan(1)
      const next = await scratch.entry("a")
      expect(next).toMatchObject({ lastEnd: { _tag: "Unknown" }, restarts: 1 })
      expect(next).not.toHaveProperty("adopted")
    })
  )
})

describe.concurrent("a level change that was under way when the daemon was killed goes on", () => {
  it(
    "a stop: nothing of the new level starts before the last of the old one is gone",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon(
        `g:a:1:respawn:${reluctant("a")}`,
        "g:both:12:respawn:exec sleep 1000",
        "g:b:2:wait:echo up b >> log"
      )
      await goTo(scratch, "g", "1")
      await eventually(() => scratch.lines("log"), ["up a"])
      const both = await scratch.pid("both")
      await scratch.tellMany("g", ["2"])
      await eventually(() => scratch.lines("log"), ["up a", "INT a"])
      await scratch.crash(daemon)
      await scratch.restart()
      expect(await scratch.group("g")).toBe("1 STOPPING")
      expect(scratch.lines("log")).not.toContain("up b")
      scratch.write("release")
      await eventually(() => scratch.group("g"), "2 DONE")
      expect(scratch.lines("log").at(-1)).toBe("up b")
      expect(await scratch.pid("both")).toBe(both)
    })
  )

  it(
    "a start: what is waited for is not started twice, and the rest follows",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon(
        "g:a:1:wait:echo up a >> log; until [ -e go ]; do sleep 0.02; done",
        "g:b:1:wait:echo up b >> log",
        "g:c:1:respawn:exec sleep 1000"
      )
      await scratch.tellMany("g", ["1"])
      await eventually(() => scratch.lines("log"), ["up a"])
      const pid = await scratch.pid("a")
      await scratch.crash(daemon)
      await scratch.restart()
      expect(await scratch.group("g")).toBe("1 STARTING")
      expect(await scratch.pid("a")).toBe(pid)
      scratch.write("go")
      await eventually(() => scratch.group("g"), "1 DONE")
      expect(scratch.lines("log")).toEqual(["up a", "up b"])
      await scratch.pid("c")
    })
  )

  it(
    "an entry that was being stopped starts again if its group was told to come back to its level",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon(`g:a:1:once:${reluctant("a")}`)
      await goTo(scratch, "g", "1")
      await eventually(() => scratch.lines("log"), ["up a"])
      const pid = await scratch.pid("a")
      await scratch.tellMany("g", ["2"])
      await eventually(() => scratch.lines("log"), ["up a", "INT a"])
      await scratch.tellMany("g", ["1"])
      await scratch.crash(daemon)
      scratch.write("release")
      await until("it is gone", () => !Proc.isRunning(pid))
      await scratch.restart()
      await eventually(() => scratch.group("g"), "1 DONE")
      await eventually(() => scratch.lines("log"), ["up a", "INT a", "up a"])
      expect(await scratch.state("a")).toBe("Running")
    })
  )

  it(
    "a shutdown is not: what it had not stopped by then is halted by the next daemon, which stays",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon(`g:a:1:respawn:${reluctant("a")}`, "h:b:1:respawn:exec sleep 1000")
      await goTo(scratch, "g", "1")
      await goTo(scratch, "h", "1")
      await eventually(() => scratch.lines("log"), ["up a"])
      await scratch.clinit("shutdown")
      await eventually(() => scratch.lines("log"), ["up a", "INT a"])
      await scratch.crash(daemon)
      const next = await scratch.restart()
      scratch.write("release")
      await eventually(() => scratch.left().length, 0)
      await eventually(async () => [await scratch.group("g"), await scratch.group("h")], [
        "CONFIGURED",
        "CONFIGURED"
      ])
      expect(next.isRunning()).toBe(true)
    })
  )
})

const damages: ReadonlyArray<{
  readonly title: string
  readonly reason: string
  readonly damage: (ledger: string) => void
  readonly obstacle?: string | undefined
}> = [
  {
    title: "a byte of it is another",
    reason: "is truncated or was altered: its checksum is wrong",
    damage: (ledger) => {
      const bytes = fs.readFileSync(ledger)
      bytes[20]! ^= 1
      fs.writeFileSync(ledger, bytes)
    }
  },
  {
    title: "it ends in what was written as a whole",
    reason: "is truncated or was altered: it has no checksum",
    damage: (ledger) => fs.truncateSync(ledger, fs.readFileSync(ledger).indexOf("#crc32"))
  },
  {
    title: "a byte of what was added last is another",
    reason: "is truncated or was altered: the checksum of what was added is wrong",
    damage: (ledger) => {
      const bytes = fs.readFileSync(ledger)
      bytes[bytes.length - 2]! ^= 1
      fs.writeFileSync(ledger, bytes)
    }
  },
  { title: "it is empty", reason: "is truncated", damage: (ledger) => fs.truncateSync(ledger, 0) },
  {
    title: "it is a symbolic link",
    reason: "is a symbolic link",
    damage: (ledger) => {
      fs.renameSync(ledger, `${ledger}.moved`)
      fs.symlinkSync(`${ledger}.moved`, ledger)
    }
  },
  {
    title: "its group can read it",
    reason: "is open to others than its owner (mode 0640)",
    damage: (ledger) => fs.chmodSync(ledger, 0o640)
  },
  {
    title: "it belongs to another user",
    reason: "belongs to another user (uid 54321)",
    damage: (ledger) => fs.chownSync(ledger, 54_321, 54_321),
    obstacle: process.geteuid?.() === 0 ? undefined : "not root"
  }
]

describe.concurrent("a ledger is refused, and nothing is touched, when", () => {
  for (const [index, { damage, obstacle, reason, title }] of damages.entries()) {
    itUnless(obstacle)(
      title,
      inScratch(async (scratch) => {
        const daemon = await scratch.daemon(withoutControlGroups, `g:a:1:respawn:${witness("a")}`)
        await goTo(scratch, "g", "1")
        const pid = await scratch.pid("a")
        await eventually(() => scratch.lines("log"), ["up a"])
        await scratch.crash(daemon)
        damage(ledgerOf(scratch))
        const { exit, stderr } = await scratch.launch("-d").finished()
        expect(stderr).toContain(`${ledgerOf(scratch)}: ${reason}`)
        expect(exit).toBe(1)
        expect(Proc.isRunning(pid)).toBe(true)

        // The way out; both spellings of the daemon's start know it.
        const next = await restartWith(scratch, index % 2 === 0 ? "-d" : "daemon", "--no-resume")
        expect(logged(scratch, `not resumed: ${ledgerOf(scratch)}: ${reason}`).length).toBe(1)
        expect(await scratch.group("g")).toBe("CONFIGURED")
        next.kill("SIGTERM")
        expect((await next.finished()).exit).toBe(0)
        expect(filesOf(scratch).filter((file) => !file.endsWith(".moved"))).toEqual([])
        expect(Proc.isRunning(pid)).toBe(true)
        expect(scratch.lines("log")).toEqual(["up a"])
      })
    )
  }
})

it(
  "a ledger whose writer was cut off in what it added counts up to there, and the next daemon says so",
  inScratch(async (scratch) => {
    const daemon = await scratch.daemon(`g:a:1:respawn:${witness("a")}`)
    await goTo(scratch, "g", "1")
    const pid = await scratch.pid("a")
    await eventually(() => scratch.lines("log"), ["up a"])
    await scratch.crash(daemon)
    const ledger = ledgerOf(scratch)
    expect(fs.readFileSync(ledger, "latin1")).toMatch(/^#more /m)
    fs.truncateSync(ledger, fs.statSync(ledger).size - 1)
    await scratch.restart()
    expect(logged(scratch, `${ledger}: what was being written last is cut off`).length).toBe(1)
    await eventually(() => scratch.group("g"), "1 DONE")
    expect(await scratch.pid("a")).toBe(pid)
    expect(scratch.lines("log")).toEqual(["up a"])
  })
)

/** The field of /proc/PID/stat that tells a process from a later one with its pid. */
const startTime = (pid: number) => {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1")
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]!
}

const entryOf = (group: string, tag: string, mode: Mode, command: string): Entry => ({
  group: GroupName.make(group),
  tag: Tag.make(tag),
  levels: "1",
  mode,
  command,
  line: 3
})

/** Where the run of an entry is said to be. */
interface Forged {
  readonly entry: Entry
  readonly pid: number
  readonly startTime: string
}

/**
 * Leaves a ledger as a daemon would have that is not there any more, with groups that are at level 1. Returns the
 * ledger's id, what signs its marks, and the number of the next run.
 */
const forge = (scratch: Scratch, groups: ReadonlyArray<string>, runs: ReadonlyArray<Forged>) =>
  Effect.gen(function*() {
    const { boot, freshId, replace, sign: hmac } = yield* LedgerStore
    const id = yield* freshId
    const key = yield* freshId
    const sign = (text: string) => hmac(key, text)
    const next = runs.length + 1
    const level = Level.make("1")
    const text = [
      LedgerText.printHeader({ boot: boot!, id, key, next, keeper: { pid: 2 ** 22, startTime: "1" } }),
      ...groups.map((group) =>
        LedgerText.printGroup({ group: GroupName.make(group), level, since: 0, state: "DONE", target: level })
      ),
      ...runs.map(({ entry, pid, startTime }, index) =>
        LedgerText.printRun({
          entry,
          process: { boot: boot!, containment: "descendants", pid, startTime },
          run: index + 1,
          mark: Mark.make(id, sign, index + 1, entry),
          since: 0
        })
      )
    ]
    yield* replace(`${text.join("\n")}\n`)
    return { id, sign, next }
  }).pipe(Effect.provide(NodeLedgerStore.layer(ledgerOf(scratch))), Effect.runPromise)

/** Starts what the daemon would have started as this run of the entry. */
const startMarked = (scratch: Scratch, mark: string, command: string) =>
  scratch.start("env", [`CLINIT_TREE=${mark}`, "setsid", "sh", "-c", command])

const strangers: ReadonlyArray<{
  readonly what: string
  readonly launcher: ReadonlyArray<string>
  readonly recordedStart: (pid: number) => string
}> = [
  {
    what: "began at another time",
    launcher: ["setsid", "sh"],
    recordedStart: (pid) => String(Number(startTime(pid)) - 1)
  },
  { what: "leads no session, as all that we start do", launcher: ["sh"], recordedStart: startTime }
]

describe.concurrent("the pid in the ledger belongs to somebody else by now, who", () => {
  for (const { launcher, recordedStart, what } of strangers) {
    for (const isKept of [true, false]) {
      it(
        `${what}: never gets a signal, ${isKept ? "and the entry is started" : "though the entry is gone"}`,
        inScratch(async (scratch) => {
          const innocent = scratch.start("env", [...launcher, "-c", witness("innocent")])
          await eventually(() => scratch.lines("log"), ["up innocent"])
          const entry = entryOf("g", "a", "respawn", "sleep 1000")
          await forge(scratch, ["g"], [{ entry, pid: innocent.pid, startTime: recordedStart(innocent.pid) }])
          scratch.configure(isKept ? "g:a:1:respawn:sleep 1000" : "g:b:1:respawn:sleep 1000")
          const daemon = await scratch.restart()
          await eventually(() => scratch.group("g"), "1 DONE")
          expect(await scratch.pid(isKept ? "a" : "b")).not.toBe(innocent.pid)
          const [group] = (await scratch.status()).groups
          expect(group?.processes.map(({ adopted }) => adopted)).toEqual([undefined])
          daemon.kill("SIGTERM")
          expect((await daemon.finished()).exit).toBe(0)
          expect(innocent.isRunning()).toBe(true)
          expect(scratch.lines("log")).toEqual(["up innocent"])
          innocent.kill("SIGKILL")
          // The sleep that it waited for ends by itself.
          await eventually(() => scratch.left(), [])
        })
      )
    }
  }
})

describe.concurrent("a process that the daemon had no time to record", () => {
  it(
    "is known by its mark, and for good: its number is nobody else's",
    inScratch(async (scratch) => {
      const command = witness("b")
      const entry = entryOf("second", "b", "respawn", command)
      const { id, next, sign } = await forge(scratch, ["first", "second"], [])
      const unrecorded = startMarked(scratch, Mark.make(id, sign, next, entry), command)
      await eventually(() => scratch.lines("log"), ["up b"])
      // The one before it has to be started, and is given a number.
      const daemon = await scratch.daemon("first:a:1:wait:echo up a >> log", `second:b:1:respawn:${command}`)
      for (const group of ["first", "second"]) await eventually(() => scratch.group(group), "1 DONE")
      expect(await scratch.pid("b")).toBe(unrecorded.pid)
      await eventually(() => scratch.lines("log"), ["up b", "up a"])
      await eventually(() => fs.readFileSync(ledgerOf(scratch), "utf8").includes("Exited"), true)
      await scratch.crash(daemon)
      await scratch.restart()
      expect(await scratch.pid("b")).toBe(unrecorded.pid)
      expect(scratch.lines("log")).toEqual(["up b", "up a"])
    })
  )

  it(
    "is stopped if no entry is the one that it was started for",
    inScratch(async (scratch) => {
      const { id, next, sign } = await forge(scratch, ["g"], [])
      const stray = startMarked(
        scratch,
        Mark.make(id, sign, next, entryOf("g", "a", "respawn", "other")),
        witness("stray")
      )
      await eventually(() => scratch.lines("log"), ["up stray"])
      await scratch.daemon(`g:a:1:respawn:${witness("a")}`)
      await eventually(() => heard(scratch), ["up stray", "INT stray", "up a"])
      await until("we know, too, that it is gone", () => !stray.isRunning())
    })
  )
})

describe.concurrent("a process whose set-up was cut short by the death of its daemon", () => {
  it(
    "is stopped, and its entry does not count as run",
    inScratch(async (scratch) => {
      const { id, next, sign } = await forge(scratch, ["g"], [])
      const mark = Mark.make(id, sign, next, entryOf("g", "a", "wait", "echo ran >> log"))
      const halfway = scratch.start("env", [
        `CLINIT_TREE=${mark}`,
        `${LaunchScript.variable}=`,
        "setsid",
        "sh",
        "-c",
        witness("set-up")
      ])
      await eventually(() => scratch.lines("log"), ["up set-up"])
      await scratch.daemon("g:a:1:wait:echo ran >> log")
      await eventually(() => scratch.group("g"), "1 DONE")
      expect(heard(scratch)).toEqual(["up set-up", "INT set-up", "ran"])
      await until("we know, too, that it is gone", () => !halfway.isRunning())
    })
  )
})

describe.concurrent("a mark of the next run that the ledger's key has not signed", () => {
  for (const command of [witness("a"), "another"]) {
    const what = command === "another" ? "of an entry that there is not" : "of an entry"
    it(
      `${what}, made up by somebody who knows the ledger's id, is nobody's: it gets no signal and is not taken over`,
      inScratch(async (scratch) => {
        const { id, next } = await forge(scratch, ["g"], [])
        const mark = Mark.make(id, () => "0".repeat(32), next, entryOf("g", "a", "respawn", command))
        const impostor = startMarked(scratch, mark, witness("impostor"))
        await eventually(() => scratch.lines("log"), ["up impostor"])
        await scratch.daemon(`g:a:1:respawn:${witness("a")}`)
        await eventually(() => scratch.lines("log"), ["up impostor", "up a"])
        expect(await scratch.pid("a")).not.toBe(impostor.pid)
        expect(impostor.isRunning()).toBe(true)
        expect(scratch.lines("log")).toEqual(["up impostor", "up a"])
        impostor.kill("SIGKILL")
      })
    )
  }
})

describe.concurrent("the ledger", () => {
  it(
    "is the owner's alone while the daemon runs, and is gone when it has ended in order",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon("g:a:1:respawn:exec sleep 1000")
      await goTo(scratch, "g", "1")
      expect(fs.statSync(ledgerOf(scratch)).mode & 0o7777).toBe(0o600)
      daemon.kill("SIGTERM")
      expect((await daemon.finished()).exit).toBe(0)
      expect(filesOf(scratch)).toEqual([])
    })
  )

  it(
    "that is sound is left behind by --no-resume, which logs what it said",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon(withoutControlGroups, `g:a:1:respawn:${witness("a")}`)
      await goTo(scratch, "g", "1")
      const pid = await scratch.pid("a")
      await eventually(() => scratch.lines("log"), ["up a"])
      await scratch.crash(daemon)
      await restartWith(scratch, "-d", "--no-resume")
      expect(logged(scratch, "not resumed, processes are left alone").join()).toContain(
        `levels: g 1; processes then: g/a pid ${pid}`
      )
      expect(await scratch.group("g")).toBe("CONFIGURED")
      await goTo(scratch, "g", "1")
      expect(await scratch.pid("a")).not.toBe(pid)
      expect(Proc.isRunning(pid)).toBe(true)
      await eventually(() => scratch.lines("log"), ["up a", "up a"])
    })
  )
})

describe.concurrent("crash after crash", () => {
  it(
    "exactly what belongs to the latest levels runs, once each",
    inScratch(async (scratch) => {
      const levels: Record<string, string> = { a: "12", b: "1", c: "2", d: "23", e: "123", f: "3" }
      const tags = Object.keys(levels)
      let daemon = await scratch.daemon(
        ...tags.map((tag, index) => `g${index % 2}:${tag}:${levels[tag]}:respawn:exec sleep 1000${index}`)
      )
      const running = () =>
        scratch.left().flatMap((pid) => /sleep 1000(\d)$/.exec(Proc.describe(pid))?.[1] ?? []).map((index) =>
          tags[Number(index)]!
        ).toSorted()
      const targets = ["1", "1"]
      await Promise.all(targets.map((level, group) => goTo(scratch, `g${group}`, level)))
      for (let crash = 0; crash < 8; crash++) {
        const group = crash % 2 === 0 ? 0 : 1
        // In the end every level was come to from each other one.
        const target = String((crash * 2 + 1) % 3 + 1)
        targets[group] = target
        await scratch.tellMany(`g${group}`, [target])
        await delay(crash * crash)
        await scratch.crash(daemon)
        daemon = await scratch.restart()
        await eventually(
          async () => [await scratch.group("g0"), await scratch.group("g1")].join(),
          targets.map((level) => `${level} DONE`).join()
        )
        await eventually(running, tags.filter((tag, index) => levels[tag]!.includes(targets[index % 2]!)))
      }
      daemon.kill("SIGTERM")
      expect((await daemon.finished()).exit).toBe(0)
      expect(scratch.left().map(Proc.describe)).toEqual([])
      expect(filesOf(scratch)).toEqual([])
    })
  )
})
