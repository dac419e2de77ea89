import { readFileSync } from "node:fs"

const packages = new URL("../packages/", import.meta.url).pathname

/** The packages that others import. */
export const libraries = ["protocol", "core"] as const
export type Library = (typeof libraries)[number]

/** A module that a package lets others import. */
export interface PublicModule {
  /** As it is imported: `@clinit/core/Cltab`. */
  readonly name: string
  /** The path of its source, relative to this repository. */
  readonly source: string
}

/** The modules that a package lets others import: those that `exports` of its manifest names for everybody. */
export const of = (library: string): ReadonlyArray<PublicModule> => {
  const { exports } = JSON.parse(readFileSync(`${packages}${library}/package.json`, "utf8")) as {
    exports: Readonly<
      Record<string, string | { readonly "@clinit/source": string; readonly default?: string }>
    >
  }
  return Object.entries(exports).flatMap(([subpath, target]) =>
    typeof target === "object" && target.default !== undefined
      ? [{
        name: `@clinit/${library}${subpath.slice(1)}`,
        source: `packages/${library}${target["@clinit/source"].slice(1)}`
      }]
      : []
  )
}
