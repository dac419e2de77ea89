import { describe, expect, it } from "@effect/vitest"
import * as fs from "node:fs"
import { itUnless, lacks } from "./support/Conditional.ts"
import { logLines } from "./support/Daemons.ts"
import { eventually, until } from "./support/Eventually.ts"
import * as Program from "./support/Program.ts"
import type { Scratch } from "./support/Scratch.ts"
import { inScratch } from "./support/Scratch.ts"
import * as SmallDisk from "./support/SmallDisk.ts"

/** The lines without their times, and with `PID` and `USER` for what differs from run to run. */
const plain = (text: string, scratch: Scratch): ReadonlyArray<string> =>
  text.split("\n").slice(0, -1).map((line) =>
    line
      .replace(/^\d\d:\d\d:\d\d\.\d{3} /, "")
      .replaceAll(/pid \d+/g, "pid PID")
      .replaceAll(/(until|after|since|up) [\d:.]+( ms| s)?/g, "$1 TIME")
      .replace(/ by \S+ \(pid/, " by USER (pid")
      .replaceAll(scratch.directory, "DIR")
  )

const web = [
  "web:db:dev,run:respawn:exec sleep 1000",
  "web:mock:dev,:respawn:exec sleep 1000",
  "web:check:run,:test:exit 1"
]

describe.concurrent("clinit why", () => {
  it(
    "GROUP/TAG tells what was asked by whom, what was decided and done, and in the end what is so now",
    inScratch(async (scratch) => {
      await scratch.daemon(...web)
      await scratch.clinit("-w", "web", "dev")
      await scratch.clinit("-w", "web", "run")
      const { exit, stderr, stdout } = await scratch.clinit("why", "web/mock")
      expect([exit, stderr]).toEqual([0, ""])
      expect(plain(stdout, scratch)).toEqual([
        "web was told \"tell web dev\" by USER (pid PID: clinit -c DIR/cltab -w web dev)",
        "web goes to level dev: mock is started",
        "web/mock is started",
        "web/mock runs as pid PID",
        "web was told \"tell web run\" by USER (pid PID: clinit -c DIR/cltab -w web run)",
        "web goes from level dev to run: mock is stopped (not at level run)",
        "web/mock pid PID was sent SIGINT",
        "web/mock died of SIGINT; is down",
        expect.stringMatching(/^now: STOPPED, web is at level run/)
      ])
      const ofTest = plain((await scratch.clinit("why", "web/check")).stdout, scratch)
      expect(ofTest).toContain("web/check exited 1 after TIME; FAILED")
      expect(ofTest.at(-1)).toBe("now: FAILED, since TIME, last exited 1")
      const ofGroup = plain((await scratch.clinit("why", "web", "--lines", "3")).stdout, scratch)
      expect(ofGroup[0]).toMatch(/^\(\d+ more events are known: see --lines\)$/)
      expect(ofGroup.slice(1)).toEqual([
        "web was told \"tell web run\" by USER (pid PID: clinit -c DIR/cltab -w web run)",
        "web goes from level dev to run: stops mock (not at level run); starts check",
        "web is FAILED at level run",
        "now: web run FAILED since TIME"
      ])
    })
  )

  it(
    "--json prints one object with the events, which have numbers without gaps",
    inScratch(async (scratch) => {
      await scratch.daemon(...web)
      await scratch.clinit("-w", "web", "dev")
      const { stdout } = await scratch.clinit("why", "web", "--json")
      const { events, group, omitted } = JSON.parse(stdout)
      expect([group, omitted]).toEqual(["web", 0])
      expect(events[0]).toEqual({
        seq: 2,
        at: expect.any(Number),
        group: "web",
        what: {
          _tag: "Asked",
          order: "tell web dev",
          by: {
            pid: expect.any(Number),
            user: expect.any(String),
            command: `clinit -c ${scratch.cltab} -w web dev`
          }
        }
      })
      expect(events.map(({ seq }: { seq: number }) => seq)).toEqual(
        events.map((_: unknown, index: number) => index + 2)
      )
    })
  )

  it(
    "tells after a kill -9 of the daemon what was before and what was after it",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon(...web)
      await scratch.clinit("-w", "web", "dev")
      const before = (await scratch.clinit("why", "web", "--json")).stdout
      expect(fs.statSync(`${scratch.socket}.history`).mode & 0o7777).toBe(0o600)
      await scratch.crash(daemon)
      await scratch.restart()
      await until("the resumption is over", async () => (await scratch.group("web")) === "dev DONE")
      const after = JSON.parse((await scratch.clinit("why", "web", "--json")).stdout)
      const known = JSON.parse(before).events
      expect(after.events.slice(0, known.length)).toEqual(known)
      const lines = plain((await scratch.clinit("why", "web/db")).stdout, scratch)
      expect(lines).toContain("web/db goes on as pid PID, taken over from the daemon before")
      expect(lines[0]).toBe("web was told \"tell web dev\" by USER (pid PID: clinit -c DIR/cltab -w web dev)")
      expect(lines.at(-1)).toMatch(/^now: RUNNING pid PID \[\w+, adopted\], up TIME$/)
    })
  )

  it(
    "knows that an order was a signal, what was refused, and what a group did that the cltab no longer has",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon(...web, "mail:smtpd:1:respawn:exec sleep 1000")
      await scratch.clinit("-w", "mail", "1")
      scratch.configure(...web)
      daemon.kill("SIGHUP")
      await eventually(() => scratch.group("mail"), undefined)
      const { exit, stdout } = await scratch.clinit("why", "mail")
      expect(exit).toBe(0)
      expect(plain(stdout, scratch).slice(-6)).toEqual([
        "mail is HALTING at level 1",
        "mail/smtpd pid PID was sent SIGINT",
        "mail/smtpd died of SIGINT; is down",
        "mail is CONFIGURED at level 1",
        "mail is forgotten",
        "now: not in the cltab"
      ])
      scratch.configure("web:db:dev,run:respwn:exec sleep 1000")
      await scratch.clinit("web", "dev")
      expect(plain((await scratch.clinit("why", "web")).stdout, scratch)[0]).toMatch(
        /^web refused "tell web dev" by USER \(pid PID: .*\): DIR\/cltab:3:16: error: unknown mode "respwn"/
      )
      scratch.configure(...web)
    })
  )

  it(
    "of a name that nobody has is refused, as other commands do",
    inScratch(async (scratch) => {
      await scratch.daemon(...web)
      expect(await scratch.clinit("why", "wbe")).toMatchObject({
        exit: 1,
        stdout: "",
        stderr: "clinit: no such group: wbe (did you mean web?)\n"
      })
      expect(await scratch.clinit("why", "web/bd")).toMatchObject({
        exit: 1,
        stderr: expect.stringContaining("no such group or entry: web/bd (did you mean web/db?)")
      })
      expect(await scratch.clinit("why")).toMatchObject({ exit: 2 })
      expect(await scratch.clinit("why", "web", "--lines", "0")).toMatchObject({ exit: 2 })
    })
  )

  it(
    "shows what comes from outside escaped",
    inScratch(async (scratch) => {
      await scratch.daemon("web:a:1:wait:kill -9 $$")
      await scratch.bare("-c", scratch.cltab, "-w", "web", "1", "\u001b[2J")
      await scratch.launch("web", "\u001b]0;x\u0007").finished()
      await scratch.start(process.execPath, [Program.bundle, "-c", scratch.cltab, "\u001b[2J", "web", "1"])
        .finished()
      const { stdout } = await scratch.clinit("why", "web")
      expect(stdout).toContain("\\u001b[2J web 1)")
      // oxlint-disable-next-line no-control-regex
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
    })
  )
})

describe.concurrent("clinit watch", () => {
  /** A watch that has begun to see what happens. */
  const watching = async (scratch: Scratch, ...args: ReadonlyArray<string>) => {
    const watch = scratch.launch("watch", ...args, "--since", "0")
    let output = ""
    watch.child.stdout!.on("data", (text: string) => void (output += text))
    await until("the watch has begun", () => output.includes("started") || args.includes("web"))
    return { watch, output: () => output }
  }

  it(
    "prints each event when it happens, and ends with 0 when it is interrupted",
    inScratch(async (scratch) => {
      await scratch.daemon(...web)
      const { output, watch } = await watching(scratch)
      await scratch.clinit("-w", "web", "dev")
      await until("the level is seen", () => output().includes("web is DONE at level dev\n"))
      watch.kill("SIGINT")
      const { exit, stderr, stdout } = await watch.finished()
      expect([exit, stderr]).toEqual([0, ""])
      expect(plain(stdout, scratch)).toEqual([
        "daemon started",
        "web was told \"tell web dev\" by USER (pid PID: clinit -c DIR/cltab -w web dev)",
        "web goes to level dev: starts db, mock",
        "web is STARTING at level dev",
        "web/db is started",
        "web/db runs as pid PID",
        "web/mock is started",
        "web/mock runs as pid PID",
        "web is CHECKING at level dev",
        "web is DONE at level dev"
      ])
    })
  )

  itUnless(lacks("script"))(
    "says on a terminal what it watches, from which event on, and how to end it (needs script of util-linux)",
    inScratch(async (scratch) => {
      await scratch.daemon(...web)
      const command = `exec ${process.execPath} ${Program.bundle} -c ${scratch.cltab} watch web --since 0`
      const watch = scratch.start("script", ["-qefc", command, "/dev/null"], ["pipe", "pipe", "pipe"])
      let shown = ""
      watch.child.stdout!.on("data", (text: string) => void (shown += text))
      await until("it has said so", () => shown.includes("\n"))
      watch.child.stdin!.write("\u0003")
      expect((await watch.finished()).exit).toBe(0)
      expect(shown).toContain("watching web from event 1 on; interrupt to end\r\n")
    })
  )

  it(
    "ends at once if standard output is closed",
    inScratch(async (scratch) => {
      await scratch.daemon(...web)
      const watch = `${process.execPath} ${Program.bundle} -c ${scratch.cltab} watch`
      const closed = await scratch.start("sh", ["-c", `${watch} >&-`]).finished()
      expect(closed).toEqual({ exit: 0, stdout: "", stderr: "" })
    })
  )

  it(
    "--json prints one event a line; of one group only its own; the end of the daemon ends it with 3",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon(...web, "mail:smtpd:1:respawn:exec sleep 1000")
      const all = await watching(scratch, "--json")
      const mail = scratch.launch("watch", "mail", "--json", "--since", "0")
      await scratch.clinit("-w", "web", "dev")
      await scratch.clinit("-w", "mail", "1")
      daemon.kill("SIGTERM")
      const [ofAll, ofMail] = await Promise.all([all.watch.finished(), mail.finished()])
      expect([ofAll.exit, ofMail.exit]).toEqual([3, 3])
      expect(ofAll.stderr).toMatch(/^clinit: the daemon went away/)
      const events = ofAll.stdout.split("\n").slice(0, -1).map((line) => JSON.parse(line))
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
      expect(
        events.filter(({ what }) => what._tag === "Asked" || what._tag === "Daemon").map(({ what }) =>
          what.order ?? what.words
        )
      ).toEqual([
        "started",
        "tell web dev",
        "tell mail 1",
        "shutdown",
        "shutting down",
        "all groups are down"
      ])
      expect(events.find(({ what }) => what.order === "shutdown").what.by).toEqual({ signal: "SIGTERM" })
      expect(ofMail.stdout.split("\n").slice(0, -1).map((line) => JSON.parse(line))).toEqual(
        events.filter(({ group }) => group === "mail")
      )
    })
  )

  it(
    "ends quietly when nobody reads any more",
    inScratch(async (scratch) => {
      await scratch.daemon(...web)
      const pipe = scratch.start("/bin/sh", [
        "-c",
        "(\"$@\"; echo $? > code) | head -n 1",
        "sh",
        process.execPath,
        Program.bundle,
        "-c",
        scratch.cltab,
        "watch",
        "--since",
        "0"
      ])
      await eventually(async () => {
        await scratch.clinit("web", "dev")
        return scratch.lines("code")
      }, ["0"])
      expect(await pipe.finished()).toMatchObject({ exit: 0, stderr: "" })
    })
  )

  it(
    "that is suspended holds up neither orders nor the end of the daemon",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon(...web)
      const { watch } = await watching(scratch)
      watch.kill("SIGSTOP")
      await scratch.tellMany(
        "web",
        Array.from({ length: 300 }, (_, index) => index % 2 === 0 ? "dev" : "run")
      )
      await scratch.clinit("-w", "web", "dev")
      const before = performance.now()
      daemon.kill("SIGTERM")
      expect((await daemon.finished()).exit).toBe(0)
      expect(performance.now() - before).toBeLessThan(10_000)
      watch.kill("SIGCONT")
      const { exit, stdout } = await watch.finished()
      expect(exit).toBe(3)
      expect(stdout).toContain("daemon started\n")
    })
  )

  it(
    "of a group that nobody has is refused, and a number below 0 is a mistake",
    inScratch(async (scratch) => {
      await scratch.daemon(...web)
      expect(await scratch.clinit("watch", "wbe")).toMatchObject({
        exit: 1,
        stderr: "clinit: no such group: wbe (did you mean web?)\n"
      })
      expect(await scratch.clinit("watch", "--since=-1")).toMatchObject({ exit: 2 })
      expect(await scratch.clinit("watch", "w b")).toMatchObject({ exit: 2 })
    })
  )
})

describe.concurrent("a history that is found at the start", () => {
  const found: Readonly<Record<string, (file: string, scratch: Scratch) => void>> = {
    "is cut off": (file) => fs.truncateSync(file, fs.statSync(file).size - 5),
    "is somebody's rubbish": (file) => fs.writeFileSync(file, "\u0000\u001b[2J{]\n".repeat(1_000)),
    "is a symlink": (file, scratch) => {
      fs.renameSync(file, scratch.path("elsewhere"))
      fs.symlinkSync(scratch.path("elsewhere"), file)
    },
    "is open to others": (file) => fs.chmodSync(file, 0o644),
    "is huge": (file) => fs.writeFileSync(file, `${"x".repeat(1_000_000)}\n`.repeat(20))
  }
  for (const [what, make] of Object.entries(found)) {
    it(
      `and ${what} does not stop the daemon: it says so once, and goes on with what can be read`,
      inScratch(async (scratch) => {
        const daemon = await scratch.daemon(...web)
        await scratch.clinit("-w", "web", "dev")
        const pid = await scratch.pid("db")
        await scratch.crash(daemon)
        make(`${scratch.socket}.history`, scratch)
        await scratch.restart()
        await until("the resumption is over", async () => (await scratch.group("web")) === "dev DONE")
        expect(await scratch.pid("db")).toBe(pid)
        expect(logLines(scratch, ".history:").length).toBe(1)
        expect((await scratch.clinit("why", "web/db")).stdout).toContain(`web/db goes on as pid ${pid}`)
        expect(fs.lstatSync(`${scratch.socket}.history`).isFile()).toBe(true)
        if (what === "is a symlink") expect(scratch.read("elsewhere")).toContain("tell web dev")
      })
    )
  }
})

describe.skipIf(SmallDisk.obstacle !== undefined)("with a full disk (needs root and mounts)", () => {
  it(
    "orders are taken and explained, status says what is wrong, and the file is whole soon after",
    inScratch((scratch) =>
      SmallDisk.withSmallDisk(scratch, async (disk) => {
        SmallDisk.moveTo(scratch, disk.directory)
        const daemon = await scratch.daemon(...web)
        disk.fill()
        // More than is left of the block that the file has.
        await scratch.tellMany("web", Array.from({ length: 50 }, () => "dev"))
        await scratch.clinit("-w", "web", "dev")
        expect((await scratch.clinit("why", "web/db", "--lines", "500")).stdout).toContain(
          "web/db runs as pid"
        )
        expect((await scratch.status()).warnings.join("\n")).toMatch(/history: \S+: ENOSPC/)
        disk.drain()
        await eventually(async () => (await scratch.status()).warnings, [])
        const all = ["why", "web", "--json", "--lines", "1000"]
        const before = JSON.parse((await scratch.clinit(...all)).stdout).events
        daemon.kill("SIGKILL")
        await daemon.finished()
        await scratch.restart()
        const after = JSON.parse((await scratch.clinit(...all)).stdout).events
        expect(after).toEqual(expect.arrayContaining(before.slice(-20)))
      })
    )
  )
})
