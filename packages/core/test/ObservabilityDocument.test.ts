import * as Metrics from "@clinit/core/Metrics"
import * as Spans from "@clinit/core/Spans"
import { describe, expect, it } from "@effect/vitest"
import { readFileSync } from "node:fs"

const document = readFileSync(new URL("../../../docs/observability.md", import.meta.url), "utf8")

const row = ({ help, labels, name, type }: Metrics.Definition) => {
  const words = labels.map((label) => `\`${label}\``).join(", ")
  return `| \`${name}\` | ${type} | ${words === "" ? "-" : words} | ${help.replace(/\.$/, "")} |`
}

describe("docs/observability.md", () => {
  it("has every metric as the code has it, in its order, and no other", () => {
    expect(document.split("\n").filter((line) => line.startsWith("| `clinit_"))).toEqual(
      Object.values(Metrics.definitions).map(row)
    )
  })

  it("has the buckets of the histograms", () => {
    expect(document).toContain(Metrics.boundaries.join(", "))
  })

  it("has the names of the spans", () => {
    for (const name of Object.values(Spans.names)) expect(document).toContain(`\`${name}\``)
  })
})
