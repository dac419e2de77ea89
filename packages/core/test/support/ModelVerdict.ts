import type { Report } from "./ModelRun.ts"
import * as ModelRun from "./ModelRun.ts"
import { promises } from "./ModelWitness.ts"
import type { Schedule, Step } from "./Schedule.ts"
import * as Schedule_ from "./Schedule.ts"

/** A schedule that came out wrong, and what happened. */
export interface Failure {
  readonly schedule: Schedule
  readonly report: Report
}

/**
 * The schedule without its crashes. Where a daemon was killed, the next one read the file: a reread does as much, as
 * every group is told again in the end.
 */
const withoutCrashes = ({ steps, ...schedule }: Schedule, { crashes }: Report): Schedule => ({
  ...schedule,
  steps: steps.flatMap((step, index): ReadonlyArray<Step> => [
    ...step.do === "crash" ? [] : [step],
    ...crashes.flatMap(({ entries, step }) => step === index ? [{ do: "mend", entries } as const] : [])
  ])
})

/** Runs the schedule, and if a daemon was killed in it, runs it without that as well and compares. */
export const judge = async (schedule: Schedule): Promise<Failure | undefined> => {
  const report = await ModelRun.report(schedule)
  if (report.violations.length > 0) return { schedule, report }
  if (report.crashes.length === 0 || report.isVague) return undefined
  const without = withoutCrashes(schedule, report)
  const calm = await ModelRun.report(without)
  if (calm.violations.length > 0) return { schedule: without, report: calm }
  const [there, here] = [calm.summary.join(", "), report.summary.join(", ")]
  if (there === here) return undefined
  const violations = [`[9: ${promises[9]}] in the end: ${here}; without the crashes: ${there}`]
  return { schedule, report: { ...report, violations } }
}

/** Leaves out what can be left out: the schedule still comes out wrong. */
const shrink = async (failure: Failure): Promise<Failure> => {
  let smallest = failure
  const attempt = async (change: Partial<Schedule>) => {
    const smaller = await judge({ ...smallest.schedule, ...change })
    if (smaller !== undefined) smallest = smaller
    return smaller !== undefined
  }
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false
    for (let index = smallest.schedule.steps.length - 1; index >= 0; index--) {
      isSmaller = await attempt({ steps: smallest.schedule.steps.toSpliced(index, 1) }) || isSmaller
    }
    for (let index = smallest.schedule.entries.length - 1; index >= 0; index--) {
      isSmaller = await attempt({ entries: smallest.schedule.entries.toSpliced(index, 1) }) || isSmaller
    }
  }
  return smallest
}

/** The failure of this seed's schedule, if it has one, as short as it gets. */
export const failureOf = async (seed: number): Promise<Failure | undefined> => {
  const failure = await judge(Schedule_.make(seed))
  return failure === undefined ? undefined : shrink(failure)
}

/** The failure for people. */
export const print = ({ report, schedule }: Failure): string =>
  [
    Schedule_.print(schedule),
    "",
    ...report.trace,
    "",
    ...report.violations,
    `replay: CLINIT_MODEL_SEED=${schedule.seed} npx vitest run --project core packages/core/test/Model.test.ts`
  ].join("\n")
