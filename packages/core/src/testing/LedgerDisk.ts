import * as Effect from "effect/Effect"
import * as Hash from "effect/Hash"
import * as Result from "effect/Result"
import { LedgerStore, LedgerUnwritable } from "../LedgerStore.ts"
import type { Kept } from "../LedgerStore.ts"
import * as LedgerText from "../LedgerText.ts"

/** A disk for one ledger, which outlives the daemons that write it. */
export interface LedgerDisk {
  /** What it holds, as if it had been written as a whole; a test may change it. */
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

/** What was added to the text is put where it belongs. */
const whole = ({ added, text }: Omit<Kept, "isTorn">): string => {
  if (added === "") return text
  const { groups, runs, ...header } = Result.getOrThrow(LedgerText.parse(text, added))
  const lines = [
    LedgerText.printHeader(header),
    ...groups.map(LedgerText.printGroup),
    ...runs.map(LedgerText.printRun)
  ]
  return `${lines.join("\n")}\n`
}

/** A disk that holds no ledger yet. */
export const make = (): LedgerDisk => {
  let ids = 0
  let kept: Omit<Kept, "isTorn"> | undefined
  let written: Array<Omit<Kept, "isTorn">> = []
  const keep = (now: Omit<Kept, "isTorn">) => {
    kept = now
    written.push(now)
  }
  const disk: LedgerDisk = {
    get text() {
      return kept && whole(kept)
    },
    set text(text) {
      kept = text === undefined ? undefined : { text, added: "" }
    },
    get written() {
      return written.map(whole)
    },
    set written(texts) {
      written = texts.map((text) => ({ text, added: "" }))
    },
    keeperRuns: false,
    broken: undefined,
    store: (lives) => {
      const change = <A>(work: () => A, otherwise: A) =>
        Effect.suspend(() =>
          disk.broken !== undefined
            ? Effect.fail(new LedgerUnwritable({ reason: disk.broken }))
            : Effect.succeed(lives() ? work() : otherwise)
        )
      return LedgerStore.of({
        file: "/test/ledger",
        read: Effect.sync(() => kept && { ...kept, isTorn: false }),
        replace: (text) => change(() => keep({ text, added: "" }), undefined),
        append: (text) =>
          change(() => {
            if (kept === undefined) return false
            keep({ ...kept, added: kept.added + text })
            return true
          }, true),
        remove: change(() => void (kept = undefined), undefined),
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
