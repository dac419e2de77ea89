import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Spawner } from "../Spawner.ts"
import type { Scripts } from "./ScriptedSystem.ts"
import * as ScriptedSystem from "./ScriptedSystem.ts"
import type { Trace } from "./Trace.ts"

export type { Script, Scripts } from "./ScriptedSystem.ts"

/** A spawner on a scripted system of its own: see there. */
export const layer = (scripts: Scripts = {}): Layer.Layer<Spawner, never, Trace> =>
  Layer.effect(
    Spawner,
    Effect.flatMap(ScriptedSystem.ScriptedSystem, ({ hold }) => Effect.map(hold, ({ spawner }) => spawner))
  ).pipe(Layer.provide(ScriptedSystem.layer(scripts)))
