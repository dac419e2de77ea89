import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Otlp from "effect/observability/Otlp"
import { Trouble } from "../Trouble.ts"

/** Where to export to, and as what. */
export interface Options {
  /** The collector's address, before `/v1/traces`. */
  readonly url: string
  readonly version: string
}

/** How often is exported, and what is waited for. */
export interface Times {
  readonly metrics: Duration.Duration
  readonly traces: Duration.Duration
  readonly logs: Duration.Duration
  /** An answer that has not begun by then does not come. */
  readonly patience: Duration.Duration
  /** The end of the daemon waits so long for the last export. */
  readonly last: Duration.Duration
}

export const Times = Context.Reference<Times>("@clinit/core/node/OtlpTimes", {
  defaultValue: () => ({
    metrics: Duration.seconds(10),
    traces: Duration.seconds(5),
    logs: Duration.seconds(1),
    patience: Duration.seconds(5),
    last: Duration.seconds(1)
  })
})

const whyNot = (error: unknown, patience: Duration.Duration): string => {
  if (!(error instanceof Error)) return String(error)
  if (error.name === "TimeoutError") return `no answer within ${Duration.format(patience)}`
  return error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message
}

/** Sends a request, and drops whatever its answer has beyond its head: a collector's answer may be endless. */
const fetchHead = (
  patience: Duration.Duration,
  report: (url: URL, problem: string | undefined) => void
): typeof globalThis.fetch =>
async (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input)
  const limit = AbortSignal.timeout(Duration.toMillis(patience))
  const given = init?.signal
  const signal = given === undefined || given === null ? limit : AbortSignal.any([given, limit])
  try {
    const { body, headers, ok, status } = await globalThis.fetch(input, {
      ...init,
      signal,
      redirect: "error"
    })
    await body?.cancel()
    report(url, ok ? undefined : `answered ${status}`)
    return new Response(null, { status, headers })
  } catch (error) {
    if (given?.aborted !== true) report(url, whyNot(error, patience))
    throw error
  }
}

/**
 * Exports the metrics of the context's registry, the spans and the logs of what runs in the context that this layer makes, by
 * OTLP over HTTP as JSON, while the scope lives; what has happened since the last time is exported at the end. A collector that
 * cannot be reached is a trouble, one for metrics, traces and logs each; what could not be exported is dropped.
 */
export const layer = ({ url, version }: Options): Layer.Layer<never, never, Trouble> =>
  Layer.unwrap(Effect.gen(function*() {
    const trouble = yield* Trouble
    const times = yield* Times
    const run = Effect.runForkWith(yield* Effect.context<never>())
    const base = url.replace(/\/+$/, "")
    const report = ({ pathname }: URL, problem: string | undefined) => {
      const subject = `otlp ${pathname.split("/").at(-1)}`
      run(problem === undefined ? trouble.clear(subject) : trouble.set(subject, `${base}: ${problem}`))
    }
    return Otlp.layerJson({
      baseUrl: base,
      resource: { serviceName: "clinit", serviceVersion: version },
      metricsExportInterval: times.metrics,
      tracerExportInterval: times.traces,
      loggerExportInterval: times.logs,
      shutdownTimeout: times.last
    }).pipe(
      Layer.provide(FetchHttpClient.layer),
      Layer.provide(Layer.succeed(FetchHttpClient.Fetch, fetchHead(times.patience, report)))
    ) as Layer.Layer<never>
  }))
