import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TraceRecord from "./TraceRecord.ts"

/** What happened, in order. A line of it has the time in seconds: `5s a SIGTERM`. */
export class Trace extends Context.Service<Trace, {
  readonly add: (occurrence: TraceRecord.Occurrence) => Effect.Effect<void>
  /** Adds a line of a test's own. */
  readonly note: (words: string) => Effect.Effect<void>
  /** The records so far. */
  readonly records: () => ReadonlyArray<TraceRecord.TraceRecord>
  /** The records since the last call of this or of `news`. */
  readonly newRecords: () => ReadonlyArray<TraceRecord.TraceRecord>
  /** The lines so far. */
  readonly lines: () => ReadonlyArray<string>
  /** The lines since the last call of this or of `newRecords`. */
  readonly news: () => ReadonlyArray<string>
}>()("@clinit/core/testing/Trace") {
  static readonly layer: Layer.Layer<Trace> = Layer.effect(
    Trace,
    Effect.gen(function*() {
      const start = yield* Clock.currentTimeMillis
      const records: Array<TraceRecord.TraceRecord> = []
      let read = 0
      const newRecords = () => {
        const news = records.slice(read)
        read = records.length
        return news
      }
      const add = Effect.fnUntraced(function*(occurrence: TraceRecord.Occurrence) {
        records.push({ atMillis: (yield* Clock.currentTimeMillis) - start, ...occurrence })
      })
      return {
        add,
        note: (words) => add({ what: { _tag: "Noted", words } }),
        records: () => records,
        newRecords,
        lines: () => records.map(TraceRecord.print),
        news: () => newRecords().map(TraceRecord.print)
      }
    })
  )
}
