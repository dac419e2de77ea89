import { describe, expect, it } from "@effect/vitest"
import { eventually } from "./support/Eventually.ts"
import * as Proc from "./support/Proc.ts"
import { inScratch } from "./support/Scratch.ts"

/** A command that runs until it is stopped, and then until the file `release` is there; it logs both. */
const reluctant = (name: string) =>
  `trap '' TERM; trap 'echo int ${name} >> log; until [ -e release ]; do sleep 0.05; done; echo down ${name} >> log; exit' INT; ` +
  `echo up ${name} >> log; while :; do sleep 0.05; done`

describe.concurrent("a tell takes a group to another level", () => {
  it(
    "an entry that both levels have keeps its process, the others are exchanged",
    inScratch(async (scratch) => {
      await scratch.daemon(
        "g:old:1:respawn:exec sleep 1000",
        "g:both:12:respawn:exec sleep 1000",
        "g:new:2:respawn:exec sleep 1000"
      )
      await scratch.clinit("-w", "g", "1")
      const [old, both] = [await scratch.pid("old"), await scratch.pid("both")]
      expect((await scratch.clinit("-w", "g", "2")).stdout).toBe("g 2 DONE\n")
      expect(Proc.isRunning(old)).toBe(false)
      expect(await scratch.entry("old")).toBeUndefined()
      expect(await scratch.entry("both")).toMatchObject({ restarts: 0, state: { pid: both } })
      expect(Proc.isRunning(await scratch.pid("new"))).toBe(true)
    })
  )

  it(
    "all of the old level is stopped together, and is down before anything of the new one starts",
    inScratch(async (scratch) => {
      await scratch.daemon(
        `g:a:1:respawn:${reluctant("a")}`,
        `g:b:1:respawn:${reluctant("b")}`,
        `g:c:1:once:${reluctant("c")}`,
        "g:d:2:wait:echo up d >> log",
        "g:e:2:wait:echo up e >> log"
      )
      await scratch.clinit("-w", "g", "1")
      await eventually(() => scratch.lines("log").toSorted(), ["up a", "up b", "up c"])
      scratch.write("log")
      await scratch.clinit("g", "2")
      await eventually(() => scratch.lines("log").toSorted(), ["int a", "int b", "int c"])
      expect(await scratch.group("g")).toBe("1 STOPPING")
      expect(await scratch.entry("d")).toBeUndefined()
      scratch.write("release")
      await eventually(() => scratch.group("g"), "2 DONE")
      expect(scratch.lines("log").slice(0, 6).toSorted()).toEqual([
        "down a",
        "down b",
        "down c",
        "int a",
        "int b",
        "int c"
      ])
      expect(scratch.lines("log").slice(6)).toEqual(["up d", "up e"])
    })
  )

  it(
    "a level that no entry has stops everything of the group and is DONE",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:respawn:exec sleep 1000", "g:b:1:once:exec sleep 1000")
      await scratch.clinit("-w", "g", "1")
      const pids = [await scratch.pid("a"), await scratch.pid("b")]
      expect((await scratch.clinit("-w", "g", "99")).stdout).toBe("g 99 DONE\n")
      expect(pids.filter(Proc.isRunning)).toEqual([])
      expect(scratch.left()).toEqual([])
    })
  )

  it(
    "the level that a group is at already runs nothing again and touches nothing",
    inScratch(async (scratch) => {
      await scratch.daemon(
        "g:a:1:wait:echo a >> log",
        "g:b:1:once:echo b >> log",
        "g:c:1:test:echo c >> log",
        "g:d:1:respawn:exec sleep 1000"
      )
      await scratch.clinit("-w", "g", "1")
      const before = await scratch.entry("d")
      await eventually(() => scratch.lines("log").toSorted(), ["a", "b", "c"])
      expect((await scratch.clinit("-w", "g", "1")).stdout).toBe("g 1 DONE\n")
      expect(await scratch.entry("d")).toEqual(before)
      expect(scratch.lines("log").length).toBe(3)
    })
  )

  it(
    "a finished entry stays finished in a level that has it too, and runs again when its level comes back",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:12:wait:echo a >> log", "g:b:1:test:echo b >> log")
      await scratch.clinit("-w", "g", "1")
      await scratch.clinit("-w", "g", "2")
      expect(scratch.lines("log")).toEqual(["a", "b"])
      await scratch.clinit("-w", "g", "1")
      expect(scratch.lines("log")).toEqual(["a", "b", "b"])
      await scratch.clinit("-w", "g", "3")
      await scratch.clinit("-w", "g", "1")
      expect(scratch.lines("log")).toEqual(["a", "b", "b", "a", "b"])
    })
  )

  it(
    "a later tell while the group stops replaces the level it was going to",
    inScratch(async (scratch) => {
      await scratch.daemon(
        `g:a:1:respawn:${reluctant("a")}`,
        "g:b:2:wait:echo up b >> log",
        "g:c:3:wait:echo up c >> log"
      )
      await scratch.clinit("-w", "g", "1")
      await eventually(() => scratch.lines("log"), ["up a"])
      const second = scratch.launch("-w", "g", "2")
      await eventually(() => scratch.lines("log"), ["up a", "int a"])
      expect((await scratch.clinit("g", "3")).stdout).toBe("level transition started\n")
      expect(await second.finished()).toEqual({
        exit: 1,
        stdout: "",
        stderr: "clinit: g was told level 3 before it settled at level 2\n"
      })
      expect(await scratch.group("g")).toBe("1 STOPPING")
      scratch.write("release")
      await eventually(() => scratch.group("g"), "3 DONE")
      expect(scratch.lines("log")).toEqual(["up a", "int a", "down a", "up c"])
    })
  )

  it(
    "a tell back to the old level while the group stops lets the stop end, then starts the entry again",
    inScratch(async (scratch) => {
      await scratch.daemon(`g:a:1:respawn:${reluctant("a")}`, "g:b:1:respawn:exec sleep 1000")
      await scratch.clinit("-w", "g", "1")
      await eventually(() => scratch.lines("log"), ["up a"])
      await scratch.clinit("g", "2")
      await eventually(() => scratch.lines("log"), ["up a", "int a"])
      const back = scratch.launch("-w", "g", "1")
      await eventually(() => scratch.group("g"), "1 STARTING")
      scratch.write("release")
      expect((await back.finished()).stdout).toBe("g 1 DONE\n")
      await eventually(() => scratch.lines("log"), ["up a", "int a", "down a", "up a"])
    })
  )

  it(
    "a tell to another level in the middle of the starts stops what is under way and starts no more of the old",
    inScratch(async (scratch) => {
      await scratch.daemon(
        "g:a:1:wait:echo up a >> log; exec sleep 1000",
        "g:b:1:wait:echo up b >> log",
        "g:c:2:wait:echo up c >> log"
      )
      await scratch.clinit("g", "1")
      const a = await scratch.pid("a")
      await eventually(() => scratch.lines("log"), ["up a"])
      expect((await scratch.clinit("-w", "g", "2")).stdout).toBe("g 2 DONE\n")
      expect(Proc.isRunning(a)).toBe(false)
      expect(scratch.lines("log")).toEqual(["up a", "up c"])
    })
  )

  it(
    "a tell to the same level in the middle of the starts lets them go on",
    inScratch(async (scratch) => {
      await scratch.daemon(
        "g:a:1:wait:echo up a >> log; until [ -e go ]; do sleep 0.05; done",
        "g:b:1:wait:echo up b >> log"
      )
      await scratch.clinit("g", "1")
      const a = await scratch.pid("a")
      await scratch.clinit("g", "1")
      expect(await scratch.pid("a")).toBe(a)
      scratch.write("go")
      await eventually(() => scratch.group("g"), "1 DONE")
      expect(scratch.lines("log")).toEqual(["up a", "up b"])
    })
  )

  it(
    "two groups go their ways independently of each other",
    inScratch(async (scratch) => {
      await scratch.daemon(
        `g:a:1:respawn:${reluctant("a")}`,
        "h:b:1:respawn:exec sleep 1000",
        "h:c:2:wait:echo up c >> log"
      )
      await scratch.clinit("-w", "g", "1")
      await eventually(() => scratch.lines("log"), ["up a"])
      await scratch.clinit("g", "2")
      await eventually(() => scratch.lines("log"), ["up a", "int a"])
      expect((await scratch.clinit("-w", "h", "1")).stdout).toBe("h 1 DONE\n")
      const b = await scratch.pid("b")
      expect((await scratch.clinit("-w", "h", "2")).stdout).toBe("h 2 DONE\n")
      expect(Proc.isRunning(b)).toBe(false)
      expect(await scratch.group("g")).toBe("1 STOPPING")
      scratch.write("release")
      await eventually(() => scratch.group("g"), "2 DONE")
      expect(await scratch.group("h")).toBe("2 DONE")
      expect(scratch.lines("log")).toEqual(["up a", "int a", "up c", "down a"])
    })
  )
})

describe.concurrent("names are plain text", () => {
  it(
    "level 0 and group 0 are a level and a group like any other",
    inScratch(async (scratch) => {
      await scratch.daemon("0:a:0:respawn:exec sleep 1000", "0:b:1:wait:echo b >> log")
      expect(await scratch.clinit("-vw", "0", "0")).toEqual({
        exit: 0,
        stdout: "0 0 DONE\n0 0 DONE\n",
        stderr: ""
      })
      const a = await scratch.pid("a")
      await eventually(() => scratch.read("clstat"), "Cluster::Init::Group 0 0 DONE\n")
      expect((await scratch.clinit("-w", "0", "1")).stdout).toBe("0 1 DONE\n")
      expect(Proc.isRunning(a)).toBe(false)
      expect(scratch.lines("log")).toEqual(["b"])
    })
  )

  it(
    "a level list with a comma has words, one without has characters and itself",
    inScratch(async (scratch) => {
      await scratch.daemon(
        "g:words:ab,cd:wait:echo words >> log",
        "g:word:long,:wait:echo word >> log",
        "g:characters:12:wait:echo characters >> log"
      )
      const started = async (level: string) => {
        await scratch.clinit("-w", "g", "nothing")
        scratch.write("log")
        await scratch.clinit("-w", "g", level)
        return scratch.lines("log")
      }
      expect(await started("ab")).toEqual(["words"])
      expect(await started("a")).toEqual([])
      expect(await started("long")).toEqual(["word"])
      expect(await started("l")).toEqual([])
      expect(await started("1")).toEqual(["characters"])
      expect(await started("12")).toEqual(["characters"])
    })
  )

  it(
    "what would be a pattern elsewhere is a name here: tags, levels and groups are compared literally",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon(
        "g.*:a.c:1:wait:echo a >> log",
        "g.*:abc:(:wait:echo b >> log",
        "g.*:a(c:.,:wait:echo c >> log"
      )
      expect((await scratch.clinit("-w", "g.*", ".")).stdout).toBe("g.* . DONE\n")
      expect(scratch.lines("log")).toEqual(["c"])
      expect((await scratch.clinit("-w", "g.*", "(")).stdout).toBe("g.* ( DONE\n")
      expect(scratch.lines("log")).toEqual(["c", "b"])
      expect((await scratch.clinit("gg", "1")).stdout).toBe("no such group: gg\n")
      expect(daemon.isRunning()).toBe(true)
    })
  )

  it(
    "groups, levels and tags beyond ASCII work",
    inScratch(async (scratch) => {
      await scratch.daemon("größe:öl:näh,:wait:echo öl >> log")
      expect((await scratch.clinit("-w", "größe", "näh")).stdout).toBe("größe näh DONE\n")
      expect(scratch.lines("log")).toEqual(["öl"])
    })
  )
})

describe.concurrent("a cltab that was edited counts from the next tell on", () => {
  it(
    "an entry that was added starts in its place in the order",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:wait:echo a >> log", "g:d:1:respawn:exec sleep 1000")
      await scratch.clinit("-w", "g", "1")
      const d = await scratch.pid("d")
      scratch.configure(
        "g:a:1:wait:echo a >> log",
        "g:b:1:wait:echo b >> log",
        "# a comment",
        "g:d:1:respawn:exec sleep 1000",
        "g:c:1:wait:echo c >> log"
      )
      await scratch.clinit("reread")
      expect(scratch.lines("log")).toEqual(["a"])
      await scratch.clinit("-w", "g", "1")
      expect(scratch.lines("log")).toEqual(["a", "b", "c"])
      expect(await scratch.pid("d")).toBe(d)
    })
  )

  it(
    "an entry whose command or mode was changed, or that was deleted, is stopped gracefully; the others stay",
    inScratch(async (scratch) => {
      scratch.write("release")
      await scratch.daemon(
        `g:command:1:respawn:${reluctant("command")}`,
        `g:mode:1:respawn:${reluctant("mode")}`,
        `g:deleted:1:respawn:${reluctant("deleted")}`,
        "g:kept:1:respawn:exec sleep 1000"
      )
      await scratch.clinit("-w", "g", "1")
      await eventually(() => scratch.lines("log").toSorted(), ["up command", "up deleted", "up mode"])
      const kept = await scratch.pid("kept")
      scratch.write("log")
      scratch.configure(
        "g:command:1:respawn:exec sleep 1001",
        `g:mode:1:once:${reluctant("mode")}`,
        "g:kept:1:respawn:exec sleep 1000"
      )
      expect((await scratch.clinit("-w", "g", "1")).stdout).toBe("g 1 DONE\n")
      await eventually(() => scratch.lines("log").toSorted(), [
        "down command",
        "down deleted",
        "down mode",
        "int command",
        "int deleted",
        "int mode",
        "up mode"
      ])
      const command = await scratch.pid("command")
      await eventually(() => Proc.describe(command), `${command} sleep 1001`)
      expect(await scratch.entry("mode")).toMatchObject({ mode: "once", state: { _tag: "Running" } })
      expect(await scratch.entry("deleted")).toBeUndefined()
      expect(await scratch.pid("kept")).toBe(kept)
    })
  )

  it(
    "an entry whose level list no longer has the level is stopped, one whose list still has it stays",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:respawn:exec sleep 1000", "g:b:1:respawn:exec sleep 1000")
      await scratch.clinit("-w", "g", "1")
      const [a, b] = [await scratch.pid("a"), await scratch.pid("b")]
      scratch.configure("g:a:2:respawn:exec sleep 1000", "g:b:12:respawn:exec sleep 1000")
      await scratch.clinit("-w", "g", "1")
      expect(Proc.isRunning(a)).toBe(false)
      expect(await scratch.pid("b")).toBe(b)
      await scratch.clinit("-w", "g", "2")
      expect(await scratch.pid("b")).toBe(b)
      expect(await scratch.pid("a")).not.toBe(a)
    })
  )

  it(
    "a group that was deleted is stopped gracefully by a reread and forgotten, and others are told meanwhile",
    inScratch(async (scratch) => {
      await scratch.daemon(`g:a:1:respawn:${reluctant("a")}`, "h:b:1:wait:true")
      await scratch.clinit("-w", "g", "1")
      await eventually(() => scratch.lines("log"), ["up a"])
      scratch.configure("h:b:1:wait:true")
      expect(await scratch.clinit()).toEqual({ exit: 0, stdout: "", stderr: "" })
      await eventually(() => scratch.lines("log"), ["up a", "int a"])
      expect(await scratch.group("g")).toBe("1 HALTING")
      expect((await scratch.clinit("-w", "h", "1")).stdout).toBe("h 1 DONE\n")
      expect((await scratch.clinit("g", "1")).stdout).toBe("no such group: g\n")
      scratch.write("release")
      await eventually(() => scratch.group("g"), undefined)
      await eventually(() => scratch.read("clstat"), "Cluster::Init::Group h 1 DONE\n")
      expect(scratch.lines("log")).toEqual(["up a", "int a", "down a"])
      scratch.configure(`g:a:1:respawn:${reluctant("a")}`)
      expect((await scratch.clinit("-w", "g", "1")).stdout).toBe("g 1 DONE\n")
    })
  )

  it(
    "a cltab that was emptied stops everything",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon("g:a:1:respawn:exec sleep 1000", "h:b:1:respawn:exec sleep 1000")
      await scratch.clinit("-w", "g", "1")
      await scratch.clinit("-w", "h", "1")
      scratch.configure()
      expect((await scratch.clinit("reread")).exit).toBe(0)
      await eventually(async () => (await scratch.status()).groups.length, 0)
      expect(scratch.left()).toEqual([])
      expect(daemon.isRunning()).toBe(true)
    })
  )
})
