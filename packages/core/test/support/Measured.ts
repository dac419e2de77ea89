import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"

/** What the registry of the context has, sorted, without comments, buckets, and what is 0. */
export const metrics = (context: Context.Context<never>): ReadonlyArray<string> =>
  PrometheusMetrics.formatUnsafe(context).split("\n").filter((line) =>
    line !== "" && !line.startsWith("#") && !line.includes("_bucket{") && !line.endsWith(" 0")
  ).sort()

/** The spans that were begun, as lines: times in seconds, and those of ended ones `START-END`. */
export const tracing = () => {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span(options) {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  const at = (nanos: bigint) => Number(nanos) / 1e9
  const show = (span: Tracer.NativeSpan): string => {
    const { attributes, events, links, name, parent, status } = span
    const shown = [...attributes].map(([key, value]) => `${key.replace("clinit.", "")}=${String(value)}`)
    const happened = events.map(([name, time, attributes]) =>
      [`${at(time)}s`, name, ...Object.values(attributes).map(String)].join(" ")
    )
    const linked = links.map(({ span: { spanId } }) => spans.findIndex((each) => each.spanId === spanId))
    const how = status._tag === "Started"
      ? "open"
      : Exit.isSuccess(status.exit)
      ? "ok"
      : Exit.hasInterrupts(status.exit)
      ? "interrupted"
      : "error"
    return [
      `${at(status.startTime)}-${status._tag === "Ended" ? at(status.endTime) : ""}s ${name} ${how}`,
      ...shown,
      ...(Option.isSome(parent) ? ["child of a span"] : []),
      ...linked.map((index) => `link=${index}`),
      ...(happened.length === 0 ? [] : [`[${happened.join(", ")}]`])
    ].join(" ")
  }
  return {
    spans,
    lines: (): ReadonlyArray<string> => spans.map(show),
    within: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provideService(effect, Tracer.Tracer, tracer)
  }
}
