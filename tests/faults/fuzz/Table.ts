import * as Memory from "./Memory.ts"
import type { Result } from "./Run.ts"

const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1)

const heads = [
  "target",
  "inputs",
  "seconds",
  "cpu s",
  "inputs/s",
  "slowest ms",
  "heap 20 %",
  "heap end",
  "rss 20 %",
  "rss end",
  "failed"
]

const row = (
  { failed, inputs, samples, seconds, slowest, target, cpuSeconds }: Result
): ReadonlyArray<string> => {
  const { early, late } = Memory.compare(samples)
  const memory = [early.heap, late.heap, early.rss, late.rss].map((bytes) =>
    Number.isNaN(bytes) ? "-" : mebibytes(bytes)
  )
  return [
    target,
    String(inputs),
    seconds.toFixed(1),
    cpuSeconds.toFixed(1),
    String(Math.round(inputs / seconds)),
    `${slowest.millis.toFixed(0)} (#${slowest.index})`,
    ...memory,
    String(failed)
  ]
}

/** The results as a table for the terminal; memory is in MiB. */
export const render = (results: ReadonlyArray<Result>): string => {
  const rows = [heads, ...results.map(row)]
  const widths = heads.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)))
  return rows.map((cells) =>
    cells.map((cell, column) => column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)).join(
      "  "
    )
  ).join("\n")
}
