import { InvalidCltab } from "@clinit/protocol/ClinitRpcs"
import * as Diagnostic from "@clinit/protocol/Diagnostic"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Cltab from "./Cltab.ts"
import * as CltabInCode from "./CltabInCode.ts"
import * as CltabSettings from "./CltabSettings.ts"
import type { CltabUnreadable } from "./CltabSource.ts"
import { Daemon } from "./Daemon.ts"
import type { InCode, Services, Settings } from "./Entry.ts"
import * as Escalation from "./Escalation.ts"
import * as FiberSpawner from "./FiberSpawner.ts"
import * as FieldInCode from "./FieldInCode.ts"
import * as FreshName from "./FreshName.ts"
import type { History } from "./History.ts"
import { Ledger } from "./Ledger.ts"
import { LoadedCltab, withSettings } from "./LoadedCltab.ts"
import type { ContainmentUnavailable, SpawnerOptions } from "./Machine.ts"
import { Machine } from "./Machine.ts"
import * as SettingInCode from "./SettingInCode.ts"
import type { Spawner } from "./Spawner.ts"
import { StatusBoard } from "./StatusBoard.ts"
import * as Telemetry from "./Telemetry.ts"
import { Trouble } from "./Trouble.ts"

/**
 * Where the groups and their entries are described: in a file, which each order reads again; in a text, or in code, once
 * and for all.
 */
export type Source =
  | { readonly cltab: string }
  | { readonly text: string }
  | { readonly entries: ReadonlyArray<InCode<any>> }

/** What a source can be refused for. */
export type Unusable<S extends Source> =
  | InvalidCltab
  | (S extends { readonly cltab: string } ? CltabUnreadable : never)

/** What the effects among a source's entries need. */
export type Needs<S extends Source> = S extends { readonly entries: ReadonlyArray<infer Item> }
  ? Services<Item>
  : never

/** Times that no setting is for. */
export interface Timings {
  /** By how much each further try of a stop's last step waits longer than the one before; 5 s unless given. */
  readonly stopRepeat?: Duration.Input
}

/** How a supervisor behaves, whatever it supervises. */
export interface Options {
  /** What tells its metrics from those of other supervisors that share the registry, as the label `daemon`. */
  readonly name?: string | undefined
  /** What holds for the whole supervisor unless a line of the cltab says otherwise. */
  readonly settings?: Settings | undefined
  readonly timings?: Timings | undefined
}

/** What a supervisor is made of. */
export type Parts = Daemon | LoadedCltab | StatusBoard | History | Trouble

const textName = "cltab"

/** The cltab in force, and the effects that its fibers run. */
export interface Loaded {
  readonly cltab: Context.Context<LoadedCltab>
  readonly effects: CltabInCode.Written<never>["effects"]
}

const none: Loaded["effects"] = new Map()

/** Refuses, as settings are refused, what is no time: a schedule would not wait, or never come to an end. */
const requireTimes = ({ timings: { stopRepeat } = {} }: Options): Effect.Effect<void, InvalidCltab> => {
  if (stopRepeat === undefined || Option.isSome(SettingInCode.valueOf("timeout", stopRepeat))) {
    return Effect.void
  }
  const { form } = CltabSettings.valueOf("timeout")
  const message = `timings.stopRepeat is ${form}, not ${FieldInCode.shown(stopRepeat)}`
  const diagnostics = [{ severity: "error", line: 0, column: 1, message } as const]
  return Effect.fail(new InvalidCltab({ file: CltabInCode.file, diagnostics }))
}

/** Loads the cltab: without a valid one there is nothing to start with. */
export const load = Effect.fnUntraced(function*(
  source: Source & Options
): Effect.fn.Return<Loaded, InvalidCltab | CltabUnreadable, Machine | Scope.Scope> {
  yield* requireTimes(source)
  if ("entries" in source) {
    const { cltab, effects } = yield* Effect.fromResult(CltabInCode.toCltab(source.entries, source.settings))
    return { cltab: yield* Layer.build(LoadedCltab.fixed(CltabInCode.file, cltab)), effects }
  }
  const { cltab: { diagnostics, settings } } = yield* Effect.fromResult(
    CltabInCode.toCltab([], source.settings)
  )
  for (const each of diagnostics) yield* Effect.logWarning(Diagnostic.format(CltabInCode.file, each))
  if ("cltab" in source) {
    const machine = yield* Machine
    const file = machine.cltab(source.cltab)
    return { cltab: yield* Layer.build(Layer.provide(LoadedCltab.under(settings), file)), effects: none }
  }
  const cltab = withSettings(settings, Cltab.parse(source.text))
  if (!Cltab.isValid(cltab)) {
    return yield* new InvalidCltab({ file: textName, diagnostics: cltab.diagnostics })
  }
  return { cltab: yield* Layer.build(LoadedCltab.fixed(textName, cltab)), effects: none }
})

/** What starts the processes and the fibers of this supervisor. */
export const spawner = (
  { cltab, effects }: Loaded,
  options: Omit<SpawnerOptions, "containment">
): Effect.Effect<Layer.Layer<Spawner, ContainmentUnavailable>, never, Machine> =>
  Effect.map(Machine, (machine) => {
    const { settings } = Context.get(cltab, LoadedCltab).current()
    const processes = machine.spawner({ ...options, containment: settings.containment?.value })
    return effects.size === 0 ? processes : Layer.provide(FiberSpawner.layer(effects), processes)
  })

/** What is there beside the cltab before all else. */
export const alongside = ({ name }: Pick<Options, "name">): Layer.Layer<Trouble> =>
  Layer.merge(Trouble.layer, Telemetry.named(name))

/** Starts the daemon with these timings. */
export const daemon = ({ timings: { stopRepeat } = {} }: Pick<Options, "timings">) =>
  Effect.updateService(
    Layer.build(Daemon.layer),
    Escalation.StopPlan,
    (plan) => stopRepeat === undefined ? plan : { ...plan, repeatMillis: Duration.toMillis(stopRepeat) }
  )

/**
 * Supervises what the source says while the scope lives, and remembers nothing beyond that. The scope's end stops every
 * process and waits for the last.
 */
export const make = Effect.fnUntraced(function*(
  options: Source & Options
): Effect.fn.Return<
  Context.Context<Parts>,
  InvalidCltab | CltabUnreadable | ContainmentUnavailable,
  Machine | Scope.Scope
> {
  const loaded = yield* load(options)
  const base = Context.merge(loaded.cltab, yield* Layer.build(Layer.fresh(alongside(options))))
  const ownSpawner = yield* spawner(loaded, { name: yield* FreshName.make })
  const board = Layer.provideMerge(Telemetry.over, StatusBoard.layer)
  // Another supervisor in this process has others of its own, even if both are built as parts of one layer.
  const system = yield* Layer.build(
    Layer.fresh(Layer.mergeAll(Ledger.volatile, board, ownSpawner))
  ).pipe(Effect.provideContext(base))
  const parts = Context.merge(base, system)
  return Context.merge(parts, yield* Effect.provideContext(daemon(options), parts))
})
