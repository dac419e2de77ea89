/** What of the command line is bundled apart from the rest, and loaded only where it is needed. */
import type { Plugin } from "esbuild"
import * as path from "node:path"

/** Plain questions and orders, in one file and without Effect. */
export const quick = "bin"

/** All commands, by effect/cli; and the daemon, which does without it and has an Effect of its own. */
export const thorough = ["main", "daemon"] as const

/** What that and the rest need now and then. */
export const late = ["late/StrictAnswer", "late/StrictStatus", "late/WideText"] as const

/**
 * Leaves these modules of the command line where they are, files that lie where the bundle lies and are imported dynamically. They are
 * named as seen from there: a bundle in which a file of another folder needs one is refused.
 */
export const elsewhere = (packages: string, modules: ReadonlyArray<string>): Plugin => ({
  name: "elsewhere",
  setup({ initialOptions, onEnd, onResolve }) {
    initialOptions.metafile = true
    const top = path.resolve(initialOptions.outdir ?? path.dirname(initialOptions.outfile ?? ""))
    const names = new Set(modules.map((module) => `./${module}.js`))
    onResolve({ filter: /^\..*\.ts$/ }, ({ kind, path: given, resolveDir }) => {
      const source = `${packages}cli/src/`
      const module = path.relative(source, path.resolve(resolveDir, given)).replace(/\.ts$/, "")
      return kind === "dynamic-import" && modules.includes(module)
        ? { path: `./${module}.js`, external: true }
        : undefined
    })
    onEnd(({ metafile }) => ({
      errors: Object.entries(metafile?.outputs ?? {}).flatMap(([file, { imports }]) =>
        path.dirname(path.resolve(file)) === top ? [] : imports
          .filter(({ external, path }) => external === true && names.has(path))
          .map(({ path }) => ({ text: `${file} would look for ${path} in its own folder` }))
      )
    }))
  }
})
