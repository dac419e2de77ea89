import { describe, expect, it } from "@effect/vitest"
import { isDeepStrictEqual } from "node:util"
import { until } from "./support/Eventually.ts"
import * as Proc from "./support/Proc.ts"
import * as Program from "./support/Program.ts"
import { inScratch } from "./support/Scratch.ts"

describe("many at once", () => {
  it(
    "200 respawn entries in one group come up, each once, and go down again",
    inScratch(async (scratch) => {
      const tags = Array.from({ length: 200 }, (_, index) => `t${index}`)
      const daemon = await scratch.daemon(
        "h:h:1:respawn:exec sleep 999",
        ...tags.map((tag) => `g:${tag}:1:respawn:exec sleep 1000`)
      )
      // With the first start comes the process that forks the others.
      await scratch.clinit("-w", "h", "1")
      await until("there is a forker", () => Proc.forkerOf(daemon.pid) !== undefined)
      await scratch.clinit("-w", "h", "2")
      const before = Proc.descriptors(daemon.pid).length
      expect((await scratch.clinit("-w", "--timeout", "30", "g", "1")).stdout).toBe("g 1 DONE\n")
      const group = (await scratch.status()).groups.find(({ group }) => group === "g")
      expect(group!.processes.map(({ tag }) => tag)).toEqual(tags)
      const pids = group!.processes.flatMap(({ state }) => state._tag === "Running" ? [state.pid!] : [])
      expect(new Set(pids).size).toBe(200)
      expect(pids.filter(Proc.isRunning)).toHaveLength(200)
      expect(scratch.left().toSorted()).toEqual(pids.toSorted())
      expect((await scratch.clinit("-w", "--timeout", "30", "g", "2")).stdout).toBe("g 2 DONE\n")
      expect(scratch.left()).toEqual([])
      await until(
        "the daemon has no descriptors left over",
        () => Proc.descriptors(daemon.pid).length <= before
      )
    })
  )

  it(
    "a level's processes are forked in the order of the file, whoever forks them",
    inScratch(async (scratch) => {
      const long = `: ${"x".repeat(70_000)}; exec sleep 1000`
      const entries = Array.from(
        { length: 40 },
        (_, index) => `g:t${index}:1:respawn:${index % 10 === 9 ? long : "exec sleep 1000"}`
      )
      const daemon = await scratch.daemon("h:h:1:respawn:exec sleep 999", ...entries)
      await scratch.clinit("-w", "h", "1")
      await until("there is a forker", () => Proc.forkerOf(daemon.pid) !== undefined)
      await scratch.clinit("-w", "h", "2")
      for (let round = 0; round < 3; round++) {
        expect((await scratch.clinit("-w", "g", "1")).stdout).toBe("g 1 DONE\n")
        const pids = (await scratch.status()).groups.find(({ group }) => group === "g")!.processes
          .map(({ state }) => state._tag === "Running" ? state.pid! : 0)
        // Pids are given in turn, and begin anew at the end.
        const descents = pids.filter((pid, index) => index > 0 && pid < pids[index - 1]!)
        expect(descents.length === 0 || (descents.length === 1 && pids.at(-1)! < pids[0]!), `${pids}`).toBe(
          true
        )
        await scratch.clinit("-w", "g", "2")
      }
    })
  )

  it(
    "the daemon answers while it starts 200 entries",
    inScratch(async (scratch) => {
      const tags = Array.from({ length: 200 }, (_, index) => `t${index}`)
      await scratch.daemon(...tags.map((tag) => `g:${tag}:1:wait:true`), "h:h:1:wait:true")
      const tell = scratch.launch("-w", "g", "1")
      await until("it has begun", async () => await scratch.group("g") !== "CONFIGURED")
      expect((await scratch.clinit("-w", "h", "1")).stdout).toBe("h 1 DONE\n")
      expect((await tell.finished()).stdout).toBe("g 1 DONE\n")
    })
  )

  it(
    "a long answer arrives whole, also where it is read late",
    inScratch(async (scratch) => {
      // Longer than the 64 KiB that a pipe holds.
      await scratch.daemon(`g:${"x".repeat(100_000)}:1:wait:true`)
      expect((await scratch.clinit("-w", "g", "1")).exit).toBe(0)
      const late = scratch.start("sh", [
        "-c",
        `"${process.execPath}" "${Program.bundle}" -c cltab status --json | { until [ -e go ]; do sleep 0.05; done; cat; }`
      ])
      await until(
        "the client waits for room in the pipe",
        () => scratch.left().some((pid) => Proc.describe(pid).includes("status --json"))
      )
      scratch.write("go")
      const { stdout } = await late.finished()
      expect(stdout.length).toBeGreaterThan(100_000)
      expect(JSON.parse(stdout).groups).toHaveLength(1)
    })
  )

  it(
    "20 clients at once, each with a group of its own, are all answered and all obeyed",
    inScratch(async (scratch) => {
      const groups = Array.from({ length: 20 }, (_, index) => `g${index}`)
      await scratch.daemon(...groups.map((group) => `${group}:${group}:1:respawn:exec sleep 1000`))
      const answers = await Promise.all(groups.map((group) => scratch.clinit("-w", group, "1")))
      expect(answers).toEqual(groups.map((group) => ({ exit: 0, stdout: `${group} 1 DONE\n`, stderr: "" })))
      expect(scratch.left()).toHaveLength(20)
    })
  )

  it(
    "20 clients at once that send one group to different levels: it ends at one of them, and only that level runs",
    inScratch(async (scratch) => {
      const levels = Array.from({ length: 20 }, (_, index) => `level${index}`)
      await scratch.daemon(...levels.map((level) => `g:${level}:${level},:respawn:exec sleep 1000`))
      const answers = await Promise.all(levels.map((level) => scratch.clinit("g", level)))
      expect(answers).toEqual(
        levels.map(() => ({ exit: 0, stdout: "level transition started\n", stderr: "" }))
      )
      await until("one level has settled, and nothing else runs", async () => {
        const group = (await scratch.status()).groups[0]!
        const pids = group.processes.flatMap(({ state }) => "pid" in state ? [state.pid] : [])
        return group.state === "DONE" && levels.includes(group.level!) &&
          isDeepStrictEqual(group.processes.map(({ tag }) => tag), [group.level]) &&
          isDeepStrictEqual(scratch.left(), pids)
      })
    })
  )
})
