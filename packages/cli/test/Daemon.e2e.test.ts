import { connect } from "@clinit/protocol/node/PromiseClient"
import { describe, expect, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readlinkSync,
  rmdirSync,
  statSync,
  symlinkSync,
  unlinkSync
} from "node:fs"
import * as net from "node:net"
import { constants as osConstants } from "node:os"
import { setImmediate as nextTurn } from "node:timers/promises"
import { eventually, until } from "./support/Eventually.ts"
import { withoutHold } from "./support/Hold.ts"
import * as Proc from "./support/Proc.ts"
import * as Program from "./support/Program.ts"
import { inScratch } from "./support/Scratch.ts"
import type { Scratch } from "./support/Scratch.ts"
import { withoutTimes } from "./support/Times.ts"

/** Runs until it is stopped, and then until the file `release` is there; it logs the INT. */
const reluctant =
  "trap '' TERM; trap 'echo INT >> log; until [ -e release ]; do sleep 0.05; done; exit' INT; " +
  "echo up >> log; while :; do sleep 0.05; done"

/** Starts a daemon that is expected to refuse its service, and returns how it ended. */
const refusal = (scratch: Scratch, ...args: ReadonlyArray<string>) =>
  scratch.adopt(scratch.launch("-d", ...args)).finished(15)

/** Sends bytes to the daemon's socket as no client of ours would, and returns the first line of the answer. */
const exchange = (scratch: Scratch, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const client = net.connect({ path: scratch.socket }, () => client.write(text))
    let answer = ""
    client.setEncoding("utf8").on("error", reject).on("data", (chunk: string) => {
      answer += chunk
      if (!answer.includes("\n")) return
      resolve(answer)
      client.destroy()
    })
  })

describe.concurrent("the daemon ends in order", () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(
      `${signal} is a shutdown: every process is stopped, nothing is left, and the exit code is 0`,
      inScratch(async (scratch) => {
        const daemon = await scratch.daemon(
          `g:a:1:respawn:${reluctant}`,
          "g:b:1:once:exec sleep 1000",
          "h:c:1:wait:exec sleep 1000"
        )
        await scratch.clinit("-w", "g", "1")
        await scratch.clinit("h", "1")
        await eventually(() => scratch.lines("log"), ["up"])
        await scratch.pid("c")
        daemon.kill(signal)
        await eventually(() => scratch.lines("log"), ["up", "INT"])
        expect(daemon.isRunning()).toBe(true)
        scratch.write("release")
        expect((await daemon.finished()).exit).toBe(0)
        expect(scratch.left()).toEqual([])
        expect(["s", "s.lock", "clstat"].filter((file) => scratch.exists(file))).toEqual([])
        expect(scratch.read("daemon.log")).toContain(`${signal}: shutting down`)
      })
    )
  }

  it(
    "signals that come until the very end do not make it look like a death",
    inScratch(async (scratch) => {
      for (let round = 0; round < 5; round++) {
        const daemon = await scratch.daemon("g:a:1:once:exec sleep 1000")
        await scratch.clinit("g", "1")
        daemon.kill("SIGTERM")
        const finished = daemon.finished()
        while (daemon.isRunning()) {
          daemon.kill(round % 2 === 0 ? "SIGTERM" : "SIGINT")
          await nextTurn()
        }
        expect((await finished).exit).toBe(0)
      }
    })
  )

  it(
    "a shutdown with nothing running ends at once",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon("g:a:1:wait:true")
      await scratch.clinit("-w", "g", "1")
      daemon.kill("SIGTERM")
      expect((await daemon.finished()).exit).toBe(0)
      expect(scratch.logged("all groups are down") - scratch.logged("SIGTERM: shutting down")).toBeLessThan(1)
    })
  )

  it(
    "clinit -k answers at once, clinit -k -w when the last process is gone",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon(":::stop:INT 60s, KILL", `g:a:1:respawn:${reluctant}`)
      await scratch.clinit("-w", "g", "1")
      await eventually(() => scratch.lines("log"), ["up"])
      expect(await scratch.clinit("-k")).toEqual({ exit: 0, stdout: "", stderr: "" })
      await eventually(() => scratch.lines("log"), ["up", "INT"])
      expect(await scratch.group("g")).toBe("1 HALTING")
      const waiting = scratch.launch("-k", "-w")
      await using client = connect({ socket: scratch.socket })
      const orders = async () =>
        (await client.history()).events.flatMap(({ what }) => what._tag === "Asked" ? what.order : [])
      await eventually(orders, ["shutdown", "shutdown"])
      const late = await scratch.clinit("shutdown", "--wait", "--timeout", "0.3")
      expect(withoutTimes(withoutHold(late.stderr))).toMatch(
        /^clinit: the shutdown is not done after 0.3 s and goes on:\nclinit: g 1 HALTING\nclinit: {3}a respawn STOPPING pid \d+, sent SIGINT\n$/
      )
      expect(waiting.isRunning()).toBe(true)
      scratch.write("release")
      expect(await waiting.finished()).toEqual({ exit: 0, stdout: "", stderr: "" })
      expect((await daemon.finished()).exit).toBe(0)
    })
  )

  it(
    "clients that come during a shutdown are refused at once",
    inScratch(async (scratch) => {
      await scratch.daemon(":::stop:INT 60s, KILL", `g:a:1:respawn:${reluctant}`)
      await scratch.clinit("-w", "g", "1")
      await eventually(() => scratch.lines("log"), ["up"])
      const told = scratch.launch("-w", "g", "2")
      await eventually(() => scratch.lines("log"), ["up", "INT"])
      await scratch.clinit("-k")
      expect(await told.finished()).toEqual({
        exit: 1,
        stdout: "",
        stderr: "clinit: g was halted before it settled at level 2\n"
      })
      const refused = { exit: 1, stdout: "", stderr: "clinit: the daemon is shutting down\n" }
      expect(await scratch.clinit("g", "1")).toEqual(refused)
      expect(await scratch.clinit("reread")).toEqual(refused)
      expect((await scratch.clinit("status")).stdout).toMatch(/^g 1 HALTING since /)
      scratch.write("release")
    })
  )

  it(
    "processes of groups that have PASSED or FAILED are stopped as gracefully as any",
    inScratch(async (scratch) => {
      scratch.write("release")
      const daemon = await scratch.daemon(`g:a:1:respawn:${reluctant}`, "g:b:1:test:false")
      expect((await scratch.clinit("-w", "g", "1")).exit).toBe(1)
      await eventually(() => scratch.lines("log"), ["up"])
      daemon.kill("SIGTERM")
      expect((await daemon.finished()).exit).toBe(0)
      expect(scratch.lines("log")).toEqual(["up", "INT"])
    })
  )

  it(
    "a client that waits when the daemon is killed is told, and ends with 3",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon("g:a:1:wait:exec sleep 1000")
      const tell = scratch.launch("-w", "g", "1")
      await scratch.pid("a")
      await scratch.crash(daemon)
      expect(await tell.finished()).toEqual({
        exit: 3,
        stdout: "",
        stderr: "clinit: the daemon went away before it answered: the connection was closed\n"
      })
    })
  )
})

describe.concurrent("a reread", () => {
  it(
    "comes with SIGHUP, and halts the groups that are gone",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon("g:a:1:respawn:exec sleep 1000", "h:b:1:respawn:exec sleep 1000")
      await scratch.clinit("-w", "g", "1")
      await scratch.clinit("-w", "h", "1")
      const [a, b] = [await scratch.pid("a"), await scratch.pid("b")]
      scratch.configure("h:b:1:respawn:exec sleep 1000", "h:c:1:wait:true")
      daemon.kill("SIGHUP")
      await eventually(() => scratch.group("g"), undefined)
      expect(Proc.isRunning(a)).toBe(false)
      expect(await scratch.pid("b")).toBe(b)
      expect(await scratch.entry("c")).toBeUndefined()
    })
  )

  it(
    "of a broken cltab by SIGHUP changes nothing and logs what is wrong",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon("g:a:1:respawn:exec sleep 1000")
      await scratch.clinit("-w", "g", "1")
      const a = await scratch.pid("a")
      scratch.configure("g:a:1:rspawn:exec sleep 1000")
      daemon.kill("SIGHUP")
      await until("it is logged", () => scratch.read("daemon.log").includes("cltab:3:7: error: unknown mode"))
      expect(await scratch.pid("a")).toBe(a)
    })
  )

  it(
    "of a broken cltab refuses every order, with every error on standard error, and touches nothing until it is mended",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:respawn:exec sleep 1000")
      await scratch.clinit("-w", "g", "1")
      const a = await scratch.pid("a")
      scratch.configure(
        "g:a:1:respawn:exec sleep 1000",
        "h:b:1:wait:true",
        "g:a:2:wait:true",
        "g:c:1:wiat:true"
      )
      const refused = {
        exit: 4,
        stdout: "",
        stderr:
          `clinit: ${scratch.cltab} was modified since it was loaded and is refused; what was loaded stays in force\n` +
          `${scratch.cltab}:5:3: error: entry has duplicate tag: a (lines 3 and 5) ` +
          "(a tag is used once in the whole file, also across groups)\n" +
          `${scratch.cltab}:6:7: error: unknown mode "wiat" (did you mean wait?)\n`
      }
      expect(await scratch.clinit("g", "2")).toEqual(refused)
      expect(await scratch.clinit("-w", "h", "1")).toEqual(refused)
      expect(await scratch.clinit()).toEqual(refused)
      expect(await scratch.clinit("reread")).toEqual(refused)
      expect(await scratch.group("g")).toBe("1 DONE")
      expect(await scratch.pid("a")).toBe(a)
      process.kill(a, "SIGKILL")
      await eventually(async () => (await scratch.entry("a"))?.restarts, 1)
      scratch.configure("g:a:1:respawn:exec sleep 1000", "h:b:1:wait:true")
      expect((await scratch.clinit("-w", "h", "1")).stdout).toBe("h 1 DONE\n")
    })
  )

  it(
    "of a cltab that was removed warns, and the last one stays in force",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:respawn:exec sleep 1000", "g:b:2:wait:echo b >> log")
      await scratch.clinit("-w", "g", "1")
      unlinkSync(scratch.cltab)
      const { exit, stderr, stdout } = await scratch.clinit("-s", scratch.socket, "g", "2")
      expect({ exit, stdout }).toEqual({ exit: 0, stdout: "level transition started\n" })
      expect(stderr).toContain(`clinit: warning: file not found: ${scratch.cltab}`)
      expect(stderr).toContain("(the last cltab stays in force)")
      await eventually(() => scratch.lines("log"), ["b"])
      expect((await scratch.clinit("-s", scratch.socket)).exit).toBe(0)
      scratch.configure("g:c:1:wait:echo c >> log")
      expect(await scratch.clinit("-w", "g", "1")).toEqual({ exit: 0, stdout: "g 1 DONE\n", stderr: "" })
      expect(scratch.lines("log")).toEqual(["b", "c"])
    })
  )
})

describe.concurrent("the daemon refuses to start", () => {
  it(
    "with a broken cltab: every error has its line, and the exit code is 4",
    inScratch(async (scratch) => {
      scratch.configure("g:a:1:wait:true", "g:b:1", "g:a:2:wait:true", "g:c:1:onse:true", " # not a comment")
      const { exit, stderr, stdout } = await refusal(scratch)
      expect({ exit, stdout }).toEqual({ exit: 4, stdout: "" })
      const places = stderr.trimEnd().split("\n").map((line) => /^(.*?): error: /.exec(line)?.[1])
      expect(places).toEqual(["4:6", "5:3", "6:7", "7:1"].map((place) => `${scratch.cltab}:${place}`))
      expect(scratch.exists("s")).toBe(false)
      expect(scratch.exists("clstat")).toBe(false)
    })
  )

  it(
    "without a cltab, or with a directory in its place, with exit code 4",
    inScratch(async (scratch) => {
      const notFound = { exit: 4, stdout: "", stderr: `clinit: file not found: ${scratch.cltab}\n` }
      expect(await refusal(scratch)).toEqual(notFound)
      mkdirSync(scratch.cltab)
      expect(await refusal(scratch)).toEqual(notFound)
      expect(scratch.exists("s")).toBe(false)
    })
  )

  it(
    "where another daemon runs, which is not disturbed",
    inScratch(async (scratch) => {
      const first = await scratch.daemon("g:a:1:respawn:exec sleep 1000")
      await scratch.clinit("-w", "g", "1")
      const a = await scratch.pid("a")
      const { exit, stderr, stdout } = await refusal(scratch)
      expect({ exit, stdout }).toEqual({ exit: 1, stdout: "" })
      expect(stderr).toMatch(/^clinit: .*a daemon already runs here\n$/)
      expect(await scratch.pid("a")).toBe(a)
      expect((await scratch.status()).pid).toBe(first.pid)
      await eventually(() => scratch.read("clstat"), "Cluster::Init::Group g 1 DONE\n")
    })
  )

  it(
    "where the path of the socket is taken by something else, which is left alone",
    inScratch(async (scratch) => {
      scratch.configure("g:a:1:wait:true")
      const refused = {
        exit: 1,
        stdout: "",
        stderr: `clinit: cannot listen on ${scratch.socket}: the path exists and is not a socket\n`
      }
      scratch.write("s", ["precious"])
      expect(await refusal(scratch)).toEqual(refused)
      expect(scratch.lines("s")).toEqual(["precious"])
      unlinkSync(scratch.socket)
      mkdirSync(scratch.socket)
      expect(await refusal(scratch)).toEqual(refused)
      rmdirSync(scratch.socket) // still there, or this would fail
      symlinkSync(scratch.path("elsewhere"), scratch.path("link"))
      scratch.write("cltab", [`:::socket:${scratch.path("link")}`, "g:a:1:wait:true"])
      expect((await refusal(scratch)).exit).toBe(1)
      expect(readlinkSync(scratch.path("link"))).toBe(scratch.path("elsewhere"))
    })
  )

  it(
    "where it cannot listen: a path that is too long, a directory that cannot be made",
    inScratch(async (scratch) => {
      scratch.write("cltab", [`:::socket:${scratch.path("s".repeat(200))}`])
      const tooLong = await refusal(scratch)
      expect(tooLong.exit).toBe(1)
      expect(tooLong.stderr).toMatch(/^clinit: .+\n$/)
      scratch.write("cltab", [`:::socket:${scratch.path("cltab/s")}`])
      const noDirectory = await refusal(scratch)
      expect(noDirectory.exit).toBe(1)
      expect(noDirectory.stderr).toMatch(/^clinit: cannot listen on .+\n$/)
    })
  )
})

describe.concurrent("the daemon's socket", () => {
  it(
    "that a killed daemon left behind is replaced by the next one",
    inScratch(async (scratch) => {
      const first = await scratch.daemon("g:a:1:wait:true")
      await scratch.crash(first)
      expect([scratch.exists("s"), scratch.exists("s.lock")]).toEqual([true, true])
      const gone = await scratch.clinit("g", "1")
      expect(gone).toMatchObject({ exit: 3, stdout: "" })
      expect(gone.stderr).toMatch(/^clinit: no daemon at .*nobody listens there.*\n$/)
      const second = await scratch.restart()
      expect((await scratch.clinit("-w", "g", "1")).stdout).toBe("g 1 DONE\n")
      second.kill("SIGTERM")
      expect((await second.finished()).exit).toBe(0)
      expect(["s", "s.lock", "clstat"].filter((file) => scratch.exists(file))).toEqual([])
    })
  )

  it(
    "is its owner's alone, whatever the umask, and its directory is made if it is missing",
    inScratch(async (scratch) => {
      const socket = scratch.path("run/s")
      scratch.write("cltab", [
        `:::socket:${socket}`,
        `:::clstat:${scratch.clstat}`,
        "g:a:1:wait:umask > mask"
      ])
      const daemon = scratch.adopt(
        scratch.start("/bin/sh", [
          "-c",
          `umask 0; exec "$0" "$1" -c cltab -d 2> daemon.log`,
          process.execPath,
          Program.bundle
        ])
      )
      await until("it listens", () => scratch.exists("run/s"))
      expect(statSync(socket).mode & 0o777).toBe(0o600)
      expect(statSync(scratch.path("run")).mode & 0o777).toBe(0o700)
      expect((await scratch.clinit("-w", "g", "1")).stdout).toBe("g 1 DONE\n")
      expect(scratch.lines("mask")).toEqual(["0000"])
      daemon.kill("SIGTERM")
      expect((await daemon.finished()).exit).toBe(0)
      expect(scratch.exists("run/s")).toBe(false)
    })
  )

  it(
    "serves others while a client says nothing, or only half a request",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:wait:true")
      const silent = [net.connect({ path: scratch.socket }), net.connect({ path: scratch.socket })]
      await Promise.all(silent.map((client) => new Promise((resolve) => client.once("connect", resolve))))
      silent[1]!.write(`{"jsonrpc":"2.0","id":1,"me`)
      expect((await scratch.clinit("-w", "g", "1")).stdout).toBe("g 1 DONE\n")
      for (const client of silent) client.destroy()
    })
  )

  it(
    "answers rubbish with an error and carries on",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon("g:a:1:respawn:exec sleep 1000")
      await scratch.clinit("-w", "g", "1")
      const a = await scratch.pid("a")
      expect(JSON.parse(await exchange(scratch, "00000005hello\n"))).toMatchObject({
        error: { code: -32700 }
      })
      expect(JSON.parse(await exchange(scratch, "{}\n"))).toMatchObject({ error: { code: -32600 } })
      expect(JSON.parse(await exchange(scratch, `${"x".repeat(100_000)}\n`))).toHaveProperty("error")
      expect(daemon.isRunning()).toBe(true)
      expect(await scratch.pid("a")).toBe(a)
    })
  )
})

describe.concurrent("the daemon's processes", () => {
  it(
    "have INT and the other signals at their defaults even if the daemon was started with INT ignored",
    inScratch(async (scratch) => {
      scratch.configure("g:a:1:respawn:exec sleep 1000")
      const daemon = await scratch.restart("/bin/sh", [
        "-c",
        `trap "" INT QUIT HUP USR1; exec "$0" "$1" -c cltab -d`,
        process.execPath,
        Program.bundle
      ])
      await scratch.clinit("-w", "g", "1")
      const a = await scratch.pid("a")
      const { SIGHUP, SIGINT, SIGPIPE, SIGQUIT, SIGTERM, SIGUSR1 } = osConstants.signals
      const ignored = [SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGTERM, SIGPIPE].filter((signal) =>
        Proc.ignores(a, signal)
      )
      expect(ignored).toEqual([])
      await scratch.clinit("-w", "g", "2")
      expect(scratch.logged("g 2 DONE") - scratch.logged("g told level 2")).toBeLessThan(4)
      // An ignored INT is no reason not to be shut down by it.
      daemon.kill("SIGINT")
      expect((await daemon.finished()).exit).toBe(0)
    })
  )

  it(
    "have the three standard descriptors and no other, and the daemon does not collect any",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon("g:a:12:respawn:exec sleep 1000", "g:b:2:respawn:exec sleep 1000")
      await scratch.clinit("-w", "g", "1")
      await eventually(async () => Proc.describe(await scratch.pid("a")).endsWith(" sleep 1000"), true)
      const before = Proc.descriptors(daemon.pid).length
      for (let round = 0; round < 3; round++) {
        await scratch.clinit("-w", "g", "2")
        const b = await scratch.pid("b")
        await eventually(() => Proc.describe(b), `${b} sleep 1000`)
        expect(Proc.descriptors(b)).toEqual([0, 1, 2])
        expect(Proc.descriptor(b, 0)).toBe("/dev/null")
        expect(Proc.descriptor(b, 1)).toBe(scratch.path("daemon.out"))
        expect(Proc.descriptor(b, 2)).toBe(scratch.daemonLog)
        await scratch.clinit("-w", "g", "1")
      }
      expect(Proc.descriptors(await scratch.pid("a"))).toEqual([0, 1, 2])
      await until("the daemon has no more than before", () => Proc.descriptors(daemon.pid).length <= before)
    })
  )
  it(
    "have no other descriptor either when the daemon was started with many",
    inScratch(async (scratch) => {
      scratch.configure("g:a:1:respawn:exec sleep 1000")
      const log = openSync(scratch.daemonLog, "a")
      const daemon = scratch.adopt(
        scratch.start(
          process.execPath,
          [Program.bundle, "-c", scratch.cltab, "-d"],
          ["ignore", log, log, ...Array.from({ length: 30 }, () => log)]
        )
      )
      closeSync(log)
      await scratch.isUp(daemon)
      await scratch.clinit("-w", "g", "1")
      const a = await scratch.pid("a")
      await eventually(() => Proc.descriptors(a), [0, 1, 2])
    })
  )
})

describe.concurrent("the daemon carries on", () => {
  it(
    "at USR1, and opens no debugger as Node would",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon("g:a:1:wait:true")
      daemon.kill("SIGUSR1")
      daemon.kill("SIGHUP")
      await until("HUP is obeyed", () => scratch.read("daemon.log").includes("SIGHUP"))
      expect((await scratch.clinit("-w", "g", "1")).stdout).toBe("g 1 DONE\n")
      expect(scratch.read("daemon.log")).not.toMatch(/debugger/i)
    })
  )

  it(
    "when the reader of its standard error stops reading, and ends without it",
    inScratch(async (scratch) => {
      scratch.configure("g:a:1,3:respawn:exec sleep 1000", "g:b:2,3:wait:true")
      execFileSync("mkfifo", [scratch.path("fifo")])
      const reader = openSync(scratch.path("fifo"), constants.O_RDONLY | constants.O_NONBLOCK)
      const writer = openSync(scratch.path("fifo"), constants.O_WRONLY)
      const daemon = scratch.adopt(
        scratch.start(process.execPath, [Program.bundle, "-c", scratch.cltab, "-d"], [
          "ignore",
          "ignore",
          writer
        ])
      )
      closeSync(writer)
      try {
        await scratch.isUp(daemon)
        // Far more than the 64 KiB that a pipe holds.
        await scratch.tellMany("g", Array.from({ length: 1_000 }, (_, index) => index % 2 === 0 ? "3" : "2"))
        expect((await scratch.clinit("-w", "g", "1")).stdout).toBe("g 1 DONE\n")
        process.kill(await scratch.pid("a"), "SIGKILL")
        await eventually(async () => (await scratch.entry("a"))?.restarts, 1)
        expect((await scratch.clinit("-k", "-w")).exit).toBe(0)
        expect((await daemon.finished()).exit).toBe(0)
      } finally {
        closeSync(reader)
      }
    })
  )

  it(
    "when the reader of its standard output and error goes away",
    inScratch(async (scratch) => {
      scratch.configure("g:a:1:respawn:exec sleep 1000", "g:b:2:wait:true")
      const daemon = scratch.adopt(scratch.launch("-d"))
      await scratch.isUp(daemon)
      daemon.child.stdout!.destroy()
      daemon.child.stderr!.destroy()
      expect((await scratch.clinit("-w", "g", "1")).stdout).toBe("g 1 DONE\n")
      process.kill(await scratch.pid("a"), "SIGKILL")
      await eventually(async () => (await scratch.entry("a"))?.restarts, 1)
      daemon.kill("SIGHUP")
      expect((await scratch.clinit("-w", "g", "2")).stdout).toBe("g 2 DONE\n")
      daemon.kill("SIGTERM")
      expect((await daemon.finished()).exit).toBe(0)
    })
  )

  it(
    "in the foreground as `clinit daemon` as well, logging to standard error only",
    inScratch(async (scratch) => {
      scratch.configure("g:a:1:wait:true")
      const daemon = scratch.adopt(scratch.launch("daemon"))
      await scratch.isUp(daemon)
      await scratch.clinit("-w", "g", "1")
      expect((await scratch.clinit("shutdown", "-w")).exit).toBe(0)
      const { exit, stderr, stdout } = await daemon.finished()
      expect({ exit, stdout }).toEqual({ exit: 0, stdout: "" })
      for (const line of stderr.trimEnd().split("\n")) {
        expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info|warn|error) ./)
      }
      expect(stderr).toMatch(/ info g 1 DONE$/m)
    })
  )

  it(
    "with -d, whatever else the command line asks for",
    inScratch(async (scratch) => {
      scratch.configure("g:a:1:wait:echo a >> log")
      const daemon = await scratch.restart(process.execPath, [
        Program.bundle,
        "-dkv",
        "-c",
        scratch.cltab,
        "g",
        "1"
      ])
      expect(daemon.isRunning()).toBe(true)
      expect(await scratch.group("g")).toBe("CONFIGURED")
      expect(scratch.exists("log")).toBe(false)
    })
  )
})
