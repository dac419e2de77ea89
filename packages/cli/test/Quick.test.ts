import { describe, expect, it } from "@effect/vitest"
import { build } from "esbuild"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { builtins } from "../../../scripts/builtins.ts"
import * as parts from "../../../scripts/parts.ts"

const packages = new URL("../../", import.meta.url).pathname

describe("the file that answers plain questions and gives plain orders", () => {
  const bundled = build({
    entryPoints: [`${packages}cli/src/${parts.quick}.ts`],
    bundle: true,
    format: "esm",
    platform: "node",
    conditions: ["@clinit/source"],
    minify: true,
    write: false,
    metafile: true,
    plugins: [parts.elsewhere(packages, [...parts.thorough, ...parts.late]), builtins(packages)]
  })

  it("has nothing of Effect, nor of any other library, in it", async () => {
    const { metafile } = await bundled
    expect(Object.keys(metafile.inputs).filter((file) => file.includes("node_modules"))).toEqual([])
  })

  it("leaves what it seldom needs where it is", async () => {
    const { metafile } = await bundled
    const [output] = Object.values(metafile.outputs)
    expect(new Set(output!.imports.map(({ path }) => path))).toEqual(
      new Set([...parts.thorough, ...parts.late].map((part) => `./${part}.js`))
    )
  })

  it("takes Node's modules without the parts of them that nobody asks for", async () => {
    const { outputFiles } = await bundled
    expect(outputFiles[0]!.text).not.toMatch(/\bfrom\s*"node:/)
  })

  it("is smaller than 32 KiB", async () => {
    const { outputFiles } = await bundled
    expect(outputFiles[0]!.contents.length).toBeLessThan(32 * 1024)
  })
})

describe("the file that is the daemon", () => {
  it("has nothing of what parses command lines in it", async () => {
    const { metafile } = await build({
      entryPoints: [`${packages}cli/src/daemon.ts`],
      bundle: true,
      format: "esm",
      platform: "node",
      conditions: ["@clinit/source"],
      write: false,
      metafile: true
    })
    const inputs = Object.keys(metafile.inputs)
    expect(inputs.filter((file) => /effect\/(dist|src)\/cli\//.test(file))).toEqual([])
    expect(inputs.some((file) => /effect\/(dist|src)\/Effect\./.test(file))).toBe(true)
  })
})

describe("what is bundled apart", () => {
  const bundled = async (texts: Readonly<Record<string, string>>) => {
    const packages = `${mkdtempSync(`${tmpdir()}/clinit-parts-`)}/`
    try {
      mkdirSync(`${packages}cli/src/late`, { recursive: true })
      for (const [file, text] of Object.entries(texts)) writeFileSync(`${packages}cli/src/${file}`, text)
      return await build({
        absWorkingDir: packages,
        entryPoints: ["cli/src/main.ts"],
        outdir: "dist",
        bundle: true,
        splitting: true,
        format: "esm",
        chunkNames: "chunks/[name]",
        write: false,
        logLevel: "silent",
        plugins: [parts.elsewhere(packages, ["late/Far"])]
      })
    } finally {
      rmSync(packages, { recursive: true })
    }
  }
  const far = "export const far = 1"

  it("is found by what lies at the top", async () => {
    const { errors } = await bundled({ "main.ts": "import(\"./late/Far.ts\")", "late/Far.ts": far })
    expect(errors).toEqual([])
  })

  it("refuses a bundle in which what lies in a folder would look for it there", async () => {
    const bundle = bundled({
      "main.ts": "import(\"./Part.ts\")",
      "Part.ts": "import(\"./late/Far.ts\")",
      "late/Far.ts": far
    })
    await expect(bundle).rejects.toThrow("dist/chunks/Part.js would look for ./late/Far.js in its own folder")
  })
})
