import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"

/** A metric as it is exposed. A label `group` or `tag` has the cltab's names: it has no more values than that. */
export interface Definition {
  readonly name: string
  readonly type: "counter" | "gauge" | "histogram"
  readonly labels: ReadonlyArray<string>
  /** What it counts or measures, and when that changes; a histogram's unit is seconds. */
  readonly help: string
}

/**
 * The upper bounds of the histograms' buckets, in seconds. Those of 5, 15 and 30 are where the default stop plan takes
 * its steps: what is above 15 was killed.
 */
// dprint-ignore
export const boundaries: ReadonlyArray<number> = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 300
]

const define = <const D extends { readonly [Key in string]: Definition }>(definitions: D): D => definitions

/** Every metric of clinit. */
export const definitions = define({
  info: {
    name: "clinit_info",
    type: "gauge",
    labels: [],
    help: "1 for each daemon that is there."
  },
  groups: {
    name: "clinit_groups",
    type: "gauge",
    labels: ["state"],
    help: "Groups in this state, those that were never told anything among the CONFIGURED."
  },
  groupState: {
    name: "clinit_group_state",
    type: "gauge",
    labels: ["group", "state"],
    help: "1 for the state that a group is in, 0 for the others; of groups that were told."
  },
  processes: {
    name: "clinit_processes",
    type: "gauge",
    labels: ["group", "state"],
    help: "Entries in this state; of groups that were told."
  },
  transition: {
    name: "clinit_transition_seconds",
    type: "histogram",
    labels: ["group", "outcome"],
    help: "From the decision about a level or a halt to its outcome."
  },
  starts: {
    name: "clinit_process_starts_total",
    type: "counter",
    labels: ["group", "tag"],
    help: "Starts of an entry, refused ones among them."
  },
  restarts: {
    name: "clinit_process_restarts_total",
    type: "counter",
    labels: ["group", "tag"],
    help: "Starts of an entry after the first since it was stopped."
  },
  refusals: {
    name: "clinit_process_start_failures_total",
    type: "counter",
    labels: ["group", "tag"],
    help: "Starts that the operating system refused."
  },
  ends: {
    name: "clinit_process_ends_total",
    type: "counter",
    labels: ["group", "tag", "end"],
    help:
      "Runs that ended without being told to, by end: success (exit code 0), failure, signal, timeout or unknown."
  },
  pauses: {
    name: "clinit_process_pauses_total",
    type: "counter",
    labels: ["group", "tag"],
    help: "Pauses before the next start, as the entry ended or was refused too often."
  },
  giveUps: {
    name: "clinit_process_give_ups_total",
    type: "counter",
    labels: ["group", "tag"],
    help: "Times that a respawn entry was given up."
  },
  escalations: {
    name: "clinit_process_escalations_total",
    type: "counter",
    labels: ["group", "tag", "signal"],
    help: "Steps of stops beyond the first, by the signal that was sent, or command."
  },
  start: {
    name: "clinit_process_start_seconds",
    type: "histogram",
    labels: ["group"],
    help: "From the start of an entry to its process running."
  },
  stop: {
    name: "clinit_process_stop_seconds",
    type: "histogram",
    labels: ["group"],
    help: "From the first step of a stop until nothing of the process tree is left."
  },
  clients: {
    name: "clinit_clients",
    type: "gauge",
    labels: [],
    help: "Clients that are connected to the socket."
  },
  calls: {
    name: "clinit_calls_total",
    type: "counter",
    labels: ["method"],
    help: "Calls over the socket."
  },
  callRefusals: {
    name: "clinit_call_refusals_total",
    type: "counter",
    labels: ["method", "reason"],
    help: "Calls over the socket that were refused, by the error."
  }
})

export type Name = keyof typeof definitions
export type OfType<Type> = { [N in Name]: (typeof definitions)[N]["type"] extends Type ? N : never }[Name]
export type Labels = Readonly<Record<string, string>>

const described = ({ help, name }: Definition, attributes: Labels) =>
  [name, { description: help, attributes }] as const

/** The gauge with these labels. */
export const gauge = (name: OfType<"gauge">, labels: Labels = {}): Metric.Gauge<number> =>
  Metric.gauge(...described(definitions[name], labels))

/** The gauge with these labels in the context's registry, until it is removed: who looks at it reads the value. */
export const register = (
  name: OfType<"gauge">,
  labels: Labels,
  context: Context.Context<never>,
  read: () => number
): Metric.Registration =>
  Metric.registerUnsafe(gauge(name, labels), context, {
    get: () => ({ value: read() }),
    update: () => {},
    modify: () => {}
  })

/** The counter with these labels. */
export const counter = (name: OfType<"counter">, labels: Labels): Metric.Counter<number> => {
  const [id, options] = described(definitions[name], labels)
  return Metric.counter(id, { ...options, incremental: true })
}

/** The histogram, in seconds, with these labels. */
export const histogram = (name: OfType<"histogram">, labels: Labels): Metric.Histogram<number> => {
  const [id, { attributes, description }] = described(definitions[name], labels)
  return Metric.histogram(id, { description, attributes: { ...attributes, unit: "s" }, boundaries })
}
