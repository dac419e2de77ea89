/**
 * Has a bundle take Node's modules by `process.getBuiltinModule`. To import one as an ES module reads each of its members,
 * and those of `fs` and `util` that are made when they are read load an editor of lines, workers and more: 8 ms for nothing.
 */
import type { Plugin } from "esbuild"
import { readFileSync } from "node:fs"

const imports = /^import (\* as \w+|\{[^}]*\}) from ("node:[^"]+")$/gm

const statement = (_: string, names: string, module: string): string => {
  const taken = names.startsWith("*")
    ? names.slice("* as ".length)
    : names.replaceAll(/\btype \w+,?/g, "").replaceAll(" as ", ": ")
  return `const ${taken} = process.getBuiltinModule(${module})`
}

/** Of the TypeScript below this directory. */
export const builtins = (sources: string): Plugin => ({
  name: "builtins",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, ({ path }) =>
      path.startsWith(sources) && !path.includes("/node_modules/")
        ? { contents: readFileSync(path, "utf8").replaceAll(imports, statement), loader: "ts" }
        : undefined)
})
