/** What of the command line is bundled apart from the rest, and loaded only where it is needed. */
import type { Plugin } from "esbuild"
import * as path from "node:path"

/** Plain questions and orders, in one file and without Effect. */
export const quick = "bin"

/** All commands, by effect/cli; and the daemon, which does without it and has an Effect of its own. */
export const thorough = ["main", "daemon"] as const

/** What that and the rest need now and then. */
export const late = ["late/StrictAnswer", "late/StrictStatus", "late/WideText"] as const

/** Leaves these modules of the command line where they are, files beside the one that imports them dynamically. */
export const elsewhere = (packages: string, modules: ReadonlyArray<string>): Plugin => ({
  name: "elsewhere",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\..*\.ts$/ }, ({ kind, path: given, resolveDir }) => {
      const source = `${packages}cli/src/`
      const module = path.relative(source, path.resolve(resolveDir, given)).replace(/\.ts$/, "")
      return kind === "dynamic-import" && modules.includes(module)
        ? { path: `./${module}.js`, external: true }
        : undefined
    })
})
