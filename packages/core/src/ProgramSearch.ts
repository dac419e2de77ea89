import * as Effect from "effect/Effect"
import type { Kind } from "./CltabHost.ts"

/** The PATH of a command whose environment is a clean one. */
export const cleanPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/** Where a program is looked for. */
export interface Place {
  /** Undefined if it is not known. */
  readonly path: string | undefined
  readonly directory: string
}

/** What is wrong with a program that cannot be run. */
export type Trouble = "missing" | "directory" | "not executable"

const absolute = (directory: string, path: string): string =>
  path.startsWith("/") ? path : `${directory}/${path}`

const troubles: Readonly<Record<Kind, Trouble | undefined>> = {
  missing: "missing",
  directory: "directory",
  file: "not executable",
  other: "not executable",
  program: undefined,
  unknown: undefined
}

/**
 * Looks a program up as a shell does: by its path if it has a slash, else in the directories of the PATH. What cannot be
 * seen is taken for a program.
 */
export const find = Effect.fnUntraced(function*<E, R>(
  name: string,
  { directory, path }: Place,
  kindOf: (path: string) => Effect.Effect<Kind, E, R>
): Effect.fn.Return<Trouble | undefined, E, R> {
  if (name.includes("/")) return troubles[yield* kindOf(absolute(directory, name))]
  if (path === undefined) return undefined
  let isThere = false
  for (const each of path.split(":")) {
    // An empty one is the working directory; one of the same name as the program is passed over.
    const kind = yield* kindOf(`${absolute(directory, each === "" ? "." : each)}/${name}`)
    if (kind === "program" || kind === "unknown") return undefined
    isThere ||= kind === "file" || kind === "other"
  }
  return isThere ? "not executable" : "missing"
})
