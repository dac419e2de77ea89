/** Builds the packages that others import, protocol and core, into their dist, and removes from there what has no source any more. */
import { execFileSync } from "node:child_process"
import { existsSync, readdirSync, rmSync } from "node:fs"

const root = new URL("../", import.meta.url).pathname

execFileSync(`${root}node_modules/.bin/tsc`, ["-b", "packages/core/src/node"], {
  cwd: root,
  stdio: "inherit"
})
for (const name of ["protocol", "core"]) {
  const [source, built] = [`${root}packages/${name}/src/`, `${root}packages/${name}/dist/`]
  for (const file of readdirSync(built, { recursive: true, encoding: "utf8" })) {
    const [, module] = /^(.+?)(?:\.d\.ts|\.js)(?:\.map)?$/.exec(file) ?? []
    if (module !== undefined && !existsSync(`${source}${module}.ts`)) rmSync(`${built}${file}`)
  }
}
