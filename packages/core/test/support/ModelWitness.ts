import { startsOnceForked } from "@clinit/core/EntryRun"
import type { LiveProcess } from "@clinit/core/testing/ScriptedSystem"
import type { GroupStatus } from "@clinit/protocol/Status"
import type { Entry, Wish } from "./Model.ts"
import * as Model from "./Model.ts"
import { scriptOf } from "./ModelCommands.ts"
import * as ModelLoggers from "./ModelLoggers.ts"
import type { Event } from "./ModelMachine.ts"

/** What the test promises; the numbers are those of the violations that are reported. */
export const promises = {
  1: "at most one process tree of an entry",
  2: "a level is exactly its entries, each once",
  3: "old before new, entries in file order",
  4: "each signal at its time, and to whom it may go",
  5: "the status says what is",
  6: "no illegal successor, no internal error",
  7: "the latest tell wins and is never forgotten",
  8: "a shutdown leaves nothing",
  9: "a crash changes nothing in the end",
  10: "an entry has its loggers, each once, for as long as it is supervised",
  11: "what is planned is what is done"
} as const
export type Promise = keyof typeof promises

/** What a group is told. */
export type Told = Omit<Wish, "told" | "answered"> & { readonly group: string }

/** One start of an entry, with what became of it. */
interface Run {
  readonly entry: Entry
  /** Which daemon started it. */
  readonly life: number
  /** Nothing until the system has started it. */
  process?: { readonly pid: number; readonly atMillis: number }
  /** How its leader ended: when, and whether the daemon that started it lived to see how. */
  end?: { readonly atMillis: number; readonly isSeen: boolean }
  /** It has to go: a level that holds for sure lacks it. */
  isDoomed: boolean
  /** It may be told to go: a level that may hold lacks it, or nobody knows that it may stay. */
  mayGo: boolean
  /** What it left when it ended is left alone. */
  isLeft: boolean
  stop?: { readonly beginMillis: number; readonly sent: number; readonly isStray: boolean }
  /** The daemon that started it was killed before it could note it: its mark is all that is known of it. */
  isUnnoted?: boolean
  /** When it was first told to go. */
  goneMillis?: number
  deadlyMillis?: number
}

/** An entry that counts as begun. */
interface Begun {
  readonly entry: Entry
  /** When, in numbers of events. */
  readonly at: number
  readonly run: Run
  /** A respawn entry was started before. */
  readonly isRestart: boolean
  /** The system refused to start it. */
  isRefused: boolean
  /** The daemon was killed before it could note it: it may start it again, or not. */
  mayRepeat: boolean
}

const settledStates = ["DONE", "PASSED", "FAILED"]

/** Changes are in the ledger after this time, and this much after the disk works again. */
const windowMillis = 10
const retryMillis = 2_000

/**
 * Looks on: hears of every order and every event, and notes what contradicts the promises. All that it knows is what
 * was told and what can be seen from outside.
 */
export const make = (processes: () => ReadonlyArray<LiveProcess>) => {
  const violations: Array<string> = []
  const wishes = new Map<string, ReadonlyArray<Wish>>()
  const runs = new Map<number, Run>()
  /** Those that the system is still starting. */
  const starting = new Map<Entry, Run>()
  /** Those whose daemon was killed meanwhile: the system may start them all the same. */
  const inFlight = new Map<Entry, Run>()
  const begun = new Map<string, Begun>()
  /** What was told to go just before the daemon was killed: the next may take it for what stays. */
  let ghosts: ReadonlyArray<Entry> = []
  /** Events so far. */
  let count = 0
  let now = 0
  let life = 0
  let isUp = false
  /** Since when what happened may be missing in the ledger, if the disk was in trouble. */
  let unsyncedMillis: number | undefined
  let syncedMillis = -retryMillis
  /** Up to which event the ledger has the wishes. */
  let noted = 0
  /** What the last daemon began with: nobody waited until it was noted. */
  let resumed = { at: 0, atMillis: 0 }
  /** With what earlier ones began that were killed before that was noted. */
  const unnoted = new Set<number>()
  let isVague = false
  let killedMillis = 0

  const violation = (promise: Promise, text: string) => {
    violations.push(`[${promise}: ${promises[promise]}] at ${now / 1_000}s: ${text}`)
  }
  const wishesOf = (group: string) => wishes.get(group) ?? []
  const holding = (group: string) => Model.holding(wishesOf(group))
  const live = () => processes().flatMap(({ pid }) => runs.get(pid) ?? [])
  const loggers = ModelLoggers.make(
    processes,
    ({ group, tag }) =>
      live().some(({ end, entry }) => end === undefined && entry.group === group && entry.tag === tag),
    (text) => violation(10, text)
  )
  const begunAs = (entry: Entry) => begun.get(Model.key(entry))
  const name = ({ entry, process }: Run) =>
    `${Model.key(entry)} (${entry.mode} ${entry.command}, pid ${process?.pid})`

  /** Whether the ledger has what happened then, if the daemon is killed now. */
  const isNoted = (atMillis: number) => {
    const until = unsyncedMillis !== undefined && now <= syncedMillis + retryMillis + windowMillis
      ? unsyncedMillis
      : now
    return atMillis + windowMillis < until
  }

  /** What is left of a respawn entry is stopped as well, before it starts again. */
  const mustGo = (run: Run) =>
    !run.isLeft && (run.isDoomed || (run.end !== undefined && !Model.runsOnce(run.entry)))

  const hasStarted = ({ entry, isRefused, isRestart, mayRepeat, run }: Begun) =>
    mayRepeat || isRefused || (isRestart && !Model.runsOnce(entry)) ||
    (Model.isJob(entry)
      ? run.end !== undefined && (run.end.isSeen || entry.mode === "wait")
      : run.process !== undefined)

  const isGhost = (entry: Entry) => ghosts.some((ghost) => Model.isSame(ghost, entry))

  const isBegun = (entry: Entry) => {
    const each = begunAs(entry)
    return each !== undefined && Model.isSame(each.entry, entry)
      ? hasStarted(each)
      : isGhost(entry)
  }

  /** Of what was begun, what the wish lacks goes; for sure if the wish holds for sure. */
  const part = (group: string, wish: Wish) => {
    if (wish.answered !== undefined) {
      ghosts = ghosts.filter((entry) => entry.group !== group || Model.keeps(wish, entry))
    }
    for (const each of begun.values()) {
      if (each.entry.group !== group) continue
      // What was refused is tried anew, except that a respawn entry tries by itself.
      const isOver = each.at < wish.told &&
        ((each.isRefused && Model.runsOnce(each.entry)) ||
          wish.anew?.some((entry) => Model.key(entry) === Model.key(each.entry)) === true)
      if (Model.keeps(wish, each.entry) && !isOver) continue
      if (wish.answered === undefined) {
        each.mayRepeat = true
        each.run.mayGo = true
      } else {
        begun.delete(Model.key(each.entry))
        each.run.isDoomed ||= !each.run.isLeft
        each.run.goneMillis ??= now
      }
    }
  }

  /** Whether the first one has been asked for, so that the other may be: they are started in that order. */
  const isUnderWayBeside = (entry: Entry, other: Entry) => {
    const each = begunAs(entry)
    return each !== undefined && Model.isSame(each.entry, entry) && startsOnceForked(entry.mode) &&
      startsOnceForked(other.mode)
  }

  const comesBefore = (one: Entry, other: Entry, { sequence }: Wish) => {
    const place = (entry: Entry) => sequence.findIndex((each) => Model.isSame(each, entry))
    return place(one) >= 0 && place(one) < place(other)
  }

  const isInTurn = (entry: Entry, wish: Wish) => {
    const index = wish.sequence.findIndex((each) => Model.isSame(each, entry))
    return wish.sequence.slice(0, index).every((each) => isBegun(each) || isUnderWayBeside(each, entry))
  }

  const spawning = (entry: Entry) => {
    const run: Run = { entry, life, isDoomed: false, mayGo: false, isLeft: false }
    starting.set(entry, run)
    const wanting = holding(entry.group).filter((wish) => Model.keeps(wish, entry))
    if (wanting.length === 0) violation(2, `${name(run)} starts, which its group's level lacks`)
    for (const other of [...live(), ...starting.values()]) {
      if (other === run || other.isLeft || Model.key(other.entry) !== Model.key(entry)) continue
      violation(1, `${name(run)} starts while ${name(other)} lives`)
    }
    const before = begunAs(entry)
    if (before === undefined && !isGhost(entry)) {
      for (const other of [...live(), ...starting.values()]) {
        if (other.entry.group === entry.group && other.isDoomed) {
          violation(3, `${name(run)} starts while ${name(other)} has still to go`)
        }
      }
      if (wanting.length > 0 && !wanting.some((wish) => isInTurn(entry, wish))) {
        violation(3, `${name(run)} starts before its turn`)
      }
    } else if (before !== undefined && Model.runsOnce(entry) && !before.mayRepeat) {
      const isUnseen = before.run.end !== undefined && !before.run.end.isSeen
      if (entry.mode !== "test" || !isUnseen) violation(2, `${name(run)} starts a second time`)
    }
    const isRestart = before !== undefined
    // It takes the place of what may be told to go, if the order stands.
    if (before !== undefined && !Model.isSame(before.entry, entry)) before.run.goneMillis ??= now
    begun.set(Model.key(entry), { entry, at: count, run, isRestart, isRefused: false, mayRepeat: false })
  }

  const isFirst = (run: Run) => {
    const each = begunAs(run.entry)
    return each?.run === run && !each.isRestart && startsOnceForked(run.entry.mode)
  }

  const started = (tag: string) => {
    const process = processes().findLast(({ entry, pid }) =>
      entry.tag === tag && entry.logs === undefined && !runs.has(pid)
    )!
    const orphan = inFlight.get(process.entry)
    const run = starting.get(process.entry) ?? orphan!
    if (run !== orphan && isFirst(run)) {
      for (const other of starting.values()) {
        if (other === run) break
        if (
          isFirst(other) &&
          holding(run.entry.group).every((wish) => comesBefore(other.entry, run.entry, wish))
        ) {
          violation(3, `${name(run)} overtakes ${name(other)}`)
        }
      }
    }
    starting.delete(process.entry)
    inFlight.delete(process.entry)
    run.process = { pid: process.pid, atMillis: now }
    runs.set(process.pid, run)
    if (run.isDoomed) run.goneMillis = now
    if (run === orphan) run.isUnnoted = true
    if (run === orphan && begunAs(run.entry) === undefined) {
      run.mayGo = true
      const { entry } = run
      begun.set(Model.key(entry), {
        entry,
        at: count,
        run,
        isRestart: false,
        isRefused: false,
        mayRepeat: true
      })
    }
  }

  const refused = (tag: string) => {
    for (const [entry, run] of starting) {
      if (entry.tag !== tag || !Model.isRefused(entry)) continue
      starting.delete(entry)
      const each = begunAs(entry)
      if (each?.run === run) each.isRefused = true
    }
  }

  const signalled = (pid: number, signal: string) => {
    // It wakes what was stopped, and does nothing else.
    if (signal === "SIGCONT") return
    const run = runs.get(pid)
    if (processes().some((process) => process.pid === pid && process.entry.logs !== undefined)) return
    if (run === undefined || !processes().some((process) => process.pid === pid)) {
      return violation(4, `${signal} to pid ${pid}, which is gone`)
    }
    const sent = run.stop?.sent ?? 0
    const beginMillis = run.stop?.beginMillis ?? now
    const isStray = run.stop?.isStray ?? (run.isUnnoted === true && signal === "SIGINT")
    const due = Model.signalAt(run.entry, sent, isStray)
    if (!run.mayGo && (run.isLeft || !(mustGo(run) || run.stop !== undefined))) {
      violation(4, `${signal} to ${name(run)}, which is to stay`)
    }
    if (due.signal !== signal || now !== beginMillis + due.afterMillis) {
      violation(4, `${signal} to ${name(run)}, stopped since ${beginMillis / 1_000}s, not at its time`)
    }
    run.stop = { beginMillis, sent: sent + 1, isStray }
    if (scriptOf(run.entry.command).ignores?.includes(signal as never) !== true) run.deadlyMillis ??= now
    const each = begunAs(run.entry)
    // What a respawn entry left is its own concern, and it stays begun.
    if (each?.run === run && run.end !== undefined && !Model.runsOnce(run.entry)) return
    // What is on its way out does not stay, whatever is wished later.
    run.isDoomed = true
    run.isLeft = false
    if (sent === 0) run.goneMillis = now
    if (each?.run === run) begun.delete(Model.key(run.entry))
  }

  /** Whether its leader ends now, as far as its script and the signals so far say. */
  const isEnding = ({ deadlyMillis, entry, process }: Run) => {
    const { dies, runs } = scriptOf(entry.command)
    return (runs !== undefined && now === process!.atMillis + runs) ||
      (deadlyMillis !== undefined && now === deadlyMillis + (dies ?? 0))
  }

  /** The tag does not tell which process is meant while it moves from group to group. */
  const ended = (tag: string) => {
    const leaders = live().filter(({ end, entry }) => entry.tag === tag && end === undefined)
    const run = leaders.find(isEnding)
    // One that nobody can know of any more.
    if (run === undefined) return
    run.end = { atMillis: now, isSeen: isUp && run.life === life }
    if (!Model.runsOnce(run.entry) || run.isDoomed) return
    run.isLeft = true
    // A test that ended unseen is made again, and what it left may be stopped first.
    if (run.entry.mode === "test" && !isUp) run.mayGo = true
  }

  /** What is wrong with a group that has settled, if this is what it was told. */
  const flaws = (group: string, level: string, state: string, wish: Wish) => {
    const allowed: ReadonlyArray<string> = [Model.outcomeBefore(wish.sequence), Model.outcome(wish.sequence)]
    return [
      ...allowed.includes(state) ? [] : [`${group} ${level} is ${state}, not ${allowed.join(" or ")}`],
      ...wish.sequence.flatMap((entry) =>
        isBegun(entry) ? [] : [`${group} ${level} is ${state} without ${entry.tag}`]
      ),
      ...live().flatMap((run) =>
        run.entry.group === group && !run.isLeft && !run.mayGo && !Model.keeps(wish, run.entry)
          ? [`${group} ${level} is ${state} while ${name(run)} lives`]
          : []
      )
    ]
  }

  const settled = (group: string, level: string, state: string) => {
    const possible = holding(group).filter((wish) => wish.level === level)
    if (possible.length === 0) return violation(7, `${group} settles at ${level}, where nobody wants it`)
    const found = possible.map((wish) => flaws(group, level, state, wish))
    if (found.every(({ length }) => length > 0)) { for (const text of found.at(-1)!) violation(2, text) }
  }

  /** No signal that is overdue was left out; `isCalm` if those that are due now must have been sent, too. */
  const checkSignals = (isCalm: boolean) => {
    if (!isUp) return
    for (const run of live()) {
      if (!mustGo(run)) continue
      const { afterMillis, signal } = Model.signalAt(
        run.entry,
        run.stop?.sent ?? 0,
        run.stop?.isStray ?? false
      )
      const dueMillis = run.stop === undefined
        ? (isCalm ? now : Infinity)
        : run.stop.beginMillis + afterMillis
      if (isCalm ? dueMillis <= now : dueMillis < now) violation(4, `${signal} was not sent to ${name(run)}`)
    }
  }

  const passes = (atMillis: number) => {
    if (atMillis === now) return
    now = atMillis
    checkSignals(false)
  }

  const line = (text: string) => {
    const [who, what, third] = text.split(" ") as [string, string, string?]
    if (what === "ILLEGAL") violation(6, text)
    else if (text.includes("has no pipe")) violation(10, text)
    // A logger's.
    else if (who.includes("/")) return
    else if (wishes.has(who)) {
      if (settledStates.includes(third!)) settled(who, what, third!)
    } else if (what === "started") started(who)
    else if (what === "refused") refused(who)
    else if (what === "exited" || what === "died") ended(who)
  }

  return {
    violations: (): ReadonlyArray<string> => violations,
    fail: violation,
    now: () => now,
    groups: () => [...wishes.keys()],
    holding,
    /** A daemon was killed before it could note something: in the end it may make a difference. */
    isVague: () => isVague,
    /** Processes that live and are somebody's concern. */
    remaining: () => [...live().filter((run) => !run.isLeft).map(name), ...loggers.remaining()],

    event(event: Event, atMillis: number) {
      passes(atMillis)
      count++
      loggers.event(event)
      if (event.what === "line") line(event.line)
      else if (event.what === "spawn") {
        if (event.entry.logs === undefined) spawning(event.entry)
      } else if (event.what === "signal") signalled(event.pid, event.signal)
    },

    /** Groups are told; the function is called when that is answered. */
    order(told: ReadonlyArray<Told>, isBoot = false) {
      const at = ++count
      for (const { group, ...order } of told) {
        const wish: Wish = { ...order, told: at }
        wishes.set(group, [...wishesOf(group), wish])
        part(group, wish)
      }
      return () => {
        const answered = ++count
        if (isBoot) resumed = { at: answered, atMillis: now }
        else if (syncedMillis !== Infinity) noted = answered
        for (const { group } of told) {
          wishes.set(group, wishesOf(group).map((wish) => wish.told === at ? { ...wish, answered } : wish))
          part(group, wishesOf(group).at(-1)!)
        }
      }
    },

    disk(works: boolean) {
      if (works) {
        if (syncedMillis === Infinity) syncedMillis = now
      } else {
        unsyncedMillis ??= now
        syncedMillis = Infinity
      }
    },

    /** What the next daemon may find in the ledger that the group was told, if this one is killed now. */
    remembered(group: string): ReadonlyArray<Wish> {
      const isSynced = killedMillis > syncedMillis + retryMillis + windowMillis
      const known = wishesOf(group).map(({ answered, ...wish }): Wish => {
        const isNoted = answered !== undefined && !unnoted.has(answered) && (answered <= noted || isSynced)
        return isNoted ? { ...wish, answered } : wish
      })
      const nothing: Wish = { level: null, sequence: [], told: 0 }
      const isKnown = known.some(({ answered }) => answered !== undefined)
      const found = [...isKnown ? [] : [nothing], ...Model.holding(known)]
      return found.filter((wish, index) =>
        index === found.findIndex((other) => Model.isSameWish(other, wish))
      )
    },

    /** The daemon was killed; `isBlind` if no ledger was ever written, so that the next finds nothing. */
    crashed(isBlind: boolean) {
      isUp = false
      killedMillis = now
      if (resumed.at > noted && !isNoted(resumed.atMillis)) unnoted.add(resumed.at)
      for (const [entry, run] of starting) {
        starting.delete(entry)
        inFlight.set(entry, run)
        if (begunAs(entry)?.run === run) begun.delete(Model.key(entry))
      }
      for (const run of live()) {
        delete run.stop
        if (!isNoted(run.process!.atMillis)) run.isUnnoted = true
        // Somebody looked on, but the next daemon may not know.
        if (run.end !== undefined && !isNoted(run.end.atMillis)) run.mayGo = true
      }
      // That it was told to go may not be known to the next daemon.
      for (const run of runs.values()) {
        if (run.goneMillis === undefined || isNoted(run.goneMillis)) continue
        isVague = true
        run.isDoomed = false
        run.mayGo = true
        run.isLeft = run.end !== undefined && Model.runsOnce(run.entry)
        ghosts = [...ghosts, run.entry]
      }
      if (isBlind && unsyncedMillis !== undefined) {
        begun.clear()
        runs.clear()
        loggers.lose()
      }
      for (const each of begun.values()) {
        const { entry, isRefused, run } = each
        if (!Model.runsOnce(entry)) continue
        const isForgotten = isRefused || run.process === undefined || !isNoted(run.process.atMillis)
        const isResultForgotten = entry.mode === "test" && run.end !== undefined && !isNoted(run.end.atMillis)
        each.mayRepeat ||= isForgotten || isResultForgotten
      }
    },

    /** A daemon begins; what ended while there was none has to be begun again. */
    booting() {
      life++
      isUp = true
      if (syncedMillis !== Infinity) unsyncedMillis = undefined
      for (const [key, { entry, isRefused, run }] of begun) {
        if (!Model.runsOnce(entry) && (isRefused || run.end !== undefined)) begun.delete(key)
      }
    },

    /** The daemon has come to rest for now: what it says must be so, and what is due must be done. */
    calm(atMillis: number, status: ReadonlyArray<GroupStatus>) {
      passes(atMillis)
      checkSignals(true)
      loggers.calm(status)
      const shown = new Set<number>()
      /** What is left of these has no leader any more that could be named. */
      const leaderless = new Set<string>()
      for (const { group, level, processes, state } of status) {
        const [wish, ...others] = holding(group)
        if (
          level !== undefined && settledStates.includes(state) && wish !== undefined && others.length === 0
        ) {
          if (wish.level === level) settled(group, level, state)
          else violation(7, `${group} rests at ${level} instead of ${wish.level}`)
        }
        for (const { mode, state, tag } of processes) {
          const what = `${group}/${tag} is ${state._tag}`
          const ends = ["Done", "Passed", ...Model.mayBeGivenUp(tag) ? [] : ["Failed"]]
          if (mode === "respawn" && ends.includes(state._tag)) violation(2, what)
          if (state._tag === "Stopping" && state.pid === undefined) leaderless.add(`${group}/${tag}`)
          if (!("pid" in state)) continue
          shown.add(state.pid)
          const run = live().find(({ process }) => process?.pid === state.pid)
          if (run === undefined) violation(5, `${what} with pid ${state.pid}, which has ended`)
          else if (Model.key(run.entry) !== `${group}/${tag}`) {
            violation(5, `${what} with the pid of ${name(run)}`)
          } else if (run.end !== undefined) {
            violation(5, `${what} with pid ${state.pid}, which has ended`)
          } else if (state._tag === "Running" && run.stop !== undefined) {
            violation(5, `${what}, but it is being stopped`)
          }
        }
      }
      for (const run of live()) {
        const isShown = run.end === undefined
          ? shown.has(run.process!.pid)
          : leaderless.has(Model.key(run.entry))
        if (!run.isLeft && !run.mayGo && !isShown) {
          violation(5, `${name(run)} is not shown`)
        }
      }
    }
  }
}

export type Witness = ReturnType<typeof make>
