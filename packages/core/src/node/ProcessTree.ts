import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Signal } from "../Signal.ts"
import * as ControlGroup from "./ControlGroup.ts"
import * as Membership from "./Membership.ts"
import * as Ourselves from "./Ourselves.ts"
import * as ProcessStat from "./ProcessStat.ts"
import type { ProcessTable, Snapshot, Urgency } from "./ProcessTable.ts"

/** The processes that a leader started, and it itself. */
export interface ProcessTree {
  /**
   * Whether a process of it lives besides the leader, of which it is known that it does not. What cannot be told, or
   * not now, counts as alive.
   */
  readonly isAlive: (urgency: Urgency) => boolean
  /** Signals each of its processes once. Fails if one could not be; the others were. */
  readonly signal: (signal: Signal) => Effect.Effect<void, Error>
  /**
   * Signals the leader's group, and leaves its other processes to the `signal` that follows. Missing where these could not
   * be found any more when their parents are gone.
   */
  readonly strike?: (signal: Signal) => void
}

/** A process that was started from here to be of the tree, beside the leader, with a process group of its own. */
export interface Helper {
  readonly pid: number
  readonly hasEnded: () => boolean
  readonly group: ProcessTree
  /** Milliseconds of `performance.now()`. */
  readonly bornAt: number
}

/** What a tree is made of. */
export interface Parts {
  readonly root: Membership.Root
  readonly standing: () => Membership.Standing
  /** Milliseconds of `performance.now()` before which there was no process of the tree. */
  readonly bornAt: number
  /** In the order of their starts; there may be more of them later. */
  readonly helpers: ReadonlyArray<Helper>
  /** Nothing where the system has no /proc. */
  readonly table: ProcessTable | undefined
  /** Signals that the leader's group has got ahead. */
  readonly struck: Array<Signal>
}

/** Since when nobody has come to the tree but by one of its processes. */
const lastBornAt = ({ bornAt, helpers }: Parts): number => helpers.at(-1)?.bornAt ?? bornAt

/** A snapshot of this age is good enough to tell that a tree is alive. */
const maxAgeMillis = 100

/** Processes of the tree that come while it is being killed are killed as well, this often. */
const maxRounds = 50

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code

const groupExists = (group: number): boolean => {
  try {
    process.kill(-group, 0)
    return true
  } catch (error) {
    return codeOf(error) !== "ESRCH" // EPERM: it has processes, but they belong to somebody else by now
  }
}

/** What the number of a leader that is ours is good for; `isDead` when it is gone and others may get its pid. */
export const standingOf = (
  root: Membership.Root,
  hasProc: boolean,
  isDead: () => boolean
): Parts["standing"] => {
  let standing: Membership.Standing = "ours"
  const isReused = () => {
    if (!hasProc || root.startTime === undefined) return false
    try {
      const holder = ProcessStat.read(root.pid)
      return holder !== undefined && !ProcessStat.isSame(holder, root)
    } catch {
      return false
    }
  }
  return () => {
    if (standing === "ours" && isDead() && (!groupExists(root.pid) || isReused())) standing = "given back"
    return standing
  }
}

type Target = Pick<ProcessStat.ProcessStat, "pid" | "startTime" | "group">

/** Runs all of them, then throws what the first one threw that failed. */
const each = (works: Iterable<() => void>) => {
  const failures: Array<unknown> = []
  for (const work of works) {
    try {
      work()
    } catch (error) {
      if (codeOf(error) !== "ESRCH") failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}

/** Signals the process if it still is the one. */
const signalProcess = (target: Target, signal: Signal): void => {
  const holder = ProcessStat.read(target.pid)
  if (holder !== undefined && ProcessStat.isSame(holder, target)) process.kill(target.pid, signal)
}

const ownGroup = (() => {
  try {
    return ProcessStat.read("self")?.group
  } catch {
    return undefined
  }
})()

const strike = ({ root, standing, struck }: Parts) => (signal: Signal): void => {
  if (root.pid === ownGroup || standing() !== "ours") return
  try {
    process.kill(-root.pid, signal)
    struck.push(signal)
  } catch {
    // whoever signals then tells
  }
}

/** Whether the signal was sent ahead; once. */
const hasStruck = (struck: Array<Signal>, signal: Signal): boolean => {
  const at = struck.indexOf(signal)
  if (at >= 0) struck.splice(at, 1)
  return at >= 0
}

/** Signals the group at one blow if its number is ours, unless it was struck, and those of the targets that are not in it one by one. */
const deliver = (
  { root: { pid: root }, struck }: Parts,
  withGroup: boolean,
  targets: Iterable<Target>,
  signal: Signal
): void => {
  const asOne = withGroup && root !== ownGroup
  const isAhead = hasStruck(struck, signal)
  const works: Array<() => void> = asOne && !isAhead ? [() => void process.kill(-root, signal)] : []
  for (const target of targets) {
    if (Ourselves.pids.has(target.pid) || (asOne && target.group === root)) continue
    works.push(() => signalProcess(target, signal))
  }
  each(works)
}

const attempt = (work: () => void): Effect.Effect<void, Error> =>
  Effect.try({ try: work, catch: (error) => error as Error })

/** Asks the table whether the members that a snapshot shows live, with as few snapshots as may be. */
const livesByTable = (
  parts: Parts,
  membersIn: (snapshot: Snapshot) => ReadonlyArray<Target>
) => {
  const { root, standing } = parts
  const isLeader = (member: Target) => standing() !== "unproven" && ProcessStat.isSame(member, root)
  const hasOthers = (members: ReadonlyArray<Target>) => members.some((member) => !isLeader(member))
  return (table: ProcessTable, urgency: Urgency): boolean => {
    const latest = table.latest()
    // It shows the leader if that lived: if it shows nobody, all were dead by then and nobody can have come since.
    if (latest !== undefined && latest.beganAt > lastBornAt(parts)) {
      const members = membersIn(latest)
      if (members.length === 0 && latest.isComplete) return false
      if (performance.now() - latest.beganAt <= maxAgeMillis && hasOthers(members)) return true
    }
    const fresh = table.look(urgency)
    return fresh === undefined || !fresh.isComplete || hasOthers(membersIn(fresh))
  }
}

const leaderGroup = (parts: Parts): Required<ProcessTree> => {
  const { root, standing } = parts
  const lives = livesByTable(parts, (snapshot) => Membership.ofGroup(snapshot, root))
  return {
    isAlive: (urgency) => standing() === "ours" && (parts.table === undefined || lives(parts.table, urgency)),
    signal: (signal) => attempt(() => deliver(parts, standing() === "ours", [], signal)),
    strike: strike(parts)
  }
}

const isHelped = ({ helpers }: Parts, urgency: Urgency): boolean =>
  helpers.some(({ group, hasEnded }) => !hasEnded() || group.isAlive(urgency))

/** The process groups of the leader and of its helpers alone. */
export const group = (parts: Parts): ProcessTree => {
  const own = leaderGroup(parts)
  return {
    isAlive: (urgency) => own.isAlive(urgency) || isHelped(parts, urgency),
    strike: own.strike,
    signal: (signal) =>
      Effect.forEach(
        [own, ...parts.helpers.map(({ group }) => group)],
        (each) => Effect.exit(each.signal(signal))
      ).pipe(
        Effect.flatMap((exits) => Exit.asVoidAll(exits))
      )
  }
}

/**
 * Everybody in the leader's group and session, who bears the mark, who is a helper or among the `others`, and all
 * their descendants.
 */
export const descendants = (
  parts: Parts & { readonly table: ProcessTable },
  others: () => ReadonlyArray<number> = () => []
): ProcessTree => {
  const { root, standing, table } = parts
  let known: ReadonlyMap<number, string> = new Map()
  let seen: { readonly snapshot: Snapshot; readonly members: ReadonlyArray<Target> } | undefined

  const membersIn = (snapshot: Snapshot): ReadonlyArray<Target> => {
    if (seen?.snapshot === snapshot) return seen.members
    const helping = parts.helpers.filter(({ hasEnded }) => !hasEnded()).map(({ pid }) => pid)
    const joined = [...others(), ...helping].flatMap((pid) => snapshot.byPid.get(pid) ?? [])
    const before = new Map([...known, ...startTimes(joined)])
    const members = Membership.ofTree(snapshot, root, standing(), before, Ourselves.pids)
    known = startTimes(members)
    seen = { snapshot, members }
    return members
  }

  const deliverTo = (members: ReadonlyArray<Target>, signal: Signal) =>
    attempt(() => {
      const withGroup = standing() === "ours" && members.some((member) => member.group === root.pid)
      deliver(parts, withGroup, members, signal)
    })

  /** What can be done when processes cannot be listed. */
  const deliverBlindly = (signal: Signal) =>
    Effect.andThen(
      attempt(() => deliver(parts, standing() === "ours", [], signal)),
      Effect.fail(new Error("the processes of this machine cannot be listed"))
    )

  const killAll = Effect.gen(function*() {
    const killed = new Set<string>()
    let failure: Error | undefined
    for (let round = 0; round < maxRounds; round++) {
      const snapshot = yield* table.next
      if (snapshot === undefined) return yield* deliverBlindly("SIGKILL")
      const members = membersIn(snapshot).filter(({ pid, startTime }) => !killed.has(`${pid} ${startTime}`))
      if (members.length === 0 && snapshot.isComplete) break
      for (const { pid, startTime } of members) killed.add(`${pid} ${startTime}`)
      yield* Effect.catch(
        deliverTo(members, "SIGKILL"),
        (error) => Effect.sync(() => void (failure ??= error))
      )
    }
    if (failure !== undefined) return yield* Effect.fail(failure)
  })

  /** CONT wakes those who were there a moment ago, when they were signalled. */
  const recent = () => {
    const latest = table.latest()
    const isRecent = latest !== undefined && latest.beganAt > lastBornAt(parts) &&
      performance.now() - latest.beganAt <= maxAgeMillis
    return isRecent ? latest : undefined
  }

  const lives = livesByTable(parts, membersIn)
  return {
    isAlive: (urgency) => lives(table, urgency),
    signal: (signal) =>
      signal === "SIGKILL" ? killAll : Effect.suspend(() => {
        const latest = signal === "SIGCONT" ? recent() : undefined
        return latest === undefined ? table.next : Effect.succeed(latest)
      }).pipe(
        Effect.flatMap((snapshot) =>
          snapshot === undefined ? deliverBlindly(signal) : deliverTo(membersIn(snapshot), signal)
        )
      )
  }
}

const startTimes = (processes: ReadonlyArray<Target>) =>
  new Map(processes.map(({ pid, startTime }) => [pid, startTime]))

/** A control group that a tree has for itself; `containsUs` if this process is in it, as that of an entry can be. */
export interface OwnControlGroup {
  readonly directory: string
  readonly containsUs: boolean
}

const isPopulated = ({ containsUs, directory }: OwnControlGroup): boolean => {
  try {
    return containsUs
      ? ControlGroup.members(directory).some((pid) =>
        !Ourselves.pids.has(pid) && ProcessStat.read(pid)?.isAlive === true
      )
      : ControlGroup.isPopulated(directory)
  } catch {
    return true
  }
}

const killControlGroup = ({ containsUs, directory }: OwnControlGroup) =>
  containsUs ? Effect.void : attempt(() => ControlGroup.kill(directory))

/**
 * Everybody in the control group, and who left it for another but is still in the leader's process group. A helper
 * that has not moved in yet is waited for.
 */
export const controlGroup = (own: OwnControlGroup, parts: Parts): ProcessTree => {
  const { root, standing } = parts
  const groupOfLeader = leaderGroup(parts)
  let last: { readonly at: number; readonly targets: ReadonlyArray<Target> } = { at: -Infinity, targets: [] }
  /** Those besides the leader, which is in its own group. CONT wakes those who were there a moment ago, when they were signalled. */
  const targets = (withGroup: boolean, signal: Signal) => {
    const at = performance.now()
    if (signal === "SIGCONT" && at - last.at <= maxAgeMillis) return last.targets
    const others = ControlGroup.members(own.directory).filter((pid) => !withGroup || pid !== root.pid)
    last = { at, targets: others.flatMap((pid) => ProcessStat.read(pid) ?? []) }
    return last.targets
  }
  const deliverToAll = (signal: Signal) => {
    const withGroup = standing() === "ours" && root.pid !== ownGroup
    each([
      () => deliver(parts, withGroup, [], signal),
      () =>
        deliver(
          parts,
          false,
          targets(withGroup, signal).filter(({ group }) => !withGroup || group !== root.pid),
          signal
        )
    ])
  }
  return {
    isAlive: (urgency) => isPopulated(own) || groupOfLeader.isAlive(urgency) || isHelped(parts, urgency),
    strike: groupOfLeader.strike,
    signal: (signal) =>
      signal === "SIGKILL"
        ? Effect.andThen(Effect.exit(killControlGroup(own)), attempt(() => deliverToAll(signal)))
        : attempt(() => deliverToAll(signal))
  }
}

/** What a leader left that died unseen: everybody in the control group, who bears the mark, and their descendants. */
export const remains = (
  own: OwnControlGroup | undefined,
  parts: Parts & { readonly table: ProcessTable }
): ProcessTree => {
  if (own === undefined) return descendants(parts)
  const all = descendants(parts, () => {
    try {
      return ControlGroup.members(own.directory)
    } catch {
      return [] // that somebody is there can be told without
    }
  })
  return {
    isAlive: (urgency) => isPopulated(own) || all.isAlive(urgency),
    signal: (signal) =>
      signal === "SIGKILL"
        ? Effect.andThen(Effect.exit(killControlGroup(own)), all.signal(signal))
        : all.signal(signal)
  }
}

/** A tree of which nothing is left. */
export const none: ProcessTree = { isAlive: () => false, signal: () => Effect.void }
