import { describe, expect, it } from "@effect/vitest"
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync
} from "node:fs"
import * as Clients from "./support/Clients.ts"
import { itUnless } from "./support/Conditional.ts"
import {
  daemonWithClock,
  limit,
  logLines,
  obstacleToLimits,
  processorSeconds,
  residentMebibytes
} from "./support/Daemons.ts"
import { eventually, until } from "./support/Eventually.ts"
import { tell } from "./support/Orders.ts"
import * as Proc from "./support/Proc.ts"
import { inScratch } from "./support/Scratch.ts"
import type { Scratch } from "./support/Scratch.ts"
import * as SmallDisk from "./support/SmallDisk.ts"
import * as asStranger from "./support/Stranger.ts"
import { containments, obstacleTo, pids } from "./support/Trees.ts"
import * as Zombies from "./support/Zombies.ts"

const warnings = async (scratch: Scratch) => (await scratch.status()).warnings

/** Tells the group the level where it is until the ledger, whose disk is full, has no room left in the block that it has. */
const fillLedger = (scratch: Scratch, level: string) =>
  until("the ledger is a warning", async () => {
    await scratch.tellMany("g", Array.from({ length: 20 }, () => level))
    expect(await tell(scratch, "g", level)).toBe("DONE")
    return (await warnings(scratch)).some((warning) => warning.startsWith("ledger: "))
  })

describe.concurrent("without a descriptor left", () => {
  for (const containment of containments) {
    itUnless(obstacleToLimits ?? obstacleTo(containment))(
      `the daemon says so, does not spin, stops what it is told to, and catches up as soon as there are some (${containment})`,
      inScratch(async (scratch) => {
        const daemon = await scratch.daemon(
          `:::containment:${containment}`,
          "g:a:1:respawn:exec sleep 1000",
          "h:b:1:respawn:exec sleep 1000"
        )
        await tell(scratch, "g", "1")
        await tell(scratch, "h", "1")
        const [a, b] = [await scratch.pid("a"), await scratch.pid("b")]
        const highest = Proc.descriptors(daemon.pid).at(-1)!
        limit(daemon.pid, "nofile", highest + 8)
        const orderer = await Clients.connect(scratch.socket)
        const crowd = await Clients.crowd(scratch.socket, 60)
        const used = processorSeconds(daemon.pid)
        const began = performance.now()
        await until("it is told", () => logLines(scratch, "open files: the limit is reached").length > 0)
        process.kill(a, "SIGKILL")
        await until("the death is noticed", () => logLines(scratch, "g/a died of SIGKILL").length > 0)
        orderer.socket.write(Clients.request("tell", { group: "h", level: "off", wait: true }))
        await until("b is stopped", () => !Proc.isRunning(b))
        await until("three seconds have passed", () => performance.now() - began > 3_000)
        const share = (processorSeconds(daemon.pid) - used) / ((performance.now() - began) / 1_000)
        expect(share).toBeLessThan(0.2)
        Clients.disperse(crowd)
        await until("the order is done", () => orderer.lines().length === 1)
        expect(JSON.parse(orderer.lines()[0]!)).toMatchObject({ result: { outcome: { state: "DONE" } } })
        expect(await tell(scratch, "h", "1")).toBe("DONE")
        await eventually(() => warnings(scratch), [])
        // A start that was refused so often by then that the throttle holds it back is made by the next order.
        await until(
          "a starts again",
          async () => ["Running", "Pausing"].includes(await scratch.state("a") ?? "")
        )
        expect(await tell(scratch, "g", "off")).toBe("DONE")
        expect(await tell(scratch, "g", "1")).toBe("DONE")
        expect(Proc.isRunning(await scratch.pid("a"))).toBe(true)
        expect(logLines(scratch, "open files: the limit is reached")).toHaveLength(1)
        expect(logLines(scratch, "internal error")).toEqual([])
      })
    )
  }
})

describe.concurrent("where no process can be forked", () => {
  itUnless(asStranger.obstacle)(
    "a level fails with the reason, a respawn entry is tried again under its throttle, and later orders work",
    inScratch(async (scratch) => {
      const daemon = await asStranger.start(
        scratch,
        "g:a:12:respawn:exec sleep 1000",
        "g:b:2:wait:echo b >> log",
        "h:c:1:once:exec sleep 1000"
      )
      await tell(scratch, "g", "1")
      const forker = await until("it has a forker", () => Proc.forkerOf(daemon.pid))
      // A Node that cannot have its threads when it begins does not begin.
      await until("it has begun to fork", async () => {
        await tell(scratch, "h", "1")
        const isItsChild = Proc.parentOf(await scratch.pid("c")) === forker
        await tell(scratch, "h", "off")
        return isItsChild
      })
      const limit = (count: number) =>
        [daemon.pid, forker].forEach((pid) => asStranger.limitProcesses(pid, count))
      limit(1)
      expect(await scratch.clinit("-w", "g", "2")).toEqual({
        exit: 1,
        stdout: "",
        stderr:
          "clinit: g 2 FAILED: b could not be started: spawn /bin/sh EAGAIN (clinit why g/b tells more)\n"
      })
      expect(await tell(scratch, "h", "1")).toBe("FAILED")
      expect(await scratch.entry("c")).toMatchObject({
        state: { _tag: "Failed" },
        lastEnd: { _tag: "NotSpawned", reason: "spawn /bin/sh EAGAIN" }
      })
      process.kill(await scratch.pid("a"), "SIGKILL")
      await eventually(() => scratch.state("a"), "Pausing")
      expect(await scratch.entry("a")).toMatchObject({
        lastEnd: { _tag: "NotSpawned", reason: "spawn /bin/sh EAGAIN" }
      })
      expect(logLines(scratch, "g/a could not be started").length).toBeLessThan(10)
      limit(1_000)
      expect(await tell(scratch, "g", "off")).toBe("DONE")
      expect(await tell(scratch, "g", "2")).toBe("DONE")
      expect(await tell(scratch, "h", "1")).toBe("DONE")
      expect(scratch.lines("log")).toEqual(["b"])
      expect(await scratch.state("a")).toBe("Running")
    })
  )
})

describe.concurrent("while its files cannot be written", () => {
  for (
    const [fault, set] of [
      ["the disk is full", (disk: SmallDisk.SmallDisk, on: boolean) => on ? disk.fill() : disk.drain()],
      ["it is read-only", (disk: SmallDisk.SmallDisk, on: boolean) => disk.protect(on)]
    ] as const
  ) {
    itUnless(SmallDisk.obstacle)(
      `the status file's: ${fault}, the daemon says so once, goes on, and catches up`,
      inScratch((scratch) =>
        SmallDisk.withSmallDisk(scratch, async (disk) => {
          const clstat = `${disk.directory}/clstat`
          scratch.write("cltab", [
            `:::socket:${scratch.socket}`,
            `:::clstat:${clstat}`,
            "g:a:12:respawn:exec sleep 1000",
            "g:b:2:wait:true"
          ])
          await scratch.restart()
          await tell(scratch, "g", "1")
          await eventually(() => readFileSync(clstat, "utf8"), "Cluster::Init::Group g 1 DONE\n")
          set(disk, true)
          for (const level of ["2", "1", "2"]) expect(await tell(scratch, "g", level)).toBe("DONE")
          await until("it is a warning", async () => (await warnings(scratch)).length === 1)
          expect((await warnings(scratch))[0]).toMatch(/^status file: .*\/clstat: (ENOSPC|EROFS): /)
          expect(readFileSync(clstat, "utf8")).toBe("Cluster::Init::Group g 1 DONE\n")
          process.kill(await scratch.pid("a"), "SIGKILL")
          await eventually(async () => (await scratch.entry("a"))?.restarts, 1)
          set(disk, false)
          await eventually(() => readFileSync(clstat, "utf8"), "Cluster::Init::Group g 2 DONE\n", 5)
          await eventually(() => warnings(scratch), [])
          expect(logLines(scratch, "warn status file")).toHaveLength(1)
          expect(logLines(scratch, "status file: well again")).toHaveLength(1)
          await scratch.close()
        })
      )
    )
  }

  itUnless(SmallDisk.obstacle)(
    "and the ledger's disk is full, too: orders are taken, both files are right soon after",
    inScratch((scratch) =>
      SmallDisk.withSmallDisk(scratch, async (disk) => {
        SmallDisk.moveTo(scratch, disk.directory)
        await scratch.daemon("g:a:12:respawn:exec sleep 1000", "g:b:2:wait:true")
        await tell(scratch, "g", "1")
        disk.fill()
        for (const level of ["2", "1", "2"]) expect(await tell(scratch, "g", level)).toBe("DONE")
        await fillLedger(scratch, "2")
        await until("both are warnings", async () => (await warnings(scratch)).length >= 2)
        // The history may still find room in a block that it has.
        expect((await scratch.clinit("status")).stdout).toMatch(
          /^(warning: (ledger|status file|history): \S+: ENOSPC: no space left on device.*\n){2,3}g 2 DONE since /
        )
        expect(readdirSync(disk.directory).filter((file) => file.endsWith(".tmp"))).toEqual([])
        disk.drain()
        await eventually(() => warnings(scratch), [], 5)
        expect(readFileSync(scratch.clstat, "utf8")).toBe("Cluster::Init::Group g 2 DONE\n")
        expect(readFileSync(`${scratch.socket}.ledger`, "utf8")).toContain(String(await scratch.pid("a")))
        for (const file of ["ledger", "status file"]) {
          expect(logLines(scratch, ` ${file}: well again`), file).toHaveLength(1)
          expect(logLines(scratch, ` warn ${file}: `), file).toHaveLength(1)
        }
        await scratch.close()
      })
    )
  )

  itUnless(SmallDisk.obstacle)(
    "a daemon that is killed leaves enough for the next one: nothing is started twice, nothing is lost",
    inScratch((scratch) =>
      SmallDisk.withSmallDisk(scratch, async (disk) => {
        SmallDisk.moveTo(scratch, disk.directory)
        const first = await scratch.daemon(
          "g:a:12:respawn:echo a >> log; exec sleep 1000",
          "g:b:2:respawn:echo b >> log; exec sleep 1000",
          "g:c:2:wait:echo c >> log"
        )
        await tell(scratch, "g", "1")
        await eventually(() => scratch.lines("log"), ["a"])
        disk.fill()
        await fillLedger(scratch, "1")
        // None of this can be recorded: another level, a new process, a death.
        expect(await tell(scratch, "g", "2")).toBe("DONE")
        process.kill(await scratch.pid("a"), "SIGKILL")
        await eventually(async () => (await scratch.entry("a"))?.restarts, 1)
        await eventually(() => [...scratch.lines("log")].sort(), ["a", "a", "b", "c"])
        const a = await scratch.pid("a")
        await scratch.crash(first)
        disk.drain()
        await scratch.restart()
        expect(await scratch.pid("a")).toBe(a)
        // What is not in the ledger is the order itself: its client was answered, and warned by the status.
        await eventually(() => scratch.group("g"), "1 DONE")
        expect(await scratch.entry("b")).toBeUndefined()
        expect(scratch.left()).toEqual([a])
        expect([...scratch.lines("log")].sort()).toEqual(["a", "a", "b", "c"])
        expect(await tell(scratch, "g", "off")).toBe("DONE")
        expect(scratch.left()).toEqual([])
        await scratch.close()
      })
    )
  )
})

describe.concurrent("what is removed while the daemon runs is noticed and made again within seconds", () => {
  const removals = {
    "the run directory": (run: string) => rmSync(run, { recursive: true }),
    "the run directory, moved away": (run: string) => renameSync(run, `${run}.gone`),
    "the socket": (run: string) => rmSync(`${run}/s`),
    "the lock": (run: string) => rmSync(`${run}/s.lock`),
    "the ledger": (run: string) => rmSync(`${run}/s.ledger`)
  }
  for (const [what, remove] of Object.entries(removals)) {
    it(
      `${what}: orders come through again, no process hears of it, and a second daemon is refused`,
      inScratch(async (scratch) => {
        const run = scratch.path("run")
        SmallDisk.moveTo(scratch, run)
        await scratch.daemon("g:a:12:respawn:exec sleep 1000", "g:b:2:wait:true")
        await tell(scratch, "g", "1")
        const a = await scratch.pid("a")
        const files = ["s", "s.lock", "s.ledger", "clstat"].map((name) => `${run}/${name}`)
        await until("the files are there", () => files.every((file) => existsSync(file)))
        const inodes = () => files.slice(0, 2).map((file) => statSync(file, { throwIfNoEntry: false })?.ino)
        remove(run)
        const began = performance.now()
        await until(
          "socket, lock and ledger are back",
          () => files.slice(0, 3).every((file) => existsSync(file))
        )
        expect(performance.now() - began).toBeLessThan(4_000)
        await eventually(() => warnings(scratch).catch(() => undefined), [])
        const [socket, lock] = inodes()
        expect(statSync(files[0]!).mode & 0o777).toBe(0o600)
        expect(statSync(run).mode & 0o777).toBe(0o700)
        const second = scratch.adopt(scratch.launch("-d"))
        expect(await second.finished()).toMatchObject({ exit: 1, stderr: /a daemon already runs here/ })
        expect(inodes()).toEqual([socket, lock])
        expect(await scratch.pid("a")).toBe(a)
        expect(await tell(scratch, "g", "2")).toBe("DONE")
        await eventually(() => readFileSync(scratch.clstat, "utf8"), "Cluster::Init::Group g 2 DONE\n")
        expect(await scratch.entry("a")).toMatchObject({ restarts: 0 })
      })
    )
  }
})

describe.concurrent("a daemon whose lock and socket were removed while it was suspended", () => {
  it(
    "leaves the files of the daemon that took its place alone",
    inScratch(async (scratch) => {
      const first = await scratch.daemon("g:a:1:respawn:exec sleep 1000")
      await tell(scratch, "g", "1")
      const a = await scratch.pid("a")
      first.kill("SIGSTOP")
      for (const file of ["s", "s.lock", "s.ledger"]) rmSync(scratch.path(file))
      const second = await scratch.restart()
      await tell(scratch, "g", "1")
      first.kill("SIGCONT")
      // Its own process starts again, which it would write down.
      Proc.kill(a, "SIGKILL")
      await until("the first complains", () => logLines(scratch, "the lock is gone").length > 0)
      first.kill("SIGTERM")
      expect((await first.finished()).exit).toBe(0)
      expect(["s", "s.lock", "s.ledger", "clstat"].filter((file) => !scratch.exists(file))).toEqual([])
      expect(scratch.read("s.ledger")).toContain(`"keeper":{"pid":${second.pid},`)
      expect((await scratch.status()).pid).toBe(second.pid)
    })
  )

  it(
    "is not joined by another one, not even without resuming",
    inScratch(async (scratch) => {
      const first = await scratch.daemon("g:a:1:respawn:exec sleep 1000")
      await tell(scratch, "g", "1")
      first.kill("SIGSTOP")
      for (const file of ["s", "s.lock"]) rmSync(scratch.path(file))
      for (const flags of [[], ["--no-resume"]]) {
        const { exit, stderr } = await scratch.clinit("-d", ...flags)
        expect(exit).toBe(1)
        expect(stderr).toContain(`the daemon that keeps it still runs: pid ${first.pid}`)
      }
      first.kill("SIGCONT")
      await until("it is back", () => scratch.status().then(({ pid }) => pid === first.pid, () => false))
    })
  )
})

describe.concurrent("a clock that steps by an hour whenever it is looked at", () => {
  for (const [direction, hours] of [["forwards", 1], ["backwards", -1]] as const) {
    it(
      `${direction} changes nothing about when signals are sent and what counts as a quick death`,
      inScratch(async (scratch) => {
        await daemonWithClock(
          scratch,
          hours,
          "g:a:1:respawn:trap 'echo TERM >> log; exit' TERM; trap '' INT; echo up >> up; while :; do sleep 0.1; done",
          "h:b:1:respawn:sleep 0.2",
          "h:c:1:respawn:sleep 1.2"
        )
        await tell(scratch, "h", "1")
        await tell(scratch, "g", "1")
        await eventually(() => scratch.lines("up"), ["up"])
        const told = performance.now()
        expect(await tell(scratch, "g", "off")).toBe("DONE")
        expect(scratch.lines("log")).toEqual(["TERM"])
        expect((performance.now() - told) / 1_000).toBeGreaterThan(4.9)
        await eventually(() => scratch.state("b"), "Pausing")
        await until("c has died often", async () => ((await scratch.entry("c"))?.restarts ?? 0) > 6)
        expect(await scratch.state("c")).toBe("Running")
        expect(await scratch.state("b")).toBe("Pausing")
        const times = logLines(scratch, " info ").map((line) => Date.parse(line.split(" ")[0]!))
        expect(Math.max(...times) - Math.min(...times), "the clock has stepped").toBeGreaterThan(36_000_000)
      })
    )
  }
})

describe.concurrent("an entry with hundreds of zombies", () => {
  for (const containment of containments) {
    itUnless(obstacleTo(containment))(
      `is stopped like any other, while questions are answered (${containment})`,
      inScratch(async (scratch) => {
        await scratch.daemon(
          `:::containment:${containment}`,
          `g:a:1:respawn:${Zombies.careless(300)}`,
          "h:b:1:respawn:exec sleep 1000"
        )
        await tell(scratch, "g", "1")
        await tell(scratch, "h", "1")
        await until("all are started", () => scratch.exists("up"))
        const a = await scratch.pid("a")
        await until("the bell is rung", () => {
          closeSync(openSync(scratch.path("bell"), "r+"))
          return Zombies.count(a) === 300
        })
        process.kill(await scratch.pid("b"), "SIGKILL")
        await eventually(async () => (await scratch.entry("b"))?.restarts, 1)
        expect(await tell(scratch, "g", "off")).toBe("DONE")
        expect(Proc.isRunning(a)).toBe(false)
      })
    )
  }
})

describe.concurrent("suspended processes", () => {
  for (const containment of containments) {
    itUnless(obstacleTo(containment))(
      `end by the first signal of a stop, leader and children (${containment})`,
      inScratch(async (scratch) => {
        await scratch.daemon(
          `:::containment:${containment}`,
          "g:a:1:respawn:trap 'echo INT >> log; exit' INT; env sleep 1000 & echo $! >> pids; echo up >> up; " +
            "trap 'kill $!; echo INT >> log; exit' INT; wait"
        )
        await tell(scratch, "g", "1")
        await eventually(() => scratch.lines("up"), ["up"])
        const suspended = [await scratch.pid("a"), ...pids(scratch)]
        for (const pid of suspended) process.kill(pid, "SIGSTOP")
        expect(await tell(scratch, "g", "off")).toBe("DONE")
        expect(scratch.lines("log")).toEqual(["INT"])
        expect(scratch.left()).toEqual([])
      })
    )
  }
})

describe.concurrent("clients that are a nuisance", () => {
  it(
    "delay nobody else's answers and no respawn, and cost bounded memory",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon("g:a:1:respawn:exec sleep 1000")
      await tell(scratch, "g", "1")
      const silent = await Clients.crowd(scratch.socket, 150)
      const half = await Clients.crowd(scratch.socket, 50)
      for (const { socket } of half) socket.write("{\"jsonrpc\":\"2.0\",\"id\":1,\"me")
      const endless = await Clients.crowd(scratch.socket, 5)
      const huge = "x".repeat(1_000_000)
      for (const { socket } of endless) socket.write(huge)
      const deaf = await Clients.crowd(scratch.socket, 20)
      for (const { socket } of deaf) {
        socket.pause()
        socket.write(Clients.request("status", {}).repeat(2_000))
      }
      process.kill(await scratch.pid("a"), "SIGKILL")
      await eventually(async () => (await scratch.entry("a"))?.restarts, 1)
      expect(residentMebibytes(daemon.pid)).toBeLessThan(300)
      await until("those who read nothing are cut off", () => {
        for (const { socket } of deaf) socket.write("\n") // who does not read hears of it by writing only
        return deaf.every(({ isOpen }) => !isOpen())
      })
      for (const clients of [silent, half, endless, deaf]) Clients.disperse(clients)
      expect(await tell(scratch, "g", "off")).toBe("DONE")
    })
  )
})
