import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core"
import { describe, expect, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { publint } from "publint"
import { formatMessage } from "publint/utils"
import { inject } from "vitest"
import * as PublicModules from "../../scripts/PublicModules.ts"
import * as Consumer from "./support/Consumer.ts"

const { tarballs } = inject("consumer")

/** The TypeScript files of a package, without `.ts`. */
const modules = (name: string): ReadonlyArray<string> =>
  readdirSync(`${Consumer.root}packages/${name}/src`, { recursive: true, encoding: "utf8" })
    .flatMap((file) => file.endsWith(".ts") ? [file.slice(0, -".ts".length)] : [])

const documents = ["LICENSE", "README.md", "package.json"]

/** What publint finds and is meant to be so: for this repository's tests the command line is importable, too. */
const meant: ReadonlyArray<string> = [
  `pkg.exports["./*"]["@clinit/source"] is ./src/*.ts but does not match any files.`
]

describe("the tarballs", () => {
  it.each(tarballs.filter(({ name }) => name !== "cli"))(
    "of $name hold each module as JavaScript, types and source, its maps, JSON Schemas, licence and README, and nothing else",
    ({ name, paths }) => {
      const built = modules(name).flatMap((module) =>
        [".js", ".js.map", ".d.ts", ".d.ts.map"].map((end) => `dist/${module}${end}`)
      )
      const schemas = paths.filter((path) => /^schema\/[\w-]+\.json$/.test(path))
      expect(paths).toEqual(
        [...documents, ...schemas, ...built, ...modules(name).map((module) => `src/${module}.ts`)].sort()
      )
    }
  )

  it("of cli hold the bundle, the manual, JSON Schemas, licence and README, and nothing else", () => {
    const { paths } = tarballs.find(({ name }) => name === "cli")!
    expect(paths.filter((path) => !/^(?:dist\/.*\.c?js|man\/\w+\.\d|schema\/[\w-]+\.json)$/.test(path)))
      .toEqual(
        documents
      )
  })

  it.each(tarballs)("of $name give publint nothing to say", async ({ file, name }) => {
    const bytes = new Uint8Array(readFileSync(file))
    const { messages, pkg } = await publint({ pack: { tarball: bytes.buffer }, strict: true })
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual(
      name === "cli" ? meant : []
    )
  })

  it.each(tarballs)(
    "of $name have types that resolve as the code does, for programs that are modules",
    async ({ file, name }) => {
      const result = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(file))))
      if (name === "cli") return expect(result.types).toBe(false)
      // The packages are modules only, and have no folders that could stand in for `exports`.
      const without = ["node10", "node16-cjs"]
      const problems = "problems" in result ? result.problems : ["no types"]
      expect(
        problems.filter((problem) =>
          typeof problem === "string" || !("resolutionKind" in problem) ||
          !without.includes(problem.resolutionKind)
        )
      ).toEqual([])
      expect(
        "entrypoints" in result
          ? Object.values(result.entrypoints).flatMap(({ hasTypes, subpath }) => hasTypes ? [subpath] : [])
          : []
      ).toEqual(PublicModules.of(name).map((module) => module.name.replace(`@clinit/${name}`, ".")))
    }
  )
})
