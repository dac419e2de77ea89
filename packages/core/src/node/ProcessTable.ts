import * as Effect from "effect/Effect"
import * as fs from "node:fs"
import type { Mark } from "../Spawner.ts"
import * as ProcessStat from "./ProcessStat.ts"
import * as TreeMark from "./TreeMark.ts"

export interface Process extends ProcessStat.ProcessStat {
  readonly marks: ReadonlyArray<Mark>
}

type Index<Key> = ReadonlyMap<Key, ReadonlyArray<Process>>

/** All processes, as they were read one after another from a moment on; the indexes hold those that are alive. */
export interface Snapshot {
  /** Milliseconds of `performance.now()` at which reading began. */
  readonly beganAt: number
  /** Whether nobody can have been missed; otherwise it only tells who was there, not who was not. */
  readonly isComplete: boolean
  /** Also those that are only waited for. */
  readonly byPid: ReadonlyMap<number, Process>
  readonly byParent: Index<number>
  readonly byGroup: Index<number>
  readonly bySession: Index<number>
  readonly byMark: Index<Mark>
}

/**
 * All processes of this machine. Reading them takes some 20 microseconds for each, and during a stop hundreds of
 * trees ask: who asks in the same moment gets the same snapshot.
 */
export interface ProcessTable {
  /** The last snapshot, if there is one. */
  readonly latest: () => Snapshot | undefined
  /**
   * A snapshot that begins now; nothing if processes cannot be read, or if reading them would take too much of the
   * event loop's time: more than half of it, or a tenth if the caller asks again anyway.
   */
  readonly look: (urgency: Urgency) => Snapshot | undefined
  /** A snapshot that begins after the call, in a later turn of the event loop; nothing if it cannot be had. */
  readonly next: Effect.Effect<Snapshot | undefined>
}

export type Urgency = "urgent" | "polling"

/** Of processes whose environment has not been read. */
const none: ReadonlyArray<Mark> = []
const maxRounds = 10

/** Scans that take less never stand back: their cost is that of the question itself. */
const cheapMillis = 3

/** Nobody waits longer for a scan, however long the one before took. */
const longestPauseMillis = 2_000

const isPid = (name: string) => name.charCodeAt(0) <= 57 && /^\d+$/.test(name)

const push = <Key>(index: Map<Key, Array<Process>>, key: Key, process: Process) => {
  const list = index.get(key)
  if (list === undefined) index.set(key, [process])
  else list.push(process)
}

const indexed = (beganAt: number, { byPid, isComplete }: Scan): Snapshot => {
  const byParent = new Map<number, Array<Process>>()
  const byGroup = new Map<number, Array<Process>>()
  const bySession = new Map<number, Array<Process>>()
  const byMark = new Map<Mark, Array<Process>>()
  for (const process of byPid.values()) {
    if (!process.isAlive) continue
    push(byParent, process.parent, process)
    push(byGroup, process.group, process)
    push(bySession, process.session, process)
    for (const mark of process.marks) push(byMark, mark, process)
  }
  return { beganAt, isComplete, byPid, byParent, byGroup, bySession, byMark }
}

type Scan = Pick<Snapshot, "byPid" | "isComplete">

/**
 * Reads every process; throws if one cannot be read though it may be there.
 *
 * Processes come while others are being read: one that forks behind the listing and is gone before its turn would be
 * missed together with its child. So it is listed again until everybody new could be read, and is known thereby.
 */
const scan = (marksOf: (stat: ProcessStat.ProcessStat) => ReadonlyArray<Mark>): Scan => {
  const byPid = new Map<number, Process>()
  const seen = new Set<string>()
  for (let round = 1; round <= maxRounds; round++) {
    const fresh = fs.readdirSync("/proc").filter((name) => isPid(name) && !seen.has(name))
    let isSettled = round > 1
    for (const pid of fresh) {
      seen.add(pid)
      const stat = ProcessStat.read(pid)
      if (stat === undefined) isSettled = false
      else byPid.set(stat.pid, { ...stat, marks: marksOf(stat) })
    }
    if (isSettled) return { byPid, isComplete: true }
  }
  return { byPid, isComplete: false }
}

/** A table of its own; reads nothing until it is asked. */
export const make = (): ProcessTable => {
  let latest: Snapshot | undefined
  let ended = -Infinity
  let took = 0

  /**
   * An environment is read once: what was inherited by a mark counts even if it is wiped out later. Only an empty one
   * is looked at again, since that is what a process has while it is being executed, and a forker's, since that is what one
   * has that it has just forked.
   */
  const marksOf = (stat: ProcessStat.ProcessStat): ReadonlyArray<Mark> => {
    if (!stat.isAlive || stat.isKernelThread) return none
    const known = latest?.byPid.get(stat.pid)
    const isSettled = known !== undefined && known.marks !== none && !TreeMark.areOfForker(known.marks)
    if (isSettled && ProcessStat.isSame(known, stat)) return known.marks
    const environment = ProcessStat.readOf(stat.pid, "environ")
    return environment === "" ? none : TreeMark.parse(environment ?? "")
  }

  const take = (): Snapshot | undefined => {
    const beganAt = performance.now()
    try {
      return latest = indexed(beganAt, scan(marksOf))
    } catch {
      return undefined // unknown: whoever asks takes everything for alive
    } finally {
      ended = performance.now()
      took = ended - beganAt
    }
  }

  /** How long it is until a scan may begin that takes one part of so many of the time. */
  const pause = (parts: number) =>
    took < cheapMillis && parts <= 2
      ? 0
      : ended + Math.min((parts - 1) * took, longestPauseMillis) - performance.now()

  const waiting = new Set<(snapshot: Snapshot | undefined) => void>()
  let isDue = false
  const serve = () => {
    isDue = false
    const asked = [...waiting]
    waiting.clear()
    if (asked.length === 0) return
    const snapshot = take()
    for (const answer of asked) answer(snapshot)
  }
  const arrange = () => {
    if (isDue) return
    isDue = true
    const millis = pause(2)
    if (millis > 1) setTimeout(serve, millis)
    else setImmediate(serve)
  }

  return {
    latest: () => latest,
    look: (urgency) => pause(urgency === "urgent" ? 2 : 11) > 0 ? undefined : take(),
    next: Effect.callback((resume) => {
      const answer = (snapshot: Snapshot | undefined) => resume(Effect.succeed(snapshot))
      waiting.add(answer)
      arrange()
      return Effect.sync(() => void waiting.delete(answer))
    })
  }
}

/** Why /proc does not tell of this machine's processes, or nothing if it does. */
export const trouble = (): string | undefined => {
  try {
    // It may be that of another namespace, with other pids.
    if (fs.readlinkSync("/proc/self") !== String(process.pid)) return "/proc is that of another pid namespace"
    return ProcessStat.read("self") === undefined ? "/proc/self/stat cannot be read" : undefined
  } catch (error) {
    return (error as Error).message
  }
}
