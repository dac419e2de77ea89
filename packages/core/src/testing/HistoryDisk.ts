import * as Effect from "effect/Effect"
import { HistoryStore, HistoryUnwritable } from "../HistoryStore.ts"

/** A disk for one history, which outlives the daemons that write it. */
export interface HistoryDisk {
  /** What it holds; a test may change it. */
  text: string | undefined
  /** Why nothing can be written at present. */
  broken: string | undefined
  /** How often the whole was written. */
  replacements: number
  /** One daemon's way to it. What is written when the daemon no longer lives gets lost. */
  readonly store: (lives: () => boolean) => HistoryStore["Service"]
}

/** A disk that holds no history yet. */
export const make = (): HistoryDisk => {
  const change = <A>(work: () => A) =>
    Effect.suspend(() =>
      disk.broken === undefined
        ? Effect.sync(work)
        : Effect.fail(new HistoryUnwritable({ reason: disk.broken }))
    )
  const disk: HistoryDisk = {
    text: undefined,
    broken: undefined,
    replacements: 0,
    store: (lives) => {
      return HistoryStore.of({
        file: "/test/history",
        read: Effect.sync(() => ({ text: disk.text ?? "" })),
        replace: (text) =>
          change(() => {
            if (!lives()) return
            disk.text = text
            disk.replacements++
          }),
        append: (text) =>
          change(() => {
            if (!lives()) return true
            if (disk.text === undefined) return false
            disk.text += text
            return true
          }),
        remove: change(() => {
          if (lives()) disk.text = undefined
        })
      })
    }
  }
  return disk
}
