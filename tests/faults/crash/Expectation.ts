import type { DaemonStatus, GroupState, ProcessState, ProcessStatus } from "@clinit/protocol/Status"
import * as Cast from "./Cast.ts"
import type { Entry } from "./Cast.ts"
import type { Member } from "./Facts.ts"
import type { Wanted } from "./Plan.ts"

/** The entries that belong to their group's level. */
export const active = ({ entries, targets }: Wanted): ReadonlyArray<Entry> =>
  entries.filter(({ group, levels, mode }) => mode !== "off" && levels.includes(targets.get(group) ?? "none"))

const isRunning = (entry: Entry) => Cast.isLasting(entry) || isFlighty(entry)

/** Dies by itself and comes again. */
export const isFlighty = (entry: Entry) =>
  entry.mode === "respawn" && entry.fate === undefined && !Cast.isLasting(entry)

export const stateOf = (entry: Entry): ProcessState["_tag"] => {
  if (isRunning(entry)) return "Running"
  if (entry.fate !== undefined && isFated(entry)) return "Failed"
  if (entry.mode !== "test") return "Done"
  return entry.plot._tag === "brief" && entry.plot.code === 0 ? "Passed" : "Failed"
}

/** An edit may have made another mode of it. */
const isFated = ({ fate, mode }: Entry) => fate === "given up" ? mode === "respawn" : mode !== "respawn"

const outcome = (entries: ReadonlyArray<Entry>): GroupState => {
  const states = entries.map(stateOf)
  if (states.includes("Failed")) return "FAILED"
  return states.length > 0 && states.every((state) => state === "Passed") ? "PASSED" : "DONE"
}

/** The groups that were told, each as `GROUP LEVEL STATE`, when all is calm. */
export const groups = (wanted: Wanted): ReadonlyArray<string> =>
  [...wanted.targets].map(([group, level]) =>
    `${group} ${level} ${outcome(active(wanted).filter((entry) => entry.group === group))}`
  ).toSorted()

/** The same of the status. */
export const groupsIn = ({ groups }: DaemonStatus): ReadonlyArray<string> =>
  groups.flatMap(({ group, level, state }) => level === undefined ? [] : [`${group} ${level} ${state}`])
    .toSorted()

const list = (values: ReadonlyArray<unknown>) => values.join(", ") || "nothing"

interface Seen {
  readonly status: DaemonStatus
  readonly members: ReadonlyArray<Member>
  readonly loggers: ReadonlyArray<Pick<Member, "pid" | "tag">>
  readonly unnamed: ReadonlyArray<number>
}

/** What one entry's processes, and what the status says of them, lack. */
const complaintAbout = (
  entry: Entry,
  status: ProcessStatus | undefined,
  members: ReadonlyArray<Member>,
  isDoubtful: boolean
): string | undefined => {
  const expected = stateOf(entry)
  const found = status?.state
  if (isFlighty(entry)) {
    // Between two lives, or between our looking at the status and at the facts.
    const copies = members.filter(({ isCompanion }) => !isCompanion).length
    if (found === undefined) return `${entry.tag} is not in the status`
    return copies > 1 || members.some(({ version }) => version !== entry.version)
      ? `${entry.tag} runs ${copies} times, or in another version`
      : undefined
  }
  if (found === undefined) return `${entry.tag} is not in the status`
  if (found._tag !== expected && !(isDoubtful && found._tag === "Done")) {
    return `${entry.tag} is ${found._tag} and not ${expected}`
  }
  const copies = members.filter(({ isCompanion }) => !isCompanion)
  const pids = found._tag === "Running" ? [found.pid] : []
  if (list(copies.map(({ pid }) => pid)) !== list(pids)) {
    return `${entry.tag} runs as ${list(copies.map(({ pid }) => pid))}, and the status says ${list(pids)}`
  }
  const outdated = members.filter(({ version }) => version !== entry.version)
  if (outdated.length > 0) {
    return `${entry.tag} runs in version ${outdated[0]!.version} and not ${entry.version}`
  }
  const companions = pids.length * Cast.companions(entry)
  return members.length - copies.length === companions
    ? undefined
    : `${entry.tag} has ${members.length - copies.length} and not ${companions} processes beside it`
}

/**
 * What is not as it should be when all is calm, or nothing. Entries in `doubtful` run or have ended: they were killed,
 * and are not to be started again as long as their group stays.
 */
export const complaint = (wanted: Wanted, seen: Seen, doubtful: ReadonlySet<string>): string | undefined => {
  const [expected, found] = [list(groups(wanted)), list(groupsIn(seen.status))]
  if (expected !== found) return `groups are ${found}; and not ${expected}`
  const entries = active(wanted)
  const statuses = new Map(
    seen.status.groups.flatMap(({ processes }) => processes.map((status) => [String(status.tag), status]))
  )
  const tags = new Set(entries.map(({ tag }) => tag))
  const surplus = [...statuses.keys()].filter((tag) => !tags.has(tag))
  if (surplus.length > 0) return `the status has ${list(surplus)}, too`
  const strangers = seen.members.filter(({ tag }) => !tags.has(tag))
  if (strangers.length > 0) return `${list(strangers.map(({ pid, tag }) => `${tag} as ${pid}`))} runs, too`
  if (seen.unnamed.length > 0) return `${list(seen.unnamed)} runs and is nobody's`
  const readers = new Set(Cast.tags(entries.filter(Cast.isLogged)))
  const idle = seen.loggers.filter(({ tag }) => !readers.has(tag))
  if (idle.length > 0) return `${list(idle.map(({ pid, tag }) => `a logger of ${tag} as ${pid}`))} runs, too`
  for (const tag of readers) {
    const pids = list(seen.loggers.filter((logger) => logger.tag === tag).map(({ pid }) => pid))
    const told = list((statuses.get(tag)?.loggers ?? []).map(({ pid }) => pid))
    if (pids !== told || pids === list([])) return `${tag} is logged by ${pids}, and the status says ${told}`
  }
  for (const entry of entries) {
    const members = seen.members.filter(({ tag }) => tag === entry.tag)
    const complaint = complaintAbout(entry, statuses.get(entry.tag), members, doubtful.has(entry.tag))
    if (complaint !== undefined) return complaint
  }
  return undefined
}

/** What stayed wanted, in the same version, in each of these; by tag. */
export const untouched = (wanteds: ReadonlyArray<Wanted>): ReadonlySet<string> => {
  const identities = wanteds.map((wanted) =>
    new Set(active(wanted).map(({ mode, tag, version }) => `${tag} ${mode} ${version}`))
  )
  const [first = new Set<string>(), ...others] = identities
  return new Set(
    [...first].filter((identity) => others.every((set) => set.has(identity))).map((identity) =>
      identity.split(" ")[0]!
    )
  )
}
