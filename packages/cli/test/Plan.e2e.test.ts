import { describe, expect, it } from "@effect/vitest"
import { until } from "./support/Eventually.ts"
import type { Scratch } from "./support/Scratch.ts"
import { inScratch } from "./support/Scratch.ts"

const sleep = "exec sleep 1000"

/** Replaces a part of the cltab. */
const edit = (scratch: Scratch, from: string, to: string) => {
  const text = scratch.read("cltab")
  expect(text).toContain(from)
  scratch.write("cltab", [text.replace(from, to).trimEnd()])
}

const pids = async (scratch: Scratch): Promise<Readonly<Record<string, number>>> =>
  Object.fromEntries(
    (await scratch.status()).groups.flatMap(({ processes }) => processes).map(({ state, tag }) => [
      tag,
      state._tag === "Running" ? state.pid! : 0
    ])
  )

describe.concurrent("clinit plan", () => {
  const lines = [
    `web:db:dev,run:respawn:${sleep}`,
    `web:mock:dev,:respawn:${sleep}`,
    `web:app:run,:respawn:${sleep}`,
    ":::web/mock/stop:QUIT 1s, KILL",
    `mail:smtp:1:once:${sleep}`
  ]

  it(
    "shows what a tell would stop, keep and start, as text and as JSON; tell --dry-run shows the same; a tell then does it",
    inScratch(async (scratch) => {
      await scratch.daemon(...lines)
      await scratch.clinit("-w", "web", "dev")
      const before = await pids(scratch)
      const text = [
        "web dev -> run",
        `  stop   mock  pid ${before["mock"]}; QUIT 1s, KILL 15s; not at level run`,
        `  keep   db    RUNNING pid ${before["db"]}`,
        `  start  app   respawn: ${sleep}`,
        ""
      ].join("\n")
      for (const words of [["plan", "web", "run"], ["tell", "--dry-run", "web", "run"]]) {
        expect(await scratch.clinit(...words)).toEqual({ exit: 0, stdout: text, stderr: "" })
      }
      const json = await scratch.clinit("plan", "web", "run", "--json")
      expect(await scratch.clinit("tell", "--dry-run", "--json", "web", "run")).toEqual(json)
      expect(JSON.parse(json.stdout)).toEqual({
        schema: "urn:clinit:plan:1",
        warnings: [],
        groups: [{
          group: "web",
          from: "dev",
          to: "run",
          stop: [{
            tag: "mock",
            reason: { _tag: "OtherLevel" },
            pid: before["mock"],
            schedule: "QUIT 1s, KILL 15s"
          }],
          keep: [{ tag: "db", state: { _tag: "Running", pid: before["db"] }, settings: [] }],
          start: [{ tag: "app", mode: "respawn", command: sleep, again: false }]
        }]
      })
      expect(await pids(scratch)).toEqual(before)
      await scratch.clinit("-w", "web", "run")
      const after = await pids(scratch)
      expect(Object.keys(after).sort()).toEqual(["app", "db"])
      expect(after["db"]).toBe(before["db"])
      expect((await scratch.clinit("plan", "web", "run")).stdout).toBe(
        `web run: nothing to do\n  keep   db   RUNNING pid ${after["db"]}\n  keep   app  RUNNING pid ${
          after["app"]
        }\n`
      )
    })
  )

  it(
    "--all shows what a reread --apply would change, which then does it and says so",
    inScratch(async (scratch) => {
      await scratch.daemon(...lines)
      await scratch.clinit("-w", "web", "dev")
      await scratch.clinit("-w", "mail", "1")
      expect((await scratch.clinit("plan", "--all")).stdout).toBe("nothing to do\n")
      const { db, mock, smtp } = await pids(scratch)
      edit(scratch, `mail:smtp:1:once:${sleep}`, `web:new:dev,:test:exit 1`)
      edit(scratch, `web:mock:dev,:respawn:${sleep}`, `web:mock:dev,:respawn:${sleep}; :`)
      expect((await scratch.clinit("plan", "--all")).stdout).toBe(
        [
          "mail 1, halt",
          `  stop   smtp  pid ${smtp}; INT 5s, TERM 10s, KILL 15s; no longer in the cltab`,
          "web dev",
          `  stop   mock  pid ${mock}; QUIT 1s, KILL 15s; changed: command`,
          `  keep   db    RUNNING pid ${db}`,
          `  start  mock  respawn, again: ${sleep}; :`,
          "  start  new   test: exit 1",
          ""
        ].join("\n")
      )
      expect((await scratch.status()).modified).toBe(true)
      expect(await scratch.clinit("reread", "--apply", "-w")).toEqual({
        exit: 1,
        stdout: "",
        stderr: "clinit: web dev FAILED: new exited 1 (clinit why web/new tells more)\n"
      })
      expect((await scratch.status()).modified).toBe(false)
      expect((await pids(scratch))["db"]).toBe(db)
      expect(await scratch.clinit("reread", "--apply")).toEqual({ exit: 0, stdout: "", stderr: "" })
      edit(scratch, "exit 1", "exit 0")
      expect(await scratch.clinit("reread", "--apply", "-w")).toEqual({
        exit: 0,
        stdout: "web dev DONE\n",
        stderr: ""
      })
    })
  )

  it(
    "a reread --apply that is waited for names every group that failed, and what each came to",
    inScratch(async (scratch) => {
      await scratch.daemon("a:t:1:test:exit 0", "b:u:1:test:exit 0", "c:v:1:test:exit 0")
      for (const group of ["a", "b", "c"]) await scratch.clinit("-w", group, "1")
      scratch.configure("a:t:1:test:exit 3", "b:u:1:test:exit 4", "c:v:1:test:exit 0; :")
      expect(await scratch.clinit("reread", "--apply", "-w")).toEqual({
        exit: 1,
        stdout: "c 1 PASSED\n",
        stderr:
          "clinit: a 1 FAILED: t exited 3 (clinit why a/t tells more)\nclinit: b 1 FAILED: u exited 4 (clinit why b/u tells more)\n"
      })
    })
  )

  it(
    "of what makes no sense is refused with the exit code of its kind",
    inScratch(async (scratch) => {
      await scratch.daemon(...lines)
      const usage = "clinit: plan takes a level, a group and a level, or --all\n"
      expect(await scratch.clinit("plan")).toEqual({ exit: 2, stdout: "", stderr: usage })
      expect(await scratch.clinit("plan", "--all", "web", "1")).toEqual({
        exit: 2,
        stdout: "",
        stderr: usage
      })
      expect(await scratch.clinit("tell", "--json", "web", "1")).toEqual({
        exit: 2,
        stdout: "",
        stderr: "clinit: tell prints JSON only with --dry-run\n"
      })
      expect(await scratch.clinit("plan", "wbe", "1")).toEqual({
        exit: 1,
        stdout: "no such group: wbe (did you mean web?)\n",
        stderr: ""
      })
    })
  )
})

describe.concurrent("an edited cltab", () => {
  const fifty = Array.from(
    { length: 50 },
    (_, index) => `web:t${index}:1:respawn:exec sleep 1${1000 + index}`
  )

  for (
    const [order, words] of [["a tell", ["-w", "web", "1"]], ["reread --apply", [
      "-w",
      "reread",
      "--apply"
    ]]] as const
  ) {
    it(
      `of fifty entries with one changed, the others reordered and commented: ${order} keeps forty-nine pids`,
      inScratch(async (scratch) => {
        await scratch.daemon(...fifty)
        await scratch.clinit("-w", "web", "1")
        const before = await pids(scratch)
        scratch.configure(
          "# the same in another order",
          ...fifty.toReversed().flatMap((line) => ["", line.replace("sleep 11017", "sleep 12017")])
        )
        expect((await scratch.clinit(...words)).exit).toBe(0)
        const after = await pids(scratch)
        expect(Object.keys(before).filter((tag) => before[tag] !== after[tag])).toEqual(["t17"])
        expect(Object.keys(after)).toHaveLength(50)
      })
    )
  }

  it(
    "that is broken changes nothing: the answer, the log and the status say that it was modified, and why it is refused",
    inScratch(async (scratch) => {
      await scratch.daemon(`web:a:1:respawn:${sleep}`)
      await scratch.clinit("-w", "web", "1")
      const before = await pids(scratch)
      edit(scratch, "respawn", "respwan")
      const error = `${scratch.cltab}:3:9: error: unknown mode "respwan" (did you mean respawn?)`
      const refusal = `${scratch.cltab} was modified since it was loaded and refused:\n${error}`
      for (const words of [["web", "2"], ["reread", "--apply"], ["plan", "web", "2"]]) {
        expect(await scratch.clinit(...words)).toEqual({
          exit: 4,
          stdout: "",
          stderr:
            `clinit: ${scratch.cltab} was modified since it was loaded and is refused; what was loaded stays in force\n` +
            `${error}\n`
        })
      }
      const { modified, warnings } = await scratch.status()
      expect([modified, warnings]).toEqual([true, [refusal]])
      expect((await scratch.clinit("status")).stdout).toContain(`warning: ${refusal.split("\n")[0]}`)
      await until("it is logged", () => scratch.read("daemon.log").includes(refusal.split("\n")[0]!))
      expect(await pids(scratch)).toEqual(before)
    })
  )
})

describe.concurrent("the plan that is printed", () => {
  it(
    "is what the tell behind it does to real processes, over random edits and level changes",
    inScratch(async (scratch) => {
      // Park and Miller's generator: the same schedule each time.
      let seed = 20_261_123
      const below = (bound: number) => (seed = seed * 48_271 % 2_147_483_647) % bound
      const pick = <A>(choices: ReadonlyArray<A>): A => choices[below(choices.length)]!
      const randomLines = () =>
        ["a", "b", "c", "d", "e"].filter(() => below(6) > 0).toSorted(() => below(2) - 0.5).flatMap((tag) => [
          `g:${tag}:${pick(["1", "2", "12", "12"])}:${
            pick(["respawn", "respawn", "once", "off"])
          }:exec sleep 100${below(2)}`,
          ...(below(4) === 0 ? [`:::g/${tag}/env.V:${below(2)}`] : [])
        ])
      await scratch.daemon(...randomLines(), "g:z:9:once:true")
      for (let round = 1; round <= 15; round++) {
        if (below(2) === 0) scratch.configure(...randomLines(), "g:z:9:once:true")
        const level = pick(["1", "2"])
        const before = await pids(scratch)
        const [plan] = JSON.parse((await scratch.clinit("plan", "g", level, "--json")).stdout).groups
        expect((await scratch.clinit("-w", "g", level)).exit).toBe(0)
        const after = await pids(scratch)
        const tagsOf = (list: ReadonlyArray<{ readonly tag: string }>) =>
          list.map(({ tag }) => tag).toSorted()
        const observed = {
          stop: Object.keys(before).filter((tag) => before[tag] !== after[tag]).toSorted(),
          keep: Object.keys(before).filter((tag) => before[tag] === after[tag]).toSorted(),
          start: Object.keys(after).filter((tag) => before[tag] !== after[tag]).toSorted()
        }
        expect(observed, `round ${round}`).toEqual({
          stop: tagsOf(plan.stop),
          keep: tagsOf(plan.keep),
          start: tagsOf(plan.start)
        })
        expect(plan.stop.map(({ pid, tag }: { pid: number; tag: string }) => [tag, pid])).toEqual(
          plan.stop.map(({ tag }: { tag: string }) => [tag, before[tag]])
        )
      }
    })
  )
})
