import { describe, expect, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import * as Program from "./support/Program.ts"
import type { Scratch } from "./support/Scratch.ts"
import { inScratch } from "./support/Scratch.ts"
import { withoutTimes } from "./support/Times.ts"

const document = readFileSync(new URL("../../../docs/cltab.md", import.meta.url), "utf8")

/** The directory of the document's examples. */
const place = "/srv/shop"

interface Example {
  readonly title: string
  readonly cltab: string
  readonly needsRoot: boolean
  /** Commands, each with what it prints. */
  readonly steps: ReadonlyArray<readonly [command: string, output: string]>
}

const stepsOf = (console: string): Example["steps"] =>
  console.split(/^\$ /mu).slice(1).map((step) => {
    const end = step.indexOf("\n")
    return [step.slice(0, end), step.slice(end + 1)]
  })

const examples: ReadonlyArray<Example> = [
  ...document.matchAll(/^```cltab\n(?<cltab>.*?)^```\n\n```console(?<needs>[^\n]*)\n(?<console>.*?)^```$/gmsu)
].map(({ groups, index }, number) => ({
  title: `${number + 1}: ${document.slice(0, index).match(/^#+ .*$/gmu)?.at(-1)?.replace(/^#+ /u, "")}`,
  cltab: groups!["cltab"]!,
  needsRoot: groups!["needs"] === " root",
  steps: stepsOf(groups!["console"]!)
}))

/** What differs from run to run: pids, times of day, and how long something has been so. */
const withoutChance = (text: string) =>
  withoutTimes(text).replaceAll(/\bpid \d+/g, "pid 4711").replaceAll(
    /\d{4}-\d\d-\d\dT[\d:.]+Z/g,
    "2026-01-01T00:00:00.000Z"
  )

const run = async (scratch: Scratch, command: string) => {
  const clinit = `clinit() { '${process.execPath}' '${Program.bundle}' -c '${scratch.cltab}' "$@"; }`
  const { stdout } = await scratch.start("/bin/sh", ["-c", `exec 2>&1; ${clinit}; ${command}`]).finished()
  return stdout.replaceAll(scratch.directory, place)
}

describe.concurrent("docs/cltab.md", () => {
  for (const { cltab, needsRoot, steps, title } of examples) {
    it.skipIf(needsRoot && process.getuid?.() !== 0)(
      `example ${title}`,
      inScratch(async (scratch) => {
        const settings = [
          `:::socket:${scratch.socket}`,
          ...(cltab.includes(":::clstat:") ? [] : [`:::clstat:${scratch.clstat}`])
        ]
        scratch.write("cltab", [cltab.replaceAll(place, scratch.directory).trimEnd(), ...settings])
        await scratch.restart()
        const { containment } = await scratch.status()
        const shown: Array<string> = []
        for (const [command] of steps) {
          shown.push(`$ ${command}\n${withoutChance(await run(scratch, command))}`)
        }
        const expected = steps.map(([command, output]) =>
          `$ ${command}\n${withoutChance(output).replaceAll("[cgroup]", `[${containment}]`)}`
        )
        expect(shown.join("")).toBe(expected.join(""))
      })
    )
  }

  it("has an example for every part of it that describes a setting", () => {
    const parts = [...document.matchAll(/^### (.*)$/gmu)].map(([, heading]) => heading!)
    const titles = examples.map(({ title }) => title.replace(/^\d+: /u, ""))
    expect(parts.filter((part) => !titles.includes(part))).toEqual(["Levels", "Modes", "Commands"])
  })
})
