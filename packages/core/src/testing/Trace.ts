import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** What happened, a line each, with the time in seconds: `5s a SIGTERM`. */
export class Trace extends Context.Service<Trace, {
  readonly add: (event: string) => Effect.Effect<void>
  /** The lines so far. */
  readonly lines: () => ReadonlyArray<string>
  /** The lines since the last call of this. */
  readonly news: () => ReadonlyArray<string>
}>()("@clinit/core/testing/Trace") {
  static readonly layer: Layer.Layer<Trace> = Layer.effect(
    Trace,
    Effect.gen(function*() {
      const start = yield* Clock.currentTimeMillis
      const lines: Array<string> = []
      let read = 0
      return {
        add: Effect.fnUntraced(function*(event) {
          lines.push(`${((yield* Clock.currentTimeMillis) - start) / 1000}s ${event}`)
        }),
        lines: () => lines,
        news() {
          const news = lines.slice(read)
          read = lines.length
          return news
        }
      }
    })
  )
}
