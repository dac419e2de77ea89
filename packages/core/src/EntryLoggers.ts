import * as Effect from "effect/Effect"
import type { Entry } from "./Cltab.ts"
import * as EntryLogger from "./EntryLogger.ts"
import type { RunRecord } from "./LedgerText.ts"
import * as LoggerProcess from "./LoggerProcess.ts"
import { Spawner } from "./Spawner.ts"

const adopt = Effect.fnUntraced(function*({ mark, process, run }: RunRecord, isLast: boolean) {
  const spawner = yield* Spawner
  const child = yield* spawner.adopt(process!, mark)
  return { run: { number: run, mark }, child, isLast } satisfies LoggerProcess.Inherited
})

/**
 * Starts the loggers of an entry, or goes on with those of them that an earlier daemon left; also with those of which
 * the entry does not know, as nothing but its mark is known of it: they end with it.
 */
export const start = (now: () => Entry, past: ReadonlyArray<RunRecord>) => {
  const own = EntryLogger.of(now())
  const others = past.filter(({ entry }) => own.every(({ logs }) => logs !== entry.logs))
  return Effect.forEach(
    [...own, ...others.map(({ entry }) => entry as EntryLogger.LoggerEntry)],
    Effect.fnUntraced(function*(logger) {
      const before = past.find(({ entry }) => entry.logs === logger.logs)
      const inherited = before && (yield* adopt(before, others.includes(before)))
      return yield* LoggerProcess.start(logger, now, inherited)
    })
  )
}

/** Ends them all, when nothing of the entry writes any more. */
export const end = (loggers: ReadonlyArray<LoggerProcess.LoggerProcess>) =>
  Effect.forEach(loggers, ({ end }) => end, { concurrency: "unbounded", discard: true })

/** Goes on with loggers of an earlier daemon that have but to read what is left: none of them is replaced. */
export const startLast = (past: ReadonlyArray<RunRecord>) =>
  Effect.forEach(
    past,
    Effect.fnUntraced(function*(record) {
      const logger = record.entry as EntryLogger.LoggerEntry
      return yield* LoggerProcess.start(logger, () => logger, yield* adopt(record, true))
    })
  )
