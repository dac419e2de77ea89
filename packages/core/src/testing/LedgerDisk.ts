import * as Effect from "effect/Effect"
import * as Hash from "effect/Hash"
import { LedgerStore, LedgerUnwritable } from "../LedgerStore.ts"

/** A disk for one ledger, which outlives the daemons that write it. */
export interface LedgerDisk {
  /** What it holds; a test may change it. */
  text: string | undefined
  /** Every text that it held, in order; a test may empty the list. */
  written: Array<string>
  /** Whether the daemon that wrote it seems to run still. */
  keeperRuns: boolean
  /** Why nothing can be written at present. */
  broken: string | undefined
  /** One daemon's way to it. What is written when the daemon no longer lives gets lost. */
  readonly store: (lives: () => boolean) => LedgerStore["Service"]
}

/** The boot of all scripted processes. */
export const boot = "00000000-0000-0000-0000-000000000000"

/** A disk that holds no ledger yet. */
export const make = (): LedgerDisk => {
  let ids = 0
  const disk: LedgerDisk = {
    text: undefined,
    written: [],
    keeperRuns: false,
    broken: undefined,
    store: (lives) => {
      const set = (text: string | undefined) =>
        Effect.suspend(() => {
          if (disk.broken !== undefined) return Effect.fail(new LedgerUnwritable({ reason: disk.broken }))
          if (lives()) {
            disk.text = text
            if (text !== undefined) disk.written.push(text)
          }
          return Effect.void
        })
      return LedgerStore.of({
        file: "/test/ledger",
        read: Effect.sync(() => disk.text),
        replace: set,
        remove: set(undefined),
        freshId: Effect.sync(() => `id${++ids}`),
        sign: (key, text) => Hash.string(`${key} ${text}`).toString(36).replace("-", "0"),
        boot,
        keeper: { pid: 999 },
        isRunning: () => disk.keeperRuns
      })
    }
  }
  return disk
}
