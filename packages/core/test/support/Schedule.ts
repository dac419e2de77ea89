import type { Verb } from "@clinit/core/ByHand"
import type { Mode } from "@clinit/protocol/Names"
import type { Entry } from "./Model.ts"
import { settings } from "./Model.ts"
import { fitting } from "./ModelCommands.ts"
import type { Random } from "./ScheduleRandom.ts"
import * as ScheduleRandom from "./ScheduleRandom.ts"

/** One thing that is done to the machine. Each stands for itself, so that any of them can be left out. */
export type Step =
  | { readonly do: "tell"; readonly group: string; readonly level: string }
  /** An order by hand, of an entry or of a whole group. */
  | { readonly do: "order"; readonly verb: Verb; readonly group: string; readonly tag?: string }
  | { readonly do: "reread" }
  /** The file is read, and what it says is done at once. */
  | { readonly do: "apply" }
  | { readonly do: "edit"; readonly entries: ReadonlyArray<Entry> }
  /** The file is as it was before it got an error or could not be read, and is read again. */
  | { readonly do: "mend"; readonly entries: ReadonlyArray<Entry> | undefined }
  /** The file gets an error. */
  | { readonly do: "spoil" }
  /** The file cannot be read. */
  | { readonly do: "hide" }
  | { readonly do: "wait"; readonly millis: number }
  /** Kills the daemon at its n-th event from now on, at once for 0; the next is booted so much later. */
  | ({ readonly do: "crash"; readonly event: number } & Gap)
  /** Shuts the daemon down, waits for its end, and boots the next. */
  | { readonly do: "halt" }
  | { readonly do: "disk"; readonly works: boolean }

/** A time without a daemon, in which the file may be edited. */
export interface Gap {
  readonly downMillis: number
  readonly entries?: ReadonlyArray<Entry>
}

export interface Schedule {
  readonly seed: number
  /** After how many steps a fiber gives way to others: few make for more interleavings. */
  readonly opsBeforeYield: number
  readonly entries: ReadonlyArray<Entry>
  readonly steps: ReadonlyArray<Step>
}

const groups = ["web", "db", "log"]
const levels = ["1", "2", "3"]
const levelLists = ["1", "2", "3", "12", "23", "13", "123", "1,2", "2,3", "3,"]
const modes: ReadonlyArray<Mode> = ["respawn", "respawn", "once", "once", "wait", "test", "off"]
const tags = ["a", "b", "c", "d", "e", "f", "g"]

const entry = (random: Random, tag: string): Entry => {
  const mode = random.pick(modes)
  return {
    group: random.pick(["web", "web", "db"]),
    tag,
    levels: random.pick(levelLists),
    mode,
    command: random.pick(fitting[mode])
  }
}

type Edit = (random: Random, entries: ReadonlyArray<Entry>, chosen: Entry) => ReadonlyArray<Entry>

const changing =
  (change: (random: Random, chosen: Entry) => Partial<Entry>): Edit => (random, entries, chosen) =>
    entries.map((each) => each === chosen ? { ...each, ...change(random, each) } : each)

const edits: ReadonlyArray<Edit> = [
  changing((random, { mode }) => ({ command: random.pick(fitting[mode]) })),
  changing((random) => {
    const mode = random.pick(modes)
    return { mode, command: random.pick(fitting[mode]) }
  }),
  changing((random) => ({ levels: random.pick(levelLists) })),
  changing((random) => ({ group: random.pick(groups) })),
  changing(() => ({ mode: "off" })),
  (_, entries, chosen) => entries.filter((each) => each !== chosen),
  (_, entries, chosen) => entries.filter(({ group }) => group !== chosen.group),
  (_, entries, chosen) => [chosen, ...entries.filter((each) => each !== chosen)],
  (random, entries) => {
    const free = tags.filter((tag) => entries.every((each) => each.tag !== tag))
    return free.length === 0 ? entries : [...entries, entry(random, random.pick(free))]
  }
]

const waits = [1, 9, 11, 100, 200, 300, 500, 1_000, 2_000, 3_000, 5_000, 5_000, 10_000, 16_000, 40_000]

/** The schedule of this seed. */
export const make = (seed: number): Schedule => {
  const random = ScheduleRandom.make(seed)
  const opsBeforeYield = random.chance(0.85) ? 2048 : random.pick([5, 7, 11, 17, 40])
  const first = tags.slice(0, 2 + random.below(5)).map((tag) => entry(random, tag))
  const bad = random.pick([0, 0.1, 0.25])
  let entries = first
  /** What the file had before: an edit may take everything back. */
  const versions = [first]
  const edited = () => {
    const from = random.chance(0.25) ? random.pick(versions) : entries
    const version = from.length === 0 ? first : random.pick(edits)(random, from, random.pick(from))
    versions.push(entries = [...version])
    return entries
  }
  const tell = (): Step => {
    const group = random.chance(0.04) ? "nobody" : random.pick(["web", "web", "web", "db", "log"])
    return { do: "tell", group, level: random.chance(0.1) ? "9" : random.pick(levels) }
  }
  const order = (): Step => {
    const verb = random.pick(["start", "stop", "restart"] as const)
    const { group, tag } = entries.length === 0 ? { group: "web", tag: "a" } : random.pick(entries)
    return { do: "order", verb, group, ...random.chance(0.2) ? {} : { tag } }
  }
  const step = (): Step => {
    if (random.chance(bad)) {
      return random.chance(0.75)
        ? {
          do: "crash",
          event: random.chance(0.3) ? 0 : 1 + random.below(12),
          downMillis: random.pick([0, 0, 100, 1_000, 5_000, 30_000]),
          ...random.chance(0.3) ? { entries: edited() } : {}
        }
        : { do: "disk", works: random.chance(0.6) }
    }
    const dice = random.below(100)
    if (dice < 20) return tell()
    if (dice < 35) return order()
    if (dice < 72) return { do: "wait", millis: random.pick(waits) }
    if (dice < 90) return { do: "edit", entries: edited() }
    if (dice < 92) return { do: "reread" }
    if (dice < 94) return { do: "apply" }
    if (dice < 96) return { do: "spoil" }
    if (dice < 98) return { do: "hide" }
    return { do: "halt" }
  }
  /** A tag that has moved runs in both groups until the old one is told, too: others are told soon after an edit. */
  const following = (step: Step): ReadonlyArray<Step> =>
    step.do === "edit" && random.chance(0.4)
      ? [step, { do: "tell", group: random.pick(["db", "log"]), level: "2" }]
      : [step]
  const length = 4 + random.below(22)
  return { seed, opsBeforeYield, entries: first, steps: Array.from({ length }, step).flatMap(following) }
}

const lines = (entries: ReadonlyArray<Entry>) =>
  entries.map(({ command, group, levels, mode, tag }) => `${group}:${tag}:${levels}:${mode}:${command}`)

/** The text of a cltab with these entries. */
export const cltab = (entries: ReadonlyArray<Entry>): string =>
  [...settings, ...lines(entries)].map((line) => `${line}\n`).join("")

const describe = (step: Step): string => {
  switch (step.do) {
    case "tell":
      return `tell ${step.group} ${step.level}`
    case "order":
      return `${step.verb} ${step.group}${step.tag === undefined ? "" : `/${step.tag}`}`
    case "edit":
      return `edit ${lines(step.entries).join(" ")}`
    case "wait":
      return `wait ${step.millis} ms`
    case "crash":
      return `crash at event ${step.event}, down for ${step.downMillis} ms${
        step.entries === undefined ? "" : `, then ${lines(step.entries).join(" ")}`
      }`
    case "disk":
      return step.works ? "the disk works" : "the disk breaks"
    default:
      return step.do
  }
}

/** The schedule for people. */
export const print = ({ entries, opsBeforeYield, seed, steps }: Schedule): string =>
  [
    `seed ${seed}, fibers give way after ${opsBeforeYield} steps`,
    ...lines(entries).map((line) => `  ${line}`),
    ...steps.map((step, index) => `${index + 1}. ${describe(step)}`)
  ].join("\n")
