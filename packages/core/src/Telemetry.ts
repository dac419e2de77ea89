import type { GroupName, Tag } from "@clinit/protocol/Names"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import { History } from "./History.ts"
import { LoadedCltab } from "./LoadedCltab.ts"
import * as Meter from "./Meter.ts"
import * as Metrics from "./Metrics.ts"
import * as Observation from "./Observation.ts"
import * as Spans from "./Spans.ts"
import * as StateGauges from "./StateGauges.ts"
import { StatusBoard } from "./StatusBoard.ts"

/**
 * Whether somebody may read metrics and spans beside those whom settings of the cltab name, as a program does that embeds
 * the supervisor. A daemon that has no reader at all measures nothing: it would keep a series for each counter of each entry.
 */
export const HasOtherReaders = Context.Reference<boolean>("@clinit/core/Telemetry/HasOtherReaders", {
  defaultValue: () => true
})

/**
 * Over a status board and a history the same ones that are also measured: metrics in the context's registry, spans by the
 * context's tracer. Gauges read the board itself, all else is derived from the calls that change it, so that neither can
 * say anything but what is published.
 *
 * The metrics carry the context's `Metric.CurrentMetricAttributes`: see `named`. When the scope closes the gauges are
 * gone and open spans end; what was counted stays in the registry.
 */
export const over: Layer.Layer<StatusBoard | History, never, StatusBoard | History | LoadedCltab> = Layer
  .effectContext(
    Effect.gen(function*() {
      const board = yield* StatusBoard
      const history = yield* History
      const cltab = yield* LoadedCltab
      const clock = yield* Clock.Clock
      const context = yield* Effect.context<never>()
      const spans = Spans.make(context)
      const meter = Meter.make(context)
      const names = configured(cltab)
      const gauges = StateGauges.make(context, board, () => {
        const { groups } = names()
        return groups.size - board.groups().filter(({ group }) => groups.has(group)).length
      })
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          gauges.removeAll()
          spans?.close()
        })
      )
      const observation = Observation.make(
        spans === undefined ? meter.record : (occurrence) => {
          meter.record(occurrence)
          spans.record(occurrence)
        },
        () => clock.monotonicTimeNanosUnsafe()
      )

      let known = names()
      /** What is not even down will be forgotten when it is. */
      const forgetGone = () => {
        const now = names()
        if (now === known) return
        known = now
        meter.forgetOthers((group, tag) =>
          now.entries.has(nameOf({ group, tag })) || board.process(group, tag as Tag) !== undefined
        )
      }

      // After the change itself and uninterruptible, so that nothing is told of that was not published, nor left out.
      return Context.make(History, {
        ...history,
        record(draft) {
          history.record(draft)
          forgetGone() // each order that reads the cltab again is recorded
          if (draft.what._tag === "Decided" && draft.group !== undefined) {
            observation.decided(draft.group, draft.what)
          }
        }
      }).pipe(Context.add(StatusBoard, {
        ...board,
        setGroup: (group, level, state, since) =>
          told(board.setGroup(group, level, state, since), () => {
            gauges.add(group)
            observation.setGroup(group, state)
          }),
        removeGroup: (group) =>
          told(board.removeGroup(group), () => {
            observation.removeGroup(group)
            gauges.remove(group)
            meter.forgetGroup(group)
          }),
        setProcess: (entry, state, facts) =>
          told(
            board.setProcess(entry, state, facts),
            () => observation.setProcess(entry, state, facts, board.process(entry.group, entry.tag))
          ),
        removeProcess: (entry, end) =>
          told(board.removeProcess(entry, end), () => {
            observation.removeProcess(entry, end)
            if (!names().entries.has(nameOf(entry))) meter.forgetEntry(entry.group, entry.tag)
          })
      }))
    })
  )

const told = (change: Effect.Effect<void>, tell: () => void) =>
  Effect.uninterruptible(Effect.map(change, tell))

const nameOf = ({ group, tag }: { readonly group: GroupName; readonly tag: string }) => `${group}:${tag}`

/** What the cltab in force has, looked up anew only when it is another one. */
const configured = (cltab: LoadedCltab["Service"]) => {
  const look = () => {
    const { entries } = cltab.current()
    return {
      of: entries,
      groups: new Set(entries.map(({ group }) => group)),
      entries: new Set(entries.map(nameOf))
    }
  }
  let known = look()
  return () => known.of === cltab.current().entries ? known : known = look()
}

/** What tells the metrics of several daemons apart that share a registry. */
const label = "daemon"

/**
 * Metrics that are made under this layer have a label `daemon` with the name. If the registry has a daemon of that name
 * at the moment, a number is added to it (`shop-2`); a single daemon without a name goes without the label.
 */
export const named = (name?: string): Layer.Layer<never> =>
  Layer.effectContext(Effect.gen(function*() {
    const registry = yield* Metric.MetricRegistry
    const attributes = yield* Metric.CurrentMetricAttributes
    const taken = new Set(
      Array.from(registry.values(), (each) =>
        each.id === Metrics.definitions.info.name ? each.attributes?.[label] ?? "" : undefined)
    )
    const free = freeName(name ?? "", taken)
    const own = free === "" ? attributes : { ...attributes, [label]: free }
    const context = Context.make(Metric.CurrentMetricAttributes, own)
    const all = Context.merge(yield* Effect.context<never>(), context)
    const info = Metrics.register("info", {}, all, () =>
      1)
    yield* Effect.addFinalizer(() => Effect.sync(info.remove))
    return context as Context.Context<never>
  }))

const freeName = (name: string, taken: ReadonlySet<string | undefined>): string => {
  if (!taken.has(name)) return name
  for (let number = 2;; number++) {
    const next = name === "" ? String(number) : `${name}-${number}`
    if (!taken.has(next)) return next
  }
}
