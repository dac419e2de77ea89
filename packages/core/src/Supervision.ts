import { InvalidCltab } from "@clinit/protocol/ClinitRpcs"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Cltab from "./Cltab.ts"
import * as CltabSettings from "./CltabSettings.ts"
import type { CltabUnreadable } from "./CltabSource.ts"
import { Daemon } from "./Daemon.ts"
import * as Escalation from "./Escalation.ts"
import { History } from "./History.ts"
import { Ledger } from "./Ledger.ts"
import { LoadedCltab, withSettings } from "./LoadedCltab.ts"
import type { ContainmentUnavailable, SpawnerOptions } from "./Machine.ts"
import { Machine } from "./Machine.ts"
import type { Spawner } from "./Spawner.ts"
import { StatusBoard } from "./StatusBoard.ts"
import { Trouble } from "./Trouble.ts"

/** Where the groups and their entries are described: a file, which each order reads again; or a text, once and for all. */
export type Source = { readonly cltab: string } | { readonly text: string }

/** Times that no setting is for. */
export interface Timings {
  /** By how much each further try of a stop's last step waits longer than the one before; 5 s unless given. */
  readonly stopRepeat?: Duration.Input
}

export interface Options {
  /** What holds for the whole supervisor unless a line of the cltab says otherwise. */
  readonly settings?: CltabSettings.Settings
  readonly timings?: Timings
}

/** What a supervisor is made of. */
export type Parts = Daemon | LoadedCltab | StatusBoard | History | Trouble

const textName = "cltab"

/** Loads the cltab: without a valid one there is nothing to start with. */
export const loaded = (
  { settings = {}, ...source }: Source & Options
): Effect.Effect<Context.Context<LoadedCltab>, InvalidCltab | CltabUnreadable, Machine | Scope.Scope> =>
  Effect.gen(function*() {
    if ("cltab" in source) {
      const machine = yield* Machine
      return yield* Layer.build(
        Layer.provide(LoadedCltab.under(settings), machine.cltab(source.cltab))
      )
    }
    const cltab = withSettings(settings, Cltab.parse(source.text))
    if (Cltab.isValid(cltab)) return yield* Layer.build(LoadedCltab.fixed(textName, cltab))
    return yield* new InvalidCltab({ file: textName, diagnostics: cltab.diagnostics })
  })

/** What starts the processes of this supervisor. */
export const spawner = (
  options: Omit<SpawnerOptions, "containment">
): Effect.Effect<Layer.Layer<Spawner, ContainmentUnavailable>, never, Machine | LoadedCltab> =>
  Effect.gen(function*() {
    const machine = yield* Machine
    const { settings } = (yield* LoadedCltab).current()
    return machine.spawner({ ...options, containment: settings.containment?.value })
  })

/** Starts the daemon with these timings. */
export const daemon = ({ timings: { stopRepeat } = {} }: Pick<Options, "timings">) => {
  const build = Layer.build(Daemon.layer)
  if (stopRepeat === undefined) return build
  return Effect.flatMap(Escalation.StopPlan, (plan) =>
    Effect.provideService(build, Escalation.StopPlan, {
      ...plan,
      repeatMillis: Duration.toMillis(stopRepeat)
    }))
}

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
  const base = Context.merge(yield* loaded(options), yield* Layer.build(Layer.fresh(Trouble.layer)))
  const name = (yield* Random.next).toString(36).slice(2)
  const ownSpawner = yield* Effect.provideContext(spawner({ name }), base)
  // Another supervisor in this process has others of its own, even if both are built as parts of one layer.
  const system = yield* Layer.build(
    Layer.fresh(Layer.mergeAll(Ledger.volatile, StatusBoard.layer, ownSpawner))
  )
  const parts = Context.merge(base, system)
  return Context.merge(parts, yield* Effect.provideContext(daemon(options), parts))
})
