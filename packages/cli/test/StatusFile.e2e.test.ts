import { describe, expect, it } from "@effect/vitest"
import { mkdirSync, readdirSync, statSync } from "node:fs"
import { eventually, until } from "./support/Eventually.ts"
import { inScratch } from "./support/Scratch.ts"

const reluctant =
  "trap '' TERM; trap 'echo INT >> log; until [ -e release ]; do sleep 0.05; done; exit' INT; " +
  "echo up >> log; while :; do sleep 0.05; done"

describe.concurrent("the status file", () => {
  it(
    "has a line in the original's format for each group that was told",
    inScratch(async (scratch) => {
      await scratch.daemon(
        "g:a:1:once:exec sleep 1000",
        "h:b:up,:test:true",
        "i:c:1:test:false",
        "j:d:1:wait:true"
      )
      await scratch.clinit("-w", "g", "1")
      await scratch.clinit("-w", "h", "up")
      await scratch.clinit("-w", "i", "1")
      await eventually(
        () => scratch.read("clstat"),
        "Cluster::Init::Group g 1 DONE\n" +
          "Cluster::Init::Group h up PASSED\n" +
          "Cluster::Init::Group i 1 FAILED\n"
      )
      expect((await scratch.clinit("-v")).stdout).toBe("g 1 DONE\nh up PASSED\ni 1 FAILED\n")
    })
  )

  it(
    "is there, and empty, before any group was told",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:wait:true")
      await until("it is there", () => scratch.exists("clstat"))
      expect(scratch.read("clstat")).toBe("")
      expect(await scratch.clinit("-v")).toEqual({ exit: 0, stdout: "", stderr: "" })
    })
  )

  it(
    "names the old level while the group stops, and the new one from its start on",
    inScratch(async (scratch) => {
      await scratch.daemon(`g:a:1:respawn:${reluctant}`, "g:b:2:wait:until [ -e go ]; do sleep 0.05; done")
      await scratch.clinit("-w", "g", "1")
      await eventually(() => scratch.lines("log"), ["up"])
      await scratch.clinit("g", "2")
      await eventually(() => scratch.read("clstat"), "Cluster::Init::Group g 1 STOPPING\n")
      scratch.write("release")
      await eventually(() => scratch.read("clstat"), "Cluster::Init::Group g 2 STARTING\n")
      scratch.write("go")
      await eventually(() => scratch.read("clstat"), "Cluster::Init::Group g 2 DONE\n")
    })
  )

  it(
    "says HALTING during a shutdown, and is removed at its end",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon(`g:a:1:respawn:${reluctant}`)
      await scratch.clinit("-w", "g", "1")
      await eventually(() => scratch.lines("log"), ["up"])
      await scratch.clinit("-k")
      await eventually(() => scratch.read("clstat"), "Cluster::Init::Group g 1 HALTING\n")
      scratch.write("release")
      await daemon.finished()
      expect(readdirSync(scratch.directory).filter((file) => file.includes("clstat"))).toEqual([])
    })
  )

  it(
    "is never seen in part, nor missing, while groups come and go",
    inScratch(async (scratch) => {
      const groups = Array.from({ length: 8 }, (_, index) => `group${index}`)
      await scratch.daemon(...groups.map((group) => `${group}:${group}:1:wait:true`))
      await until("it is there", () => scratch.exists("clstat"))
      const tells = Promise.all(groups.map((group) => scratch.clinit("-w", group, "1")))
      let done = false
      void tells.finally(() => done = true)
      await until("all are told", () => {
        for (let look = 0; look < 20; look++) {
          expect(scratch.read("clstat")).toMatch(/^(Cluster::Init::Group group\d 1 [A-Z]+\n)*$/)
        }
        return done
      })
      expect((await tells).map(({ stdout }) => stdout)).toEqual(groups.map((group) => `${group} 1 DONE\n`))
      await eventually(() => scratch.lines("clstat").length, groups.length)
    })
  )

  it(
    "can be read by everybody, and be written by its owner only",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:wait:true")
      await until("it is there", () => scratch.exists("clstat"))
      expect(statSync(scratch.clstat).mode & 0o777).toBe(0o644 & ~process.umask())
    })
  )

  it(
    "that cannot be written is warned of once, and the daemon does its work",
    inScratch(async (scratch) => {
      scratch.write("cltab", [
        `:::socket:${scratch.socket}`,
        `:::clstat:${scratch.path("missing/clstat")}`,
        "g:a:1:respawn:exec sleep 1000"
      ])
      const daemon = await scratch.restart()
      expect((await scratch.clinit("-w", "g", "1")).stdout).toBe("g 1 DONE\n")
      const a = await scratch.pid("a")
      expect(await scratch.clinit("-vw", "g", "1")).toMatchObject({ exit: 0, stdout: "g 1 DONE\ng 1 DONE\n" })
      expect(await scratch.pid("a")).toBe(a)
      const warnings = scratch.lines("daemon.log").filter((line) => / warn status file: .*missing/.test(line))
      expect(warnings).toHaveLength(1)
      // It is written as soon as it can be.
      mkdirSync(scratch.path("missing"))
      await scratch.clinit("-w", "g", "2")
      await eventually(() => scratch.read("missing/clstat"), "Cluster::Init::Group g 2 DONE\n")
      daemon.kill("SIGTERM")
      expect((await daemon.finished()).exit).toBe(0)
      expect(scratch.exists("missing/clstat")).toBe(false)
    })
  )

  it(
    "never takes the place of something that is not a regular file",
    inScratch(async (scratch) => {
      const foreign = scratch.path("foreign")
      mkdirSync(foreign)
      scratch.write("foreign/precious", ["kept"])
      scratch.write("cltab", [`:::socket:${scratch.socket}`, `:::clstat:${foreign}`, "g:a:1:wait:true"])
      const daemon = await scratch.restart()
      expect((await scratch.clinit("-w", "g", "1")).stdout).toBe("g 1 DONE\n")
      daemon.kill("SIGTERM")
      expect((await daemon.finished()).exit).toBe(0)
      expect(scratch.lines("foreign/precious")).toEqual(["kept"])
      expect(scratch.read("daemon.log")).toMatch(/ warn status file: .*not a regular file/)
    })
  )
})
