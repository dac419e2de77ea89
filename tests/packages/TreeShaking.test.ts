import { describe, expect, it } from "@effect/vitest"
import { build } from "esbuild"
import { inject } from "vitest"

const { programs } = inject("consumer")

/** What a bundler makes of a program that uses the packages: its size, and which of their modules are in it. */
const bundle = async (program: string) => {
  const { metafile, outputFiles } = await build({
    stdin: { contents: program, resolveDir: programs },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    metafile: true,
    write: false,
    logLevel: "silent"
  })
  const [output] = Object.values(metafile.outputs)
  const modules = Object.entries(output!.inputs).flatMap(([file, { bytesInOutput }]) =>
    bytesInOutput > 0 ? (/@clinit\/(.+)\.js$/.exec(file)?.[1] ?? []) : []
  )
  return {
    modules: modules.map((module) => module.replace("/dist/", "/")).sort(),
    bytes: outputFiles[0]!.contents.length
  }
}

/** What reads a cltab. */
const reader = [
  "core/Cltab",
  "core/CltabEntry",
  "core/CltabScopes",
  "core/CltabSettingLine",
  "core/CltabSettings",
  "core/DaemonPaths",
  "core/ExitCodes",
  "core/ForeignNames",
  "core/LevelList",
  "core/OutputTarget",
  "core/Quotation",
  "core/ResourceLimit",
  "core/SettingValue",
  "core/Signal",
  "core/SourceLine",
  "core/StopSchedule",
  "core/Suggestion",
  "core/TelemetryAddress",
  "protocol/Diagnostic",
  "protocol/NamePattern",
  "protocol/Names",
  "protocol/Status"
]

// A bundle for no platform in particular fails if anything of it imports a module of Node.
describe("a bundled program", () => {
  it("that reads a cltab has the reader in it, and nothing that supervises or belongs to Node", async () => {
    const { bytes, modules } = await bundle(
      `import * as Cltab from "@clinit/core/Cltab"; console.log(Cltab.parse("").entries)`
    )
    expect(modules).toEqual(reader)
    // Most of it are Effect's schemas, by which settings are read.
    expect(bytes).toBeLessThan(115_000)
  })

  it("that uses nothing of what it imports has nothing of it", async () => {
    const { modules } = await bundle(
      `import { ClinitClient } from "@clinit/protocol/ClinitClient"; import { Clinit } from "@clinit/core/Clinit"`
    )
    expect(modules).toEqual([])
  })

  it("that checks a name has the names in it, and none of the calls", async () => {
    const { modules } = await bundle(
      `import { GroupName } from "@clinit/protocol/Names"; console.log(GroupName.make("web"))`
    )
    expect(modules).toEqual(["protocol/NamePattern", "protocol/Names"])
  })
})
