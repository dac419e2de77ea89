import { describe, expect, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { eventually, until } from "./support/Eventually.ts"
import { inScratch } from "./support/Scratch.ts"

const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8")

/** The cells of the README's table that has this heading, row by row. */
const tableOf = (heading: string): ReadonlyArray<ReadonlyArray<string>> => {
  const [, table = ""] = readme.split(`${heading}\n`)
  return table.split("\n").slice(1, table.split("\n").findIndex((line) => !line.startsWith("|")))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()))
}

/** What the rows of the README's table of healths stand for, in its order: names in the cltab below. */
const rows: ReadonlyArray<ReadonlyArray<string>> = [
  ["up", "tested", "up/runs", "up/waited", "tested/passes"],
  ["failed", "failed/fails", "paused", "paused/dies", "given", "given/quits"],
  ["never", "empty", "going", "going/deaf", "starting"],
  ["nope", "up/nope", "nope/nope"]
]

describe.concurrent("the README's table of what `status NAME`, `is-up` and `is-failed` exit with", () => {
  const table = tableOf("| what NAME is | `status NAME`, `is-up NAME` | `is-failed NAME` |")

  it("has a row for each health", () => {
    expect(table).toHaveLength(rows.length)
  })

  it(
    "holds, row by row",
    inScratch(async (scratch) => {
      await scratch.daemon(
        ":::given/respawn.hits:1",
        ":::given/respawn.pause:50ms",
        ":::given/respawn.give-up:2",
        "up:runs:1:respawn:exec sleep 1000",
        "up:waited:1:wait:true",
        "tested:passes:1:test:true",
        "failed:fails:1:test:false",
        "paused:dies:1:respawn:false",
        "given:quits:1:respawn:false",
        "never:a:1:once:true",
        "empty:b:1:once:true",
        "going:deaf:1:respawn:trap '' INT TERM; echo up > up; while :; do sleep 0.1; done",
        "starting:waits:1:wait:while ! test -e go; do sleep 0.1; done"
      )
      for (const group of ["up", "tested", "failed", "paused", "given", "going"]) {
        await scratch.clinit("--timeout", "20", group, "1")
      }
      await scratch.clinit("--timeout", "20", "empty", "2")
      await scratch.clinit("starting", "1")
      await eventually(() => scratch.state("dies"), "Pausing")
      await eventually(() => scratch.group("given"), "1 FAILED")
      await until("it is deaf", () => scratch.exists("up"))
      await scratch.clinit("going", "2")
      for (const [index, names] of rows.entries()) {
        const [, code, isFailed] = table[index]!
        for (const name of names) {
          const status = await scratch.clinit("status", name)
          expect([name, String(status.exit)]).toEqual([name, code])
          const up = await scratch.clinit("is-up", name)
          expect([name, String(up.exit), up.stdout]).toEqual([name, code, ""])
          const failed = await scratch.clinit("is-failed", name)
          expect([name, String(failed.exit), failed.stdout]).toEqual([name, isFailed, ""])
          const complaint = code === "4" ? expect.stringContaining("no such group") : ""
          expect([up.stderr, failed.stderr]).toEqual([complaint, complaint])
          expect((await scratch.clinit("status", name, "--json")).exit).toBe(status.exit)
        }
      }
      expect((await scratch.clinit("status")).exit).toBe(0)
      expect((await scratch.clinit("status", "up", "--level", "2")).exit).toBe(3)
      scratch.write("go")
    })
  )

  it(
    "has the code of what is unknown also where no daemon can be asked",
    inScratch(async (scratch) => {
      scratch.configure()
      for (const command of ["status", "is-up", "is-failed"]) {
        expect((await scratch.clinit(command, "web")).exit).toBe(4)
      }
    })
  )
})

describe.concurrent("the README's table of exit codes", () => {
  const codes = tableOf("| exit code | meaning |").map(([code]) => code)

  it(
    "holds, row by row",
    inScratch(async (scratch) => {
      const exits = new Set<unknown>()
      const exit = async (code: number, ...command: ReadonlyArray<string>) => {
        expect([command, (await scratch.clinit(...command)).exit]).toEqual([command, code])
        exits.add(String(code))
      }
      scratch.configure()
      await exit(3, "status")
      await exit(3, "web", "1")
      await scratch.daemon("web:a:1:wait:true", "web:t:2:test:false")
      await exit(0, "status")
      await exit(0, "-w", "web", "1")
      await exit(1, "nope", "1")
      await exit(1, "-w", "web", "2")
      await exit(2, "status", "--nope")
      await exit(2, "status", "--color", "blue")
      await exit(2, "is-up")
      scratch.write("wrong", ["nonsense"])
      await exit(4, "check", scratch.path("wrong"))
      scratch.configure("nonsense")
      await exit(4, "web", "1")
      expect(codes).toEqual([...exits].toSorted().concat("70"))
    })
  )
})
