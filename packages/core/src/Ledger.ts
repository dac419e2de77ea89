import type { GroupName, Level } from "@clinit/protocol/Names"
import type { GroupState, RunEnd } from "@clinit/protocol/Status"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type { Entry } from "./Cltab.ts"
import * as FreshName from "./FreshName.ts"
import * as Journal from "./Journal.ts"
import { LedgerRefused, LedgerStore } from "./LedgerStore.ts"
import * as LedgerText from "./LedgerText.ts"
import * as Mark from "./Mark.ts"
import type { Mark as MarkText, ProcessIdentity } from "./Spawner.ts"
import { Trouble } from "./Trouble.ts"

/** A run that the ledger knows. */
export interface Run {
  readonly number: number
  readonly mark: MarkText
}

/**
 * The memory of what runs and what is wanted, for the daemon that comes after one that was killed. It is written
 * behind the facts, by a few milliseconds: what was started and not yet written is found by its mark.
 */
export class Ledger extends Context.Service<Ledger, {
  /** What a daemon that did not end in order left behind, if any. */
  readonly inherited: LedgerText.Ledger | undefined
  /** Signs the marks of this ledger's runs. */
  readonly sign: Mark.Sign
  /** Notes what the group is to do. */
  readonly setTarget: (group: GroupName, wish: LedgerText.Wish) => Effect.Effect<void>
  /** Notes where a group with a target stands. */
  readonly setState: (group: GroupName, level: Level, state: GroupState) => Effect.Effect<void>
  readonly removeGroup: (group: GroupName) => Effect.Effect<void>
  /** Notes that the entry is about to be started, after so many runs before. */
  readonly begin: (entry: Entry, restarts: number) => Effect.Effect<Run>
  readonly setProcess: (run: Run, process: ProcessIdentity) => Effect.Effect<void>
  /**
   * Notes that a run is about to be stopped: it does not count as started, even if its group comes back to its level.
   * With an end that is because it has timed out, and then it counts as ended so.
   */
  readonly setStopping: (run: Run, end?: RunEnd) => Effect.Effect<void>
  /** Notes that a run has ended by itself, or is down after it timed out, and is not to be repeated. */
  readonly setEnd: (run: Run, end: RunEnd) => Effect.Effect<void>
  /** Notes that nothing of the run is left. */
  readonly remove: (run: Run) => Effect.Effect<void>
  /** Done when all notes up to now are written, or could not be, or took too long; both are troubles. */
  readonly flush: Effect.Effect<void>
  /**
   * Takes over these runs, and gives no number below `next` to others. All in one change, before any of them goes on: a
   * store with some of them would make a successor start the others again, if this daemon were killed in between.
   */
  readonly adopt: (runs: ReadonlyArray<LedgerText.RunRecord>, next: number) => Effect.Effect<void>
  /** Forgets everything, also in the store: the end was in order. */
  readonly clear: Effect.Effect<void>
}>()("@clinit/core/Ledger") {
  /**
   * The ledger in the store. With `resume` it continues what is there, which must be sound; without, it begins afresh
   * whatever is there, and logs what that was.
   */
  static readonly layer = (
    { resume }: { readonly resume: boolean }
  ): Layer.Layer<Ledger, LedgerRefused, LedgerStore | Trouble> => Layer.effect(Ledger, make(resume))

  /** A ledger that is kept nowhere: a successor finds nothing. */
  static readonly volatile: Layer.Layer<Ledger> = Layer.suspend(() =>
    Ledger.layer({ resume: false }).pipe(
      Layer.provide(Layer.mergeAll(Trouble.layer, volatileStore)),
      Layer.orDie
    )
  )
}

const volatileStore = Layer.succeed(LedgerStore, {
  file: "",
  read: Effect.succeed(undefined),
  replace: () => Effect.void,
  append: () => Effect.succeed(true),
  remove: Effect.void,
  // Its marks are known by it, and another supervisor in this process has them as well.
  freshId: Effect.map(FreshName.make, (name) => `v${name}`),
  sign: () => "volatile",
  boot: undefined,
  keeper: { pid: 1 },
  isRunning: () => false
})

const terms: Journal.Terms = {
  subject: "ledger",
  risk: "if this daemon were killed, the next might not find every process",
  window: Duration.millis(10),
  smallCharacters: 64 * 1_024
}

/** What is in the store, if it can be continued. */
const recover = Effect.gen(function*() {
  const { boot, file, isRunning, read } = yield* LedgerStore
  const kept = yield* read
  if (kept === undefined) return undefined
  const parsed = LedgerText.parse(kept.text, kept.added)
  if (Result.isFailure(parsed)) return yield* new LedgerRefused({ file, reason: parsed.failure })
  const ledger = parsed.success
  if (kept.isTorn) {
    yield* Effect.logInfo(
      `${file}: what was being written last is cut off; what was written before it counts`
    )
  }
  if (ledger.boot !== undefined && boot !== undefined && ledger.boot !== boot) {
    yield* Effect.logInfo(`${file} is from before the last boot of this host: nothing to take over`)
    return undefined
  }
  // It holds no lock any more, which somebody has removed; but what it supervises is not ours.
  if (isRunning(ledger.keeper)) {
    const reason = `the daemon that keeps it still runs: pid ${ledger.keeper.pid}`
    return yield* new LedgerRefused({ file, reason, kept: true })
  }
  const live = ledger.runs.find((run) => LedgerText.mayLive(run))
  if (live !== undefined && (boot === undefined || live.process.startTime === undefined)) {
    const { entry, process } = live
    return yield* new LedgerRefused({
      file,
      reason: `this system cannot tell whether pid ${process.pid} still is ${entry.group}/${entry.tag}`
    })
  }
  return ledger
})

/** What is said of a ledger that is not continued. */
const describe = ({ groups, runs }: LedgerText.Ledger): string => {
  const levels = groups.map(({ group, target }) => `${group} ${target ?? "(halted)"}`)
  const live = runs.filter(LedgerText.mayLive).map(({ entry, process }) =>
    `${entry.group}/${entry.tag} pid ${process.pid}`
  )
  return `levels: ${levels.join(", ") || "none"}; processes then: ${live.join(", ") || "none"}`
}

const make = (resume: boolean) =>
  Effect.gen(function*() {
    const store = yield* LedgerStore
    const clock = yield* Clock.Clock
    const found = yield* resume ? recover : Effect.catchIf(
      recover,
      ({ kept }) => kept !== true,
      ({ message }) => Effect.as(Effect.logWarning(`not resumed: ${message}`), undefined)
    )
    if (!resume && found !== undefined) {
      yield* Effect.logWarning(`not resumed, processes are left alone: ${describe(found)}`)
    }
    // What may not be continued may not even be replaced: a symlink, or somebody else's file.
    if (!resume) {
      yield* Effect.catch(
        store.remove,
        ({ message }) => Effect.logWarning(`the old ledger stays: ${message}`)
      )
    }
    const inherited = resume && found !== undefined ? found : undefined
    const id = inherited?.id ?? (yield* store.freshId)
    const key = inherited?.key ?? (yield* store.freshId)
    const sign = (text: string) => store.sign(key, text)
    let next = inherited?.next ?? 1
    const groups = new Map<GroupName, LedgerText.GroupRecord>()
    const runs = new Map<number, LedgerText.RunRecord>()
    for (const record of inherited?.groups ?? []) groups.set(record.group, record)

    /** What the store does not have as it is now. */
    const behind = { groups: new Set<GroupName>(), runs: new Set<number>(), next: false }

    /** All that is known. */
    const print = () => {
      const { boot, keeper } = store
      return [
        LedgerText.printHeader({ id, key, next, keeper, ...(boot === undefined ? {} : { boot }) }),
        ...Array.from(groups.values(), LedgerText.printGroup),
        ...Array.from(runs.values(), LedgerText.printRun)
      ]
    }

    /** What the store lacks of that. */
    const printBehind = () => [
      ...(behind.next ? [LedgerText.printNext(next)] : []),
      ...Array.from(behind.groups, (group) => {
        const record = groups.get(group)
        return record === undefined ? LedgerText.printGone(group) : LedgerText.printGroup(record)
      }),
      ...Array.from(behind.runs, (run) => {
        const record = runs.get(run)
        return record === undefined ? LedgerText.printGone(run) : LedgerText.printRun(record)
      })
    ]

    const caughtUp = (lines: ReadonlyArray<string>) => {
      behind.groups.clear()
      behind.runs.clear()
      behind.next = false
      return lines
    }

    const journal = yield* Journal.keep(store, terms, {
      whole: () => caughtUp(print()),
      news: () => caughtUp(printBehind())
    })
    const change = <A>(work: () => A) =>
      Effect.sync(() => {
        const result = work()
        journal.changed()
        return result
      })

    const setGroup = (record: LedgerText.GroupRecord) => {
      groups.set(record.group, record)
      behind.groups.add(record.group)
    }
    const setRun = (record: LedgerText.RunRecord) => {
      runs.set(record.run, record)
      behind.runs.add(record.run)
    }
    const amend = (number: number, facts: Partial<LedgerText.RunRecord>) => {
      const record = runs.get(number)
      if (record !== undefined) setRun({ ...record, ...facts })
    }
    /** With these for the only facts about how the run ends. */
    const setEnding = (number: number, ending: Pick<LedgerText.RunRecord, "stopping" | "end">) => {
      const { end: _end, stopping: _stopping, ...record } = runs.get(number) ?? {}
      if ("run" in record) setRun({ ...record, ...ending })
    }

    return Ledger.of({
      inherited,
      sign,
      setTarget: (group, wish) =>
        change(() => {
          const { byHand: _orders, stoppedAt: _level, ...record } = groups.get(group) ?? {}
          setGroup({ ...record, group, ...wish })
        }),
      setState: (group, level, state) =>
        change(() => {
          const record = groups.get(group)
          if (record !== undefined) {
            setGroup({ ...record, level, state, since: clock.currentTimeMillisUnsafe() })
          }
        }),
      removeGroup: (group) =>
        change(() => {
          groups.delete(group)
          behind.groups.add(group)
        }),
      begin: (entry, restarts) =>
        change(() => {
          const number = next++
          const mark = Mark.make(id, sign, number, entry)
          const since = clock.currentTimeMillisUnsafe()
          setRun({ run: number, mark, entry, since, ...(restarts > 0 ? { restarts } : {}) })
          return { number, mark }
        }),
      setProcess: ({ number }, process) => change(() => amend(number, { process })),
      setStopping: ({ number }, end) =>
        change(() => setEnding(number, { stopping: true, ...(end === undefined ? {} : { end }) })),
      setEnd: ({ number }, end) => change(() => setEnding(number, { end })),
      remove: ({ number }) =>
        change(() => {
          runs.delete(number)
          behind.runs.add(number)
        }),
      flush: journal.flush,
      adopt: (records, above) =>
        change(() => {
          next = Math.max(next, above)
          behind.next = true
          for (const record of records) setRun(record)
        }),
      clear: journal.clear
    })
  })
