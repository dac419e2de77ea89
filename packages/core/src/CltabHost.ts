import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

/** What is at a path; `unknown` if that cannot be seen from here. */
export type Kind = "missing" | "directory" | "file" | "program" | "other" | "unknown"

/** The machine that a cltab is for, as far as can be asked without doing anything. */
export class CltabHost extends Context.Service<CltabHost, {
  /** The PATH of this process. */
  readonly path: string | undefined
  /** The working directory of this process: absolute. */
  readonly directory: string
  /** What is at the absolute path, symbolic links followed. A file that anybody may execute is a program. */
  readonly kindOf: (path: string) => Effect.Effect<Kind>
  /** Whether there is a user account of this name; true if that cannot be found out. */
  readonly hasUser: (name: string) => Effect.Effect<boolean>
  /** Whether there is a group of accounts of this name; true if that cannot be found out. */
  readonly hasGroup: (name: string) => Effect.Effect<boolean>
}>()("@clinit/core/CltabHost") {}
