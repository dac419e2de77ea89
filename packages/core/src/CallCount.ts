import type { Method } from "@clinit/protocol/ClinitRpcs"
import type * as Context from "effect/Context"
import * as Metrics from "./Metrics.ts"

/** Counts the calls of a daemon's server. */
export interface CallCount {
  readonly called: (method: Method) => void
  /** The reason is the name of an error that a call can be refused with: there are few. */
  readonly refused: (method: Method, reason: string) => void
}

/** Counts in the context's metric registry. */
export const make = (context: Context.Context<never>): CallCount => ({
  called: (method) => Metrics.counter("calls", { method }).updateUnsafe(1, context),
  refused: (method, reason) => Metrics.counter("callRefusals", { method, reason }).updateUnsafe(1, context)
})
