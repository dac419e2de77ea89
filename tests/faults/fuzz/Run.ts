import * as CpuTime from "./CpuTime.ts"
import type { Failure } from "./Failure.ts"
import { Broken, claim } from "./Failure.ts"
import * as FailureLog from "./FailureLog.ts"
import * as Inputs from "./Inputs.ts"
import * as Memory from "./Memory.ts"
import * as Rounds from "./Rounds.ts"
import type { Target } from "./Target.ts"

export interface Plan {
  readonly seed: number
  readonly from: number
  readonly inputs: number
}

/** Somebody who is told the number of the input that comes now: see `Watchdog`. */
export type Progress = (index: number) => void

export interface Result {
  readonly target: string
  readonly inputs: number
  readonly seconds: number
  /** Of processor time, in all threads. */
  readonly cpuSeconds: number
  readonly slowest: { readonly millis: number; readonly index: number }
  /** The first failures of each kind. */
  readonly failures: ReadonlyArray<Failure>
  readonly failed: number
  readonly samples: ReadonlyArray<Memory.Sample>
}

const samplesWanted = 40

/** Who does not settle so many times will not later either, and each time costs seconds. */
const patience = 3

/** The most milliseconds for what is under test to end. */
const closing = 30_000

/** Gives the target the inputs of the plan. */
export const run = async (target: Target, plan: Plan, progress: Progress = () => {}): Promise<Result> => {
  const session = await target.open()
  const failures = FailureLog.make(target, session, plan.seed)
  const samples: Array<Memory.Sample> = []
  let done = 0
  let unsettled = 0
  let slowest = { millis: 0, index: plan.from }
  // With one input at a time all of the thread's work is for that.
  const clock = target.lanes === 1 ? CpuTime.now : () => performance.now()

  const time = async (index: number): Promise<number> => {
    const { input, random } = Inputs.make(target, plan.seed, index)
    const begin = clock()
    const pending = session.check(input, random)
    if (pending !== undefined) await pending
    return clock() - begin
  }

  const one = async (index: number) => {
    progress(index)
    try {
      let millis = await time(index)
      // Garbage of inputs before it may have been collected just now: a slow one gets a second chance.
      if (millis > target.patience && target.isPure) millis = Math.min(millis, await time(index))
      if (millis > slowest.millis) slowest = { millis, index }
      claim(millis <= target.patience, `takes ${Math.round(millis)} ms`)
    } catch (error) {
      await failures.add(index, error)
    }
  }

  const begin = performance.now()
  const cpuBegin = process.cpuUsage()
  const sampleEvery = Math.max(1, Math.floor(plan.inputs / samplesWanted))
  for (const round of Rounds.cut(plan.from, plan.inputs, target.settleEvery, sampleEvery)) {
    const numbers = Rounds.numbers(round)
    const lane = async () => {
      for (const index of numbers) await one(index)
    }
    await Promise.all(Array.from({ length: target.lanes }, lane))
    done = round.to - plan.from
    if (round.settles) {
      try {
        await session.settle()
      } catch (error) {
        await failures.add(round.to - 1, error)
        unsettled++
      }
    }
    if (unsettled === patience) break
    if (round.samples) samples.push(Memory.sample())
    // Timers and pipes of a target that never waits get their turn.
    await new Promise((resume) => setImmediate(resume))
  }
  const seconds = (performance.now() - begin) / 1000
  const { system, user } = process.cpuUsage(cpuBegin)
  progress(-1)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<"late">((resume) => timer = setTimeout(resume, closing, "late"))
  if (await Promise.race([session.close(), late]) === "late") {
    await failures.add(plan.from + done - 1, new Broken("does not close"))
  }
  clearTimeout(timer)
  return {
    target: target.name,
    inputs: done,
    seconds,
    cpuSeconds: (system + user) / 1e6,
    slowest,
    failures: failures.kept,
    failed: failures.count(),
    samples
  }
}
