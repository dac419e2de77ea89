/** Builds the packages that others import, protocol and core, into their dist, and removes from there what has no source any more. */
import { execFileSync } from "node:child_process"
import { existsSync, readdirSync, rmSync } from "node:fs"
import { libraries } from "./PublicModules.ts"

const root = new URL("../", import.meta.url).pathname

// The project of what belongs to Node refers to that of its package's other modules, and nobody else need refer to it.
const projects = libraries.map((name) => `packages/${name}/src/node`)
execFileSync(`${root}node_modules/.bin/tsc`, ["-b", ...projects], { cwd: root, stdio: "inherit" })
for (const name of libraries) {
  const [source, built] = [`${root}packages/${name}/src/`, `${root}packages/${name}/dist/`]
  for (const file of readdirSync(built, { recursive: true, encoding: "utf8" })) {
    const [, module] = /^(.+?)(?:\.d\.ts|\.js)(?:\.map)?$/.exec(file) ?? []
    if (module !== undefined && !existsSync(`${source}${module}.ts`)) rmSync(`${built}${file}`)
  }
}
