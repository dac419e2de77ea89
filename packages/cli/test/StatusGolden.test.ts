import * as JsonFormats from "@clinit/cli/JsonFormats"
import * as Paint from "@clinit/cli/status/Paint"
import * as StatusLines from "@clinit/cli/status/StatusLines"
import * as StatusTable from "@clinit/cli/status/StatusTable"
import type { DaemonStatus } from "@clinit/protocol/Status"
import { describe, expect, it } from "@effect/vitest"
import { displayWidth } from "effect/cli/CliOutput"
import { stripVTControlCharacters } from "node:util"
import { everyState, now } from "./support/EveryState.ts"

// The files of golden/ are what is printed; `vitest -u` writes them anew, and the difference has to be read.

const view = { now, all: false, paint: Paint.none }
const table = (columns: number, more: Partial<StatusLines.View> = {}, status: DaemonStatus = everyState) =>
  StatusTable.status({ ...view, ...more }, { columns, widthOf: displayWidth }, status)

describe("clinit status prints", () => {
  for (
    const [file, text] of [
      ["status-120.txt", table(120)],
      ["status-120-all.txt", table(120, { all: true })],
      ["status-120-colour.txt", table(120, { paint: Paint.coloured })],
      ["status-80.txt", table(80)],
      ["status-60.txt", table(60)],
      ["status-lines.txt", StatusLines.status(view, everyState)],
      ["status-lines-all.txt", StatusLines.status({ ...view, all: true }, everyState)],
      ["status-lines-colour.txt", StatusLines.status({ ...view, paint: Paint.coloured }, everyState)],
      ["status.json", `${JSON.stringify({ schema: JsonFormats.ids.status, ...everyState }, null, 2)}\n`]
    ] as const
  ) {
    it(file, async () => {
      await expect(text).toMatchFileSnapshot(`golden/${file}`)
    })
  }
})

describe("a table", () => {
  it("stays within the terminal, but for the names of groups and for trouble", () => {
    const lines = StatusLines.status({ ...view, all: true }, everyState)
    const tables = Array.from(
      { length: 200 },
      (_, columns) => ({ columns, text: table(columns, { all: true }) })
    )
      .filter(({ text }) => text !== lines)
    expect(tables.length).toBeGreaterThan(120)
    for (const { columns, text } of tables) {
      const entries = text.split("\n").filter((line) => line.startsWith("  "))
      for (const line of entries) expect(displayWidth(line)).toBeLessThanOrEqual(columns)
    }
  })

  it("is made of lines instead where the terminal has no room for its columns", () => {
    expect(table(60)).toBe(StatusLines.status(view, everyState))
  })

  it("has the same text in colour as without", () => {
    const colour = stripVTControlCharacters(table(120, { all: true, paint: Paint.coloured }))
    expect(colour).toBe(table(120, { all: true }))
  })

  it("sends a terminal nothing to act on, whatever names and reasons hold", () => {
    // oxlint-disable-next-line no-control-regex
    expect(table(120, { all: true })).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  })

  it("of no groups, or of groups without entries, has no headings", () => {
    expect(table(80, {}, { ...everyState, warnings: [], groups: [] })).toBe("")
    const bare = everyState.groups.filter(({ processes }) => processes.length === 0)
    expect(table(80, {}, { ...everyState, warnings: [], groups: bare })).toBe(
      "going 1 HALTING since 2 s\nnever-told - CONFIGURED\n"
    )
  })
})
