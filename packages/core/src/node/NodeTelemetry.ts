import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as CltabSettings from "../CltabSettings.ts"
import { LoadedCltab } from "../LoadedCltab.ts"
import { Trouble } from "../Trouble.ts"

const words = (cause: Cause.Cause<unknown>) => String(Cause.squash(cause)).replaceAll(/\s*\n\s*/g, " ")

/** A part that could not be set up is a trouble: nothing is worth the supervision of everything. */
const loaded = (
  subject: string,
  load: () => Promise<Layer.Layer<never, never, Trouble>>
): Layer.Layer<never, never, Trouble> =>
  Layer.catchCause(Layer.unwrap(Effect.promise(load)), (cause) =>
    Layer.effectDiscard(
      Effect.flatMap(Trouble, (trouble) => trouble.set(subject, `it could not be set up: ${words(cause)}`))
    ))

/**
 * What the cltab in force switches on when this is built: a Prometheus endpoint (`metrics`), and the export of metrics,
 * traces and logs to a collector of OpenTelemetry (`otlp`), by a tracer and a logger beside those that are there. Whatever is
 * not switched on is not even loaded. What stands against either is a trouble for as long, and closing takes a few seconds
 * at most.
 *
 * Everything that is to be exported has to run in the context that this layer makes.
 */
export const layer = (
  identity: { readonly version: string }
): Layer.Layer<never, never, LoadedCltab | Trouble> =>
  Layer.unwrap(Effect.map(LoadedCltab, (cltab) => ofSettings(cltab.current().settings, identity)))

const ofSettings = (
  { metrics, otlp }: CltabSettings.Settings,
  identity: { readonly version: string }
): Layer.Layer<never, never, Trouble> => {
  const endpoint = metrics === undefined ? Layer.empty : loaded(
    "metrics",
    () => import("./PrometheusEndpoint.ts").then((endpoint) => endpoint.layer(metrics.value))
  )
  const exporter = otlp === undefined ? Layer.empty : loaded(
    "otlp",
    () => import("./OtlpExport.ts").then((exporter) => exporter.layer({ url: otlp.value, ...identity }))
  )
  return Layer.merge(endpoint, exporter)
}
