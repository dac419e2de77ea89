import { describe, expect, it } from "@effect/vitest"
import * as path from "node:path"
import { itUnless } from "./support/Conditional.ts"
import { residentMebibytes } from "./support/Daemons.ts"
import { eventually, until } from "./support/Eventually.ts"
import * as PidNamespace from "./support/PidNamespace.ts"
import * as Proc from "./support/Proc.ts"
import * as Program from "./support/Program.ts"
import { inScratch } from "./support/Scratch.ts"
import type { Scratch } from "./support/Scratch.ts"
import * as Zombies from "./support/Zombies.ts"

/** Leaves a thousand processes to process 1, which end a moment later. */
const orphans = "i=0; while [ $i -lt 1000 ]; do (sleep 0.2 &); i=$((i+1)); done; : > up; exec sleep 1000"

const listens = (scratch: Scratch) =>
  until("the daemon listens", () => scratch.status().then(() => true, () => false))

describe("the daemon as process 1", () => {
  for (const shell of PidNamespace.shells) {
    const name = path.basename(shell)

    itUnless(PidNamespace.obstacle)(
      `has ${name} reap a thousand orphans, is started again when it is killed, adopts, and on TERM ends with the last process`,
      inScratch(async (scratch) => {
        scratch.configure(
          `web:o:run,:respawn:${orphans}`,
          "web:deaf:run,:respawn:trap 'echo INT >> log; sleep 1; echo end >> log; exit' INT; : > deaf; while :; do sleep 0.05; done"
        )
        const { first, program } = await PidNamespace.start(
          scratch,
          shell,
          "--no-resume",
          "--tell",
          "web:run"
        )
        await listens(scratch)
        await until("the orphans were left", () => scratch.exists("up") && scratch.exists("deaf"))
        await eventually(() => PidNamespace.children(first).length, 1)
        expect(Zombies.count(first)).toBe(0)
        expect(residentMebibytes(first)).toBeLessThan(8)

        const before = await scratch.pid("o")
        const [daemon] = PidNamespace.children(first)
        Proc.kill(daemon!, "SIGKILL")
        await until("another daemon runs", () => {
          const [now] = PidNamespace.children(first)
          return now !== undefined && now !== daemon &&
            scratch.lines("daemon.log").some((line) => line.includes("goes on"))
        })
        await listens(scratch)
        expect(await scratch.pid("o")).toBe(before)
        expect((await scratch.entry("o"))?.adopted).toBe(true)

        Proc.kill(first, "SIGTERM")
        expect((await program.finished()).exit).toBe(0)
        expect(scratch.lines("log")).toEqual(["INT", "end"])
        expect(scratch.exists("s.ledger")).toBe(false)
        expect(Proc.marked(scratch.directory)).toEqual([])
      })
    )

    itUnless(PidNamespace.obstacle)(
      `passes on through ${name} the exit code of the entry that it ends with, also one that looks like a signal's`,
      inScratch(async (scratch) => {
        scratch.configure(
          "job:a:run,:test:sleep 0.2; exit 42",
          "killed:b:run,:once:kill -KILL $$",
          "well:c:run,:wait:true",
          "side:d:run,:respawn:exec sleep 1000"
        )
        const cases = [
          ["job", 42],
          ["killed/b", 137],
          ["well", 0]
        ] as const
        for (const [ending, code] of cases) {
          const group = ending.split("/")[0]
          const tells = ["--tell", "side:run", "--tell", `${group}:run`]
          const { program } = await PidNamespace.start(scratch, shell, ...tells, "--exit-with", ending)
          expect([ending, (await program.finished()).exit]).toEqual([ending, code])
        }
        expect(scratch.lines("daemon.log").filter((line) => line.includes("is started again"))).toEqual([])
      })
    )
  }

  itUnless(PidNamespace.obstacle)(
    "ends with its own exit code when it is refused its start, and is not started again",
    inScratch(async (scratch) => {
      scratch.configure("nonsense")
      const { program } = await PidNamespace.start(scratch, "/bin/sh")
      expect((await program.finished()).exit).toBe(4)
    })
  )

  itUnless(PidNamespace.obstacle)(
    "is not killed by a TERM that comes while it starts: it ends in order",
    inScratch(async (scratch) => {
      scratch.configure("web:a:run,:respawn:exec sleep 1000")
      const { first, program } = await PidNamespace.start(scratch, "/bin/sh", "--tell", "web:run")
      // From here on process 1 is the shell, and no signal is lost any more.
      const isShell = () => Proc.describe(first).startsWith(`${first} /bin/sh `)
      await until("the shell runs the daemon", () => isShell() && PidNamespace.children(first).length === 1)
      Proc.kill(first, "SIGTERM")
      expect((await program.finished()).exit).toBe(0)
      expect(scratch.lines("daemon.log").at(-1)).toContain("all groups are down")
    })
  )
})

describe("clinit daemon", () => {
  const claims: ReadonlyArray<
    readonly [claim: string, words: ReadonlyArray<string>, exit: number, stderr: string]
  > = [
    ["refuses to tell a group that does not exist", ["--tell", "nope:1"], 1, "clinit: no such group: nope\n"],
    ["refuses to tell without a level", ["--tell", "web"], 2, "clinit: --tell wants GROUP:LEVEL, not web\n"],
    [
      "refuses to tell more than a level",
      ["--tell", "web:1:2"],
      2,
      "clinit: --tell wants GROUP:LEVEL, not web:1:2\n"
    ],
    ["refuses to tell an empty level", ["--tell", "web:"], 2, "clinit: the level is empty\n"],
    [
      "refuses to end with a group that does not exist",
      ["--exit-with", "nope"],
      1,
      "clinit: no such group: nope\n"
    ],
    [
      "refuses to end with an entry that does not exist",
      ["--exit-with", "web/b"],
      1,
      "clinit: no such group or entry: web/b (did you mean web/a?)\n"
    ]
  ]
  for (const [claim, words, exit, stderr] of claims) {
    it(
      `${claim}, before anything is started: ${words.join(" ")}`,
      inScratch(async (scratch) => {
        scratch.configure("web:a:1:respawn:: > started; exec sleep 1000")
        expect(await scratch.clinit("daemon", ...words)).toEqual({ exit, stdout: "", stderr })
        expect(scratch.exists("started") || scratch.exists("s")).toBe(false)
      })
    )
  }

  it(
    "tells at its start each group that was not told before: one that a killed daemon left at another level stays there",
    inScratch(async (scratch) => {
      const lines = ["web:a:1,2:respawn:exec sleep 1000", "db:b:1:respawn:exec sleep 1000"]
      const daemon = await scratch.daemon(...lines)
      await scratch.clinit("-w", "web", "2")
      await scratch.crash(daemon)
      const { pid } = await scratch.restart(process.execPath, [
        Program.bundle,
        "-c",
        scratch.cltab,
        "daemon",
        "--tell",
        "web:1",
        "--tell",
        "db:1"
      ])
      await eventually(() => scratch.group("db"), "1 DONE")
      expect(await scratch.group("web")).toBe("2 DONE")
      expect((await scratch.clinit("why", "db")).stdout).toMatch(
        new RegExp(
          `db was told "tell db 1" by .+ \\(pid ${pid}: clinit .* daemon --tell web:1 --tell db:1\\)`
        )
      )
    })
  )
})
