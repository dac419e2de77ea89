import type { Entry } from "./Cltab.ts"
import * as CltabSettings from "./CltabSettings.ts"

type Facts = { readonly [name: string]: unknown }

const settingsOf = (entry: Entry, choose: (name: string) => boolean): Facts =>
  Object.fromEntries(
    Object.entries(entry.settings ?? {}).filter(([name]) => choose(name)).sort(([a], [b]) => a < b ? -1 : 1)
  )

/** What a process of the entry is started as; a process stays as long as this stays. */
export const startedAs = (entry: Entry): Facts => ({
  mode: entry.mode,
  command: entry.command,
  ...(entry.fiber === undefined ? {} : { fiber: entry.fiber }),
  ...settingsOf(entry, CltabSettings.isLaunch)
})

// Their values are plain JSON, with the same order of members whenever they say the same.
const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

const differing = (old: Facts, now: Facts): ReadonlyArray<string> =>
  [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((name) => !isSame(old[name], now[name]))

/** What makes an entry another one, for which a process of the old one may not stay: mode, command, names of settings. */
export const restarting = (old: Entry, now: Entry): ReadonlyArray<string> =>
  differing(startedAs(old), startedAs(now))

const isSupervision = (name: string) => !CltabSettings.isLaunch(name)

/** The settings that changed and count for the process that runs. */
export const adjusting = (old: Entry, now: Entry): ReadonlyArray<string> =>
  differing(settingsOf(old, isSupervision), settingsOf(now, isSupervision))
