import type { Verb } from "@clinit/core/ByHand"
import type { Daemon } from "@clinit/core/Daemon"
import { GroupName, Level } from "@clinit/protocol/Names"
import type { GroupStatus, ProcessState } from "@clinit/protocol/Status"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Scheduler from "effect/Scheduler"
import * as TestClock from "effect/testing/TestClock"
import type { Entry } from "./Model.ts"
import * as Model from "./Model.ts"
import type { Life } from "./ModelMachine.ts"
import * as ModelMachine from "./ModelMachine.ts"
import * as ModelPlans from "./ModelPlans.ts"
import type { Told } from "./ModelWitness.ts"
import * as ModelWitness from "./ModelWitness.ts"
import type { Gap, Schedule, Step } from "./Schedule.ts"
import { cltab } from "./Schedule.ts"

/** What came of a schedule. */
export interface Report {
  readonly violations: ReadonlyArray<string>
  /** Orders, crashes and what happened, a line each. */
  readonly trace: ReadonlyArray<string>
  /** What is there in the end, a line for each group and entry. */
  readonly summary: ReadonlyArray<string>
  /** After which steps a daemon was killed. */
  readonly crashes: ReadonlyArray<
    { readonly step: number; readonly entries: ReadonlyArray<Entry> | undefined }
  >
  /** A disk in trouble made the ledger forget an order, as it may: the end need not be the same as without it. */
  readonly isVague: boolean
}

/** So long everything has to come to rest: every entry of a level may be a job that nothing can end. */
const patienceMillis = 20 * 60_000

/**
 * All fibers run in microtasks: a turn of the event loop for each yield would take most of the time. So when the next
 * turn comes, whatever could happen at this time of the test clock has happened.
 */
const scheduler = new Scheduler.MixedScheduler("async", (work) => {
  let isWanted = true
  queueMicrotask(() => {
    if (isWanted) work()
  })
  return () => {
    isWanted = false
  }
})
const calm = Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))

/** When somebody wakes, as far as that may be yet to come; whoever was interrupted stays among them until then. */
const Wakings = Context.Reference<Set<number>>("@clinit/core/test/Wakings", { defaultValue: () => new Set() })

/** A clock that notes when those who sleep are to wake. */
const noting = Effect.map(Effect.all([Clock.Clock, Wakings]), ([clock, wakings]) => ({
  ...clock,
  sleep: (duration: Duration.Duration) =>
    Effect.suspend(() => {
      const millis = clock.currentTimeMillisUnsafe() + Duration.toMillis(duration)
      if (Number.isFinite(millis)) wakings.add(millis)
      return clock.sleep(duration)
    })
}))

/**
 * Lets the time pass, and at each moment everything happen that can: how many steps the daemon takes for something is no
 * reason for it to come later.
 */
const adjust = Effect.fnUntraced(function*(millis: number) {
  const wakings = yield* Wakings
  const endMillis = (yield* Clock.currentTimeMillis) + millis
  for (;;) {
    yield* calm
    const now = yield* Clock.currentTimeMillis
    for (const each of wakings) if (each <= now) wakings.delete(each)
    const next = Math.min(endMillis, ...wakings)
    yield* TestClock.adjust(next - now)
    if (next === endMillis) return
  }
})

const run = Effect.fnUntraced(function*(schedule: Schedule) {
  const trace: Array<string> = []
  const crashes: Array<Report["crashes"][number]> = []
  let stepNumber = -1
  let isVague = false
  /** Until which event the daemon is to live, and for how long there is none then. */
  let armed: { events: number; readonly gap: Gap } | undefined
  let life: Life | undefined
  let hasCrashed = false

  const isUp = () => !hasCrashed

  const kill = () => {
    if (life === undefined || hasCrashed) return
    hasCrashed = true
    trace.push(`${witness.now() / 1_000}s -- crash`)
    life.kill()
    witness.crashed(machine.disk.text === undefined)
  }
  const machine = yield* ModelMachine.make(cltab(schedule.entries), (event, atMillis) => {
    if (event.what === "line") trace.push(`${atMillis / 1_000}s ${event.line}`)
    witness.event(event, atMillis)
    plans.event(event)
    if (armed !== undefined && --armed.events <= 0) kill()
  })
  const witness = ModelWitness.make(machine.processes)

  const plans = ModelPlans.make(machine.processes, (text) => witness.fail(11, text))

  const millis = Clock.currentTimeMillis

  /** What the file says; whether the daemon can read it. */
  let file = schedule.entries
  let trouble: "spoiled" | "hidden" | undefined
  let inForce = schedule.entries
  const write = (entries: ReadonlyArray<Entry>) => {
    file = entries
    trouble = undefined
    machine.cltab.write(cltab(entries))
  }

  const daemon = (): Daemon["Service"] | undefined => hasCrashed ? undefined : life?.daemon()

  const look = Effect.gen(function*() {
    yield* calm
    const running = daemon()
    if (running === undefined) return
    const { groups } = yield* running.status
    witness.calm(yield* millis, groups)
  })

  /** Groups that no entry has any more come to a halt with every order that reads the file. */
  const deleted = (): ReadonlyArray<Told> =>
    witness.groups().flatMap((group) =>
      inForce.some((entry) => entry.group === group) ||
        witness.holding(group).every(({ level, stoppedAt }) => level === null && stoppedAt === undefined)
        ? []
        : [{ group, level: null, sequence: [] }]
    )

  /** Lets the order be carried out; false if the daemon was killed before it was answered. */
  const carryOut = Effect.fnUntraced(function*(order: Effect.Effect<unknown, unknown>) {
    const fiber = yield* Effect.forkChild(Effect.exit(order), { startImmediately: true })
    yield* calm
    if (fiber.pollUnsafe() === undefined && !hasCrashed) witness.fail(7, "an order is not answered")
    const isAnswered = !hasCrashed && fiber.pollUnsafe() !== undefined
    yield* Fiber.interrupt(fiber)
    return isAnswered
  })

  /** Gives an order, if need be a second time to the next daemon. */
  const give = Effect.fnUntraced(
    function*(
      words: string,
      told: () => ReadonlyArray<Told>,
      order: (daemon: Daemon["Service"]) => Effect.Effect<unknown, unknown>,
      prepare: Effect.Effect<boolean> = Effect.succeed(true)
    ) {
      for (let attempt = 0; attempt < 2; attempt++) {
        if (!(yield* prepare)) return
        const running = daemon()
        if (running === undefined) return
        trace.push(`${(yield* millis) / 1_000}s -- ${words}`)
        if (trouble === undefined) inForce = file
        const groups = trouble === "spoiled" && words !== "halt" ? [] : told()
        const answer = witness.order(groups)
        if (yield* carryOut(order(running))) return answer()
        yield* recover
        // What would have been refused is not tried again: by now the file may be another one.
        if (groups.length === 0) return
      }
    }
  )

  /** The plans of an order that is about to be given; none if it would be refused, or the daemon may be killed in it. */
  const planned = Effect.fnUntraced(function*(group?: GroupName, level?: Level) {
    yield* calm
    const running = daemon()
    if (armed !== undefined || running === undefined) return undefined
    const exit = yield* Effect.exit(running.plan(group, level))
    return Exit.isSuccess(exit) ? exit.value.groups : undefined
  })

  const tell: (group: string, level: string) => Effect.Effect<void> = Effect.fnUntraced(
    function*(group, level) {
      const before = yield* planned(GroupName.make(group), Level.make(level))
      const plan = before?.find((each) => each.group === group)
      if (plan !== undefined) plans.expect(plan)
      yield* tellNow(group, level)
      plans.check()
    }
  )

  /** Each group is told its level anew, as far as it has to be. */
  const again = (): ReadonlyArray<Told> =>
    witness.groups().flatMap((group) => {
      const { level = null, orders } = witness.holding(group).at(-1) ?? {}
      return level === null || inForce.every((entry) => entry.group !== group)
        ? []
        : [Model.told(inForce, group, level, orders)]
    })

  /** What an order by hand tells the entry's group; nothing if it is refused, or has nothing to do. */
  const byHand = (
    verb: Verb,
    group: string,
    tag: string,
    state: ProcessState | undefined
  ): Told | undefined => {
    const entry = inForce.find((each) => each.group === group && each.tag === tag)
    const { entries = [], level = null, orders = new Map(), sequence = [] } = witness.holding(group).at(-1) ??
      {}
    if (entry === undefined || level === null || (verb !== "stop" && entry.mode === "off")) return undefined
    const mayBegin = state !== undefined && !["Starting", "Running"].includes(state._tag) &&
      (state._tag !== "Stopping" || entry.mode !== "respawn")
    const isToRun = Model.sequence([entry], group, level, orders).length > 0
    if (verb === "start" && state !== undefined && isToRun && !mayBegin) return undefined
    if (verb === "stop" && !isToRun && sequence.every((each) => each.tag !== tag)) return undefined
    const wanted = verb === "stop" ? "stop" : "start"
    const next = new Map([...orders].filter(([other]) => other !== tag))
    const isOfLevel = Model.sequence([{ ...entry, mode: "once" }], group, level).length > 0 &&
      entry.mode !== "off"
    if (isOfLevel !== (wanted === "start")) next.set(tag, wanted)
    const others = entries.filter((each) => each.tag !== tag)
    const isNew = others.length === entries.length
    const before = inForce.slice(0, inForce.indexOf(entry)).map((each) => each.tag)
    const at = isNew
      ? others.findLastIndex((each) => before.includes(each.tag)) + 1
      : entries.findIndex((each) => each.tag === tag)
    const now = others.toSpliced(at, 0, entry)
    return {
      group,
      level,
      entries: now,
      orders: next,
      sequence: Model.sequence(now, group, level, next),
      anew: verb === "start" && !mayBegin ? [] : [entry]
    }
  }

  /** What an order by hand tells a whole group. */
  const byHandOfAll = (
    verb: Verb,
    group: string,
    stateOf: (tag: string) => ProcessState | undefined
  ): Told | undefined => {
    const { entries = [], level = null, orders = new Map(), stoppedAt } = witness.holding(group).at(-1) ?? {}
    const place = level ?? stoppedAt
    if (place === undefined || inForce.every((entry) => entry.group !== group)) return undefined
    if (verb === "stop") return { group, level: null, sequence: [], stoppedAt: place }
    if (verb === "start" && level !== null) {
      const starts = new Map([...orders].filter(([, order]) => order === "start"))
      const failed = [...entries, ...inForce].filter(({ tag }) =>
        ["Failed", "Pausing"].includes(stateOf(tag)?._tag ?? "")
      )
      return failed.length === 0 && starts.size === orders.size
        ? undefined
        : { ...Model.told(inForce, group, level, starts), anew: failed }
    }
    return { ...Model.told(inForce, group, place), anew: [...entries, ...inForce] }
  }

  const order = Effect.fnUntraced(function*(verb: Verb, group: string, tag: string | undefined) {
    let stateOf = (_tag: string): ProcessState | undefined => undefined
    const name = tag === undefined ? group : `${group}/${tag}`
    yield* give(
      `${verb} ${name}`,
      () => {
        const told = tag === undefined
          ? byHandOfAll(verb, group, stateOf)
          : byHand(verb, group, tag, stateOf(tag))
        return [...deleted(), ...told === undefined ? [] : [told]]
      },
      (daemon) => daemon.order(verb, name),
      Effect.gen(function*() {
        yield* calm
        const groups = (yield* daemon()?.status ?? Effect.succeed(undefined))?.groups
        const processes = groups?.find((each) => each.group === group)?.processes ?? []
        stateOf = (tag) => processes.find((each) => each.tag === tag)?.state
        // What comes of it depends on what the group was told, which may be uncertain after a crash.
        return witness.holding(group).length <= 1
      })
    )
  })

  const apply = Effect.gen(function*() {
    const before = yield* planned()
    yield* give(
      "apply",
      () => [...deleted(), ...again()],
      (daemon) =>
        Effect.tap(daemon.apply, (done) =>
          Effect.sync(() => {
            if (before !== undefined) plans.compare(before, done)
          }))
    )
  })

  const tellNow = (group: string, level: string): Effect.Effect<void> =>
    give(
      `tell ${group} ${level}`,
      () => [
        ...deleted(),
        ...inForce.some((entry) => entry.group === group)
          ? [Model.told(inForce, group, level)]
          : []
      ],
      (daemon) => daemon.tell(GroupName.make(group), Level.make(level))
    )

  /** Boots a daemon; strays have to be gone before it is up. */
  const boot: Effect.Effect<void> = Effect.suspend(() =>
    Effect.gen(function*() {
      if (trouble !== undefined) write(file)
      inForce = file
      const vague: Array<string> = []
      const found = witness.groups().flatMap((group) => {
        const wishes = witness.remembered(group)
        if (wishes.length > 1) vague.push(group)
        const isThere = inForce.some((entry) => entry.group === group)
        return wishes.map(({ level, orders, stoppedAt }): Told =>
          level !== null && isThere
            ? Model.told(inForce, group, level, orders)
            : { group, level: null, sequence: [], ...isThere && stoppedAt !== undefined ? { stoppedAt } : {} }
        )
      })
      const last = new Map(vague.map((group) => [group, witness.holding(group).at(-1)!.level]))
      trace.push(`${(yield* millis) / 1_000}s -- boot`)
      hasCrashed = false
      witness.booting()
      // Which of several levels it finds is never answered.
      witness.order(found.filter(({ group }) => vague.includes(group)))
      const answer = witness.order(found.filter(({ group }) => !vague.includes(group)), true)
      life = undefined
      const next = yield* machine.boot
      life = next
      for (let seconds = 0; isUp() && next.daemon() === undefined; seconds++) {
        yield* calm
        if (!hasCrashed && next.daemon() === undefined) yield* adjust(1_000)
        if (seconds > patienceMillis / 1_000) throw new Error("the boot does not end")
      }
      if (hasCrashed) return yield* recover
      answer()
      for (const [group, level] of last) {
        if (level === null) isVague = true
        else yield* tell(group, level)
      }
    })
  )

  /** If the daemon was killed, lets time pass and boots the next. */
  const recover: Effect.Effect<void> = Effect.suspend(() => {
    if (!hasCrashed) return Effect.void
    const { downMillis, entries } = armed?.gap ?? { downMillis: 0 }
    armed = undefined
    crashes.push({ step: stepNumber, entries })
    return Effect.gen(function*() {
      yield* life!.end
      yield* calm
      yield* adjust(downMillis)
      if (entries !== undefined) write(entries)
      yield* boot
    })
  })

  const halt = Effect.gen(function*() {
    machine.disk.broken = undefined
    witness.disk(true)
    yield* give(
      "halt",
      () => witness.groups().map((group) => ({ group, level: null, sequence: [] })),
      (daemon) => daemon.shutdown
    )
    const ending = daemon()
    if (ending === undefined) return
    const down = yield* Effect.forkChild(ending.down, { startImmediately: true })
    for (let rest = patienceMillis; down.pollUnsafe() === undefined && daemon() === ending; rest -= 1_000) {
      if (rest < 0) {
        witness.fail(8, "the shutdown does not end")
        break
      }
      yield* look
      yield* adjust(1_000)
    }
    yield* Fiber.interrupt(down)
    if (daemon() === ending) {
      for (const process of witness.remaining()) witness.fail(8, `${process} is left`)
      armed = undefined
      yield* life!.end
      yield* calm
      if (machine.disk.text !== undefined) witness.fail(8, `the ledger is left: ${machine.disk.text}`)
      life!.kill()
      witness.crashed(false)
      yield* boot
    } else yield* recover
  })

  const carryOutStep = Effect.fnUntraced(function*(step: Step) {
    if (["spoil", "hide", "disk"].includes(step.do)) {
      trace.push(`${(yield* millis) / 1_000}s -- ${step.do === "disk" ? `disk ${step.works}` : step.do}`)
    }
    switch (step.do) {
      case "tell":
        return yield* tell(step.group, step.level)
      case "order":
        return yield* order(step.verb, step.group, step.tag)
      case "reread":
        return yield* give("reread", deleted, (daemon) => daemon.reread)
      case "apply":
        return yield* apply
      case "mend":
        if (step.entries !== undefined || trouble !== undefined) write(step.entries ?? file)
        return yield* give("reread", deleted, (daemon) => daemon.reread)
      case "edit":
        trace.push(`${(yield* millis) / 1_000}s -- edit`)
        return write(step.entries)
      case "spoil":
        trouble = "spoiled"
        return machine.cltab.write("web:a:1:respwan:a\n")
      case "hide":
        trouble = "hidden"
        return machine.cltab.makeUnreadable("EACCES")
      case "wait":
        return yield* adjust(step.millis)
      case "crash":
        armed = { events: step.event, gap: step }
        if (step.event === 0) kill()
        return
      case "halt":
        return yield* halt
      case "disk":
        machine.disk.broken = step.works ? undefined : "ENOSPC"
        return witness.disk(step.works)
    }
  })

  const isAtRest = (groups: ReadonlyArray<GroupStatus>) =>
    groups.every(({ processes, state }) =>
      !["STARTING", "CHECKING", "STOPPING", "HALTING"].includes(state) &&
      processes.every(({ state }) => state._tag !== "Starting" && state._tag !== "Stopping")
    )

  /** What is wrong with where the groups are. */
  const misplaced = (groups: ReadonlyArray<GroupStatus>) =>
    witness.groups().flatMap((group) => {
      const shown = groups.find((each) => each.group === group)
      const is = shown?.level === undefined ? "nothing" : `${shown.level} ${shown.state}`
      const allowed = witness.holding(group).map(({ level, sequence, stoppedAt }) =>
        level !== null
          ? `${level} ${Model.outcome(sequence)}`
          : stoppedAt === undefined
          ? "nothing"
          : `${stoppedAt} CONFIGURED`
      )
      return allowed.includes(is)
        ? []
        : [`${group} comes to rest at ${is} instead of ${allowed.join(" or ")}`]
    })

  /** Lets everything come to rest, and looks whether that is where it should be. */
  const rest = Effect.gen(function*() {
    for (let restMillis = patienceMillis; witness.violations().length === 0; restMillis -= 5_000) {
      yield* look
      const { groups } = yield* daemon()!.status
      const wrong = misplaced(groups)
      if (isAtRest(groups) && wrong.length === 0) return
      if (restMillis <= 0) return witness.fail(7, wrong.join(", ") || "it does not come to rest")
      yield* adjust(5_000)
    }
  })

  const summary = Effect.map(
    Effect.suspend(() => daemon()!.status),
    ({ groups }) =>
      groups.flatMap(({ group, level, processes, state }) =>
        level === undefined ? [] : [
          `${group} ${level} ${state}`,
          ...processes.map(({ state: { _tag }, tag }) =>
            `${group}/${tag} ${["Running", "Pausing", "Starting", "Stopping"].includes(_tag) ? "up" : _tag}`
          )
        ]
      ).toSorted()
  )

  const play = Effect.gen(function*() {
    yield* boot
    for (const [index, step] of schedule.steps.entries()) {
      stepNumber = index
      yield* carryOutStep(step)
      yield* recover
      yield* look
      if (witness.violations().length > 0) return []
    }
    // It may have been killed while it was looked at.
    yield* recover
    armed = undefined
    machine.disk.broken = undefined
    witness.disk(true)
    yield* rest
    if (trouble !== undefined) write(file)
    for (const group of witness.groups()) {
      const level = witness.holding(group).at(-1)?.level
      if (level !== undefined && level !== null) yield* tell(group, level)
    }
    yield* rest
    // What ends by itself has ended then, and what is given up after a pause of a minute is.
    yield* adjust(120_000)
    return yield* summary
  })

  const exit = yield* Effect.exit(play)
  for (const line of machine.errors()) if (line.startsWith("internal error")) witness.fail(6, line)
  life?.kill()
  yield* life?.end ?? Effect.void
  return {
    violations: Exit.isSuccess(exit)
      ? witness.violations()
      : [...witness.violations(), Cause.pretty(exit.cause)],
    trace,
    summary: Exit.isSuccess(exit) ? exit.value : [],
    crashes,
    isVague: isVague || witness.isVague()
  } satisfies Report
})

/** Runs the schedule on a machine of its own. */
export const report = (schedule: Schedule): globalThis.Promise<Report> =>
  Effect.runPromise(
    Effect.scoped(run(schedule)).pipe(
      Effect.provideServiceEffect(Clock.Clock, noting),
      Effect.provideService(Wakings, new Set<number>()),
      Effect.provideService(References.MaxOpsBeforeYield, schedule.opsBeforeYield),
      Effect.provide([TestClock.layer(), Logger.layer([])]),
      Effect.provideService(Scheduler.Scheduler, scheduler)
    )
  )
