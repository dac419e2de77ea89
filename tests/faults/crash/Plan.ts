import * as Random from "../fuzz/Random.ts"
import * as Cast from "./Cast.ts"
import type { Entry } from "./Cast.ts"

/** What an operator does. */
export type Action =
  | { readonly _tag: "tell"; readonly group: string; readonly level: string }
  /** Puts these entries into the cltab, and then tells the group. */
  | {
    readonly _tag: "edit"
    readonly entries: ReadonlyArray<Entry>
    readonly group: string
    readonly level: string
  }
  /** Puts these entries into the cltab, and has what is new in them applied where the groups are. */
  | { readonly _tag: "apply"; readonly entries: ReadonlyArray<Entry> }
  /** Starts again what has failed. */
  | { readonly _tag: "retry"; readonly group: string }
  /** Puts these entries, none of the group, into the cltab, and has it reread. */
  | { readonly _tag: "delete"; readonly entries: ReadonlyArray<Entry>; readonly group: string }

/** What is done between two states in which all is calm. */
export interface Round {
  /** Each with the pause after it. */
  readonly actions: ReadonlyArray<{ readonly action: Action; readonly pauseMillis: number }>
  /** When the daemon is killed, after the last action; if it is negative, before that. */
  readonly crashMillis: number
  /** Or it is killed as soon as, in the course of the last action, a process is half-way through its start. */
  readonly crashesInStart: boolean
  /** How soon after the first action the process is killed that forks for the daemon, if it is. */
  readonly forkerDeathMillis: number | undefined
  /** How soon after their start the daemons that follow are killed, too; the last one lives. */
  readonly successorMillis: ReadonlyArray<number>
  /** How long no daemon runs, and which of the processes, as fractions of their list, die meanwhile. */
  readonly downMillis: number
  readonly deaths: ReadonlyArray<number>
  /** Which of the loggers, likewise, die before the first action, and which while no daemon runs. */
  readonly loggerDeaths: { readonly before: ReadonlyArray<number>; readonly meanwhile: ReadonlyArray<number> }
  /** An edit that is made while no daemon runs, of a group that stays where it is. */
  readonly silentEdit: (Action & { readonly _tag: "edit" }) | undefined
}

/** What was asked for: the cltab, and the levels of the groups that were told. */
export interface Wanted {
  readonly entries: ReadonlyArray<Entry>
  readonly targets: ReadonlyMap<string, string>
}

export const applied = (wanted: Wanted, action: Action): Wanted => {
  if (action._tag === "retry") return wanted
  if (action._tag === "apply") return { ...wanted, entries: action.entries }
  const targets = new Map(wanted.targets)
  if (action._tag === "delete") targets.delete(action.group)
  else targets.set(action.group, action.level)
  return { entries: action._tag === "tell" ? wanted.entries : action.entries, targets }
}

const crashesOf = (round: Round) => 1 + round.successorMillis.length

/** Changes one entry of the group: its command or environment, its levels, whether it is off, or how it is stopped. */
const edited = (
  random: Random.Random,
  entries: ReadonlyArray<Entry>,
  group: string
): ReadonlyArray<Entry> => {
  const victim = random.pick(entries.filter((entry) => entry.group === group))
  const kind = random.below(Cast.isAdjustable(victim) ? 4 : 3)
  return entries.map((entry) => {
    if (entry !== victim) return entry
    if (kind === 0) return { ...entry, version: entry.version + 1 }
    if (kind === 3) return { ...entry, patience: entry.patience! + 1 }
    if (kind === 1) return { ...entry, levels: random.pick(["1", "12", "123", "23", "13", "3"]) }
    return {
      ...entry,
      mode: entry.mode === "off" ? (Cast.isLasting(entry) ? "respawn" : "wait") : "off"
    }
  })
}

const makeAction = (
  random: Random.Random,
  all: ReadonlyArray<Entry>,
  { entries, targets }: Wanted
): Action => {
  const group = random.pick([...new Set(all.map(({ group }) => group))])
  const level = random.pick(random.chance(0.85) ? Cast.levels.slice(0, 3) : Cast.levels)
  const present = entries.filter((entry) => entry.group === group)
  if (present.length === 0) {
    const kept = new Set(entries.map(({ tag }) => tag))
    const restored = all.filter((entry) => kept.has(entry.tag) || entry.group === group)
      .map((entry) => entries.find(({ tag }) => tag === entry.tag) ?? entry)
    return { _tag: "edit", entries: restored, group, level }
  }
  if (random.chance(0.05)) {
    return { _tag: "delete", entries: entries.filter((entry) => entry.group !== group), group }
  }
  if (random.chance(0.15)) return { _tag: "apply", entries: edited(random, entries, group) }
  if (random.chance(0.05)) return { _tag: "retry", group }
  if (random.chance(0.25)) {
    const same = targets.get(group)
    return {
      _tag: "edit",
      entries: edited(random, entries, group),
      group,
      level: same !== undefined && random.chance(0.6) ? same : level
    }
  }
  return { _tag: "tell", group, level }
}

const makeSilentEdit = (random: Random.Random, { entries, targets }: Wanted): Round["silentEdit"] => {
  if (targets.size === 0) return undefined
  const [group, level] = random.pick([...targets])
  return { _tag: "edit", entries: edited(random, entries, group), group, level }
}

export interface Plan {
  readonly first: Wanted
  readonly rounds: ReadonlyArray<Round>
}

/** The same for the same seed. */
export const make = (seed: string, crashes: number, leaves: boolean): Plan => {
  const random = Random.make(seed)
  const all = Cast.entries(leaves)
  const first: Wanted = {
    entries: all,
    targets: new Map(
      [...new Set(all.map(({ group }) => group))].map((group) => [group, random.pick(["1", "2"])])
    )
  }
  let wanted = first
  const rounds: Array<Round> = []
  for (let left = crashes; left > 0;) {
    const actions = Array.from({ length: random.below(5) }, () => {
      const action = makeAction(random, all, wanted)
      wanted = applied(wanted, action)
      return { action, pauseMillis: random.chance(0.5) ? 0 : random.between(0, 150) }
    })
    const successors = Math.min(left - 1, random.chance(0.3) ? random.between(1, 3) : 0)
    const silentEdit = random.chance(0.15) ? makeSilentEdit(random, wanted) : undefined
    if (silentEdit !== undefined) wanted = applied(wanted, silentEdit)
    const round: Round = {
      actions,
      crashMillis: random.chance(0.3)
        ? 0
        : random.chance(0.2)
        ? -random.between(0, 10)
        : random.between(0, 500),
      crashesInStart: actions.length > 0 && random.chance(0.3),
      forkerDeathMillis: random.chance(0.4) ? random.between(0, 150) : undefined,
      successorMillis: Array.from({ length: successors }, () => random.between(20, 600)),
      downMillis: random.chance(0.6) ? 0 : random.between(0, 600),
      deaths: random.chance(0.4) ? Array.from({ length: random.between(1, 4) }, random.fraction) : [],
      loggerDeaths: {
        before: random.chance(0.3) ? [random.fraction()] : [],
        meanwhile: random.chance(0.2) ? [random.fraction()] : []
      },
      silentEdit
    }
    rounds.push(round)
    left -= crashesOf(round)
  }
  return { first, rounds }
}
