import { expect, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import * as PublicModules from "../../scripts/PublicModules.ts"
import { root } from "./support/Consumer.ts"

/** Modules that may change before that. What is lost then is the export of telemetry, which is loaded when a setting asks for it. */
const unstable: ReadonlyArray<string> = [
  "core/node/OtlpExport.ts imports http/FetchHttpClient",
  "core/node/OtlpExport.ts imports observability/Otlp",
  "core/node/PrometheusEndpoint.ts imports observability/PrometheusMetrics"
]

it("the packages use modules of Effect that are stable until its next major version, as their peer range says, or are known not to be", () => {
  const imported = PublicModules.libraries.flatMap((library) => {
    const sources = `${root}packages/${library}/src/`
    return readdirSync(sources, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .flatMap((file) =>
        Array.from(
          readFileSync(sources + file, "utf8").matchAll(/ from "effect\/(.+)"$/gm),
          ([, module]) => ({
            file: `${library}/${file}`,
            module: module!
          })
        )
      )
  })
  expect(imported.length).toBeGreaterThan(100)
  const found = imported.filter(({ module }) =>
    !/^ \* @stability stable$/m.test(readFileSync(`${root}node_modules/effect/src/${module}.ts`, "utf8"))
  )
  expect(found.map(({ file, module }) => `${file} imports ${module}`).sort()).toEqual(unstable)
  const { peerDependencies } = JSON.parse(readFileSync(`${root}packages/core/package.json`, "utf8"))
  expect(peerDependencies).toEqual({ effect: "^4.1.0" })
})
