import { describe, expect, it } from "@effect/vitest"
import { eventually, until } from "./support/Eventually.ts"
import * as Proc from "./support/Proc.ts"
import type { Scratch } from "./support/Scratch.ts"
import { inScratch } from "./support/Scratch.ts"

const printed = async (scratch: Scratch, ...words: ReadonlyArray<string>) => {
  const { exit, stderr, stdout } = await scratch.clinit(...words)
  return { exit, printed: stdout + stderr }
}

const three = [
  "shop:db:1:respawn:exec sleep 1000",
  "shop:app:1:respawn:exec sleep 1001",
  "shop:extra:2:respawn:exec sleep 1002",
  "shop:gone:1:off:exec sleep 1003"
]

describe.concurrent("clinit stop, start and restart", () => {
  it(
    "print what is true of an entry, and it is",
    inScratch(async (scratch) => {
      await scratch.daemon(...three)
      await scratch.clinit("-w", "shop", "1")
      const [app, db] = [await scratch.pid("app"), await scratch.pid("db")]
      expect(await printed(scratch, "start", "shop/app")).toEqual({
        exit: 0,
        printed: `shop/app RUNNING pid ${app} (already running)\n`
      })
      expect(await printed(scratch, "stop", "shop/app")).toEqual({ exit: 0, printed: "shop/app stopped\n" })
      expect(Proc.isRunning(app)).toBe(false)
      expect(await printed(scratch, "stop", "shop/app")).toEqual({
        exit: 0,
        printed: "shop/app already stopped\n"
      })
      expect((await printed(scratch, "plan", "shop", "1")).printed).toContain("start  app")
      const started = await printed(scratch, "start", "shop/app")
      expect(started).toEqual({ exit: 0, printed: `shop/app RUNNING pid ${await scratch.pid("app")}\n` })
      const before = await scratch.pid("app")
      const restarted = await printed(scratch, "restart", "shop/app")
      expect(restarted).toEqual({ exit: 0, printed: `shop/app RUNNING pid ${await scratch.pid("app")}\n` })
      expect(await scratch.pid("app")).not.toBe(before)
      expect(Proc.isRunning(before)).toBe(false)
      expect((await printed(scratch, "start", "shop/extra")).exit).toBe(0)
      expect(await scratch.pid("db")).toBe(db)
      expect(await printed(scratch, "-w", "shop", "1")).toEqual({ exit: 0, printed: "shop 1 DONE\n" })
      expect(await scratch.state("extra")).toBeUndefined()
    })
  )

  it(
    "stop, start and restart a whole group, which keeps its line",
    inScratch(async (scratch) => {
      await scratch.daemon(...three)
      expect(await printed(scratch, "start", "shop")).toEqual({
        exit: 1,
        printed: "clinit: shop is at no level: say which one (its entries have 1, 2)\n"
      })
      await scratch.clinit("-w", "shop", "1")
      expect(await printed(scratch, "stop", "shop")).toEqual({ exit: 0, printed: "shop stopped\n" })
      expect(await scratch.group("shop")).toBe("1 CONFIGURED")
      expect(scratch.left()).toEqual([])
      await eventually(() => scratch.read("clstat"), "Cluster::Init::Group shop 1 CONFIGURED\n")
      expect(await printed(scratch, "start", "shop/app")).toEqual({
        exit: 1,
        printed: "clinit: shop is stopped: clinit start shop takes it to 1 again\n"
      })
      expect(await printed(scratch, "start", "shop")).toEqual({ exit: 0, printed: "shop 1 DONE\n" })
      const pids = [await scratch.pid("db"), await scratch.pid("app")]
      expect(await printed(scratch, "restart", "shop")).toEqual({ exit: 0, printed: "shop 1 DONE\n" })
      expect(pids.filter(Proc.isRunning)).toEqual([])
    })
  )

  it(
    "fail with the culprit and its reason if something else comes of it",
    inScratch(async (scratch) => {
      await scratch.daemon(
        ":::g/lost/cwd:/nowhere",
        "g:ok:1:respawn:exec sleep 1000",
        "g:weak:2:respawn:sleep 0.2; exit 7",
        "g:test:2:test:exit 3",
        "g:lost:2:once:exec sleep 1000"
      )
      await scratch.clinit("-w", "g", "1")
      const weak = await printed(scratch, "start", "g/weak")
      expect(weak.exit).toBe(1)
      expect(weak.printed).toMatch(
        /^clinit: g\/weak is not up: it exited 7, is (RUNNING pid \d+|STARTING) \(clinit why g\/weak tells more\)\n$/
      )
      expect(await printed(scratch, "start", "g/test")).toEqual({
        exit: 1,
        printed: "clinit: g/test is not up: it exited 3, is FAILED (clinit why g/test tells more)\n"
      })
      const lost = await printed(scratch, "start", "g/lost")
      expect(lost.exit).toBe(1)
      expect(lost.printed).toMatch(/^clinit: g\/lost is not up: it could not be started: .*\/nowhere/)
      expect((await printed(scratch, "stop", "g/weak")).exit).toBe(0)
    })
  )

  it(
    "with --no-wait say what is begun; with --timeout how far it is when the time is over",
    inScratch(async (scratch) => {
      await scratch.daemon(
        ":::stop:TERM 8s, KILL",
        "g:a:1:respawn:trap '' TERM; echo up > up; while :; do sleep 0.05; done"
      )
      await scratch.clinit("-w", "g", "1")
      await until("it ignores TERM", () => Promise.resolve(scratch.exists("up") || undefined))
      const pid = await scratch.pid("a")
      expect(await printed(scratch, "stop", "--timeout", "0.3", "g/a")).toMatchObject({
        exit: 1,
        printed: expect.stringMatching(
          /^clinit: the stop of g\/a is not done after 0.3 s and goes on:\n/
        ) as string
      })
      expect(await printed(scratch, "stop", "g/a", "--no-wait")).toEqual({
        exit: 0,
        printed: "g/a: already stopping\n"
      })
      expect(Proc.isRunning(pid)).toBe(true)
      expect(await printed(scratch, "restart", "g/a", "--no-wait")).toEqual({
        exit: 0,
        printed: "g/a: restarting\n"
      })
      await until("another one is up", async () => (await scratch.pid("a")) !== pid || undefined)
    })
  )

  it(
    "are remembered by a daemon that comes after a killed one",
    inScratch(async (scratch) => {
      const first = await scratch.daemon(...three, "web:w:1:respawn:exec sleep 1004")
      await scratch.clinit("-w", "shop", "1")
      await scratch.clinit("-w", "web", "1")
      for (const words of [["stop", "shop/app"], ["start", "shop/extra"], ["stop", "web"]]) {
        expect((await scratch.clinit(...words)).exit).toBe(0)
      }
      await scratch.crash(first)
      await scratch.restart()
      await eventually(() => scratch.group("shop"), "1 DONE")
      expect(await scratch.group("web")).toBe("1 CONFIGURED")
      expect([await scratch.state("app"), await scratch.state("extra")]).toEqual([undefined, "Running"])
      expect(await printed(scratch, "start", "web")).toEqual({ exit: 0, printed: "web 1 DONE\n" })
    })
  )

  it(
    "refuse what is not there or cannot be, and say what is meant",
    inScratch(async (scratch) => {
      await scratch.daemon(...three)
      await scratch.clinit("-w", "shop", "1")
      for (
        const [words, exit, text] of [
          [
            ["start", "shop/gone"],
            1,
            "clinit: shop/gone is off in the cltab: give its line another mode to start it\n"
          ],
          [["stop", "shop/ap"], 1, "clinit: no such group or entry: shop/ap (did you mean shop/app?)\n"],
          [["stop", "app"], 1, "no such group: app (did you mean shop/app?)\n"],
          [["signal", "shop/app", "HOP"], 1, "clinit: unknown signal: HOP (did you mean HUP?)\n"],
          [["signal", "shop/extra", "HUP"], 1, "clinit: shop/extra does not run: it is stopped\n"]
        ] as const
      ) expect(await printed(scratch, ...words)).toEqual({ exit, printed: text })
      expect((await printed(scratch, "stop")).exit).toBe(2)
    })
  )
})

it.concurrent(
  "clinit signal reaches all processes of an entry, by name or number",
  inScratch(async (scratch) => {
    const child = "trap 'echo child >> log' USR1; while :; do sleep 0.05; done"
    await scratch.daemon(
      `g:a:1:respawn:sh -c "${child}" & trap 'echo parent >> log' USR1; echo up > up; while :; do sleep 0.05; done`
    )
    await scratch.clinit("-w", "g", "1")
    await until("it has its traps", () => Promise.resolve(scratch.exists("up") || undefined))
    const pid = await scratch.pid("a")
    expect(await printed(scratch, "signal", "g/a", "usr1")).toEqual({
      exit: 0,
      printed: `g/a was sent SIGUSR1: pid ${pid}\n`
    })
    await eventually(() => scratch.lines("log").toSorted(), ["child", "parent"])
    expect(await printed(scratch, "signal", "g/a", "9")).toEqual({
      exit: 0,
      printed: `g/a was sent SIGKILL: pid ${pid}\n`
    })
    await until("another one is up", async () => (await scratch.pid("a")) !== pid || undefined)
  })
)
