/**
 * Kills a real daemon, again and again and at any moment, under an operator's tells and edits, and checks from the
 * outside that every successor goes on as if nothing had happened.
 *
 *     node --conditions=@clinit/source tests/faults/crash/main.ts [--crashes 200] [--seed S] [--containment C]
 *
 * The same seed makes the same plan; when exactly what happens is the machine's. `CLINIT_BUNDLE` names a copy of
 * `clinit.js` to test.
 */
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { parseArgs } from "node:util"
import { CrashRun } from "./CrashRun.ts"
import * as Plan from "./Plan.ts"
import * as ReferenceRun from "./ReferenceRun.ts"
import { Stage } from "./Stage.ts"
import { spread } from "./Statistics.ts"

const { values } = parseArgs({
  options: {
    crashes: { type: "string", default: "200" },
    seed: { type: "string", default: String(Date.now()) },
    containment: { type: "string", default: "cgroup" }
  }
})
const { containment, seed } = values
const say = (text: string) => void process.stdout.write(`${text}\n`)

say(`seed ${seed}, containment ${containment}`)
const plan = Plan.make(seed, Number(values.crashes), containment !== "group")
const run = new CrashRun(new Stage(containment), plan.first)
const { figures, stage } = run
const { home } = stage

/** Everything that helps to understand a failure, into the directory that is kept. */
const keepEvidence = () => {
  const ledger = `${home.socket}.ledger`
  if (fs.existsSync(ledger)) fs.copyFileSync(ledger, home.path("ledger.kept"))
  fs.writeFileSync(home.path("ps"), execFileSync("ps", ["-eo", "pid,ppid,pgid,sid,stat,lstart,args"]))
}

let at = 0
try {
  await run.begin()
  for (const round of plan.rounds) {
    await run.play(round)
    at++
    if (at % 20 === 0) say(`  ${figures.crashes} crashes in ${at} rounds`)
  }
  const summary = await stage.conclude(run.wanted, run.doubtful)
  await run.lines.check()
  await stage.close()
  await run.lines.check()
  const reference = await ReferenceRun.play(plan, containment)
  if (summary.join("\n") !== reference.join("\n")) {
    throw new Error(`in the end ${summary.join(", ")}; without crashes ${reference.join(", ")}`)
  }
  say([
    `crashes ${figures.crashes}, rounds ${at}, duplicates 0`,
    `adopted ${run.logged(" goes on: pid ")}, of which checked to be untouched ${figures.untouched}`,
    `ended meanwhile ${run.logged("ended while no daemon ran")} (killed by the test ${figures.deaths})`,
    `not in the ledger yet and stopped ${run.logged("was started by a daemon that was killed")}`,
    `half-way through their start when a daemon was killed ${figures.halfStarted}`,
    `forkers killed ${figures.forkersKilled}`,
    `lines logged ${run.lines.lines}, loggers killed ${run.lines.killCount}, lost with them ${run.lines.lost}, ` +
    `spilt while no daemon ran ${run.lines.spilt}`,
    `exec to status: ${spread(figures.answering)}`,
    `exec to resumed: ${spread(figures.resumed)}`,
    `exec to calm: ${spread(figures.calm)}`
  ].join("\n"))
  home.wipe()
} catch (error) {
  keepEvidence()
  const round = JSON.stringify(plan.rounds[at], (key, value: unknown) => key === "entries" ? "…" : value)
  say(`FAILED with seed ${seed} after ${figures.crashes} crashes in round ${at + 1}: ${round}`)
  say(error instanceof Error ? error.stack ?? error.message : String(error))
  say(`kept: ${home.directory}\n${home.tail()}`)
  home.killAll()
  process.exit(1)
}
