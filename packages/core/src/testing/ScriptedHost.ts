import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Kind } from "../CltabHost.ts"
import { CltabHost } from "../CltabHost.ts"

/** A machine that has just this; paths not listed are missing. */
export interface Machine {
  readonly path?: string | undefined
  readonly directory?: string
  readonly kinds?: Readonly<Record<string, Kind>>
  readonly users?: ReadonlyArray<string>
  readonly groups?: ReadonlyArray<string>
}

/** A host for tests. */
export const layer = (machine: Machine): Layer.Layer<CltabHost> => {
  const { directory = "/here", groups = [], kinds = {}, users = [] } = machine
  return Layer.succeed(CltabHost, {
    path: "path" in machine ? machine.path : "/usr/bin:/bin",
    directory,
    kindOf: (path) => Effect.succeed(kinds[path.replaceAll("/./", "/")] ?? "missing"),
    hasUser: (name) => Effect.succeed(users.includes(name)),
    hasGroup: (name) => Effect.succeed(groups.includes(name))
  })
}
