/** Figures as a table for a terminal and as one for a document; pure. */
import { ratio } from "./Figure.ts"
import type { Figure } from "./Figure.ts"
import * as Goals from "./Goals.ts"
import type { Sample } from "./Statistics.ts"

/** What is needed to know what figures mean. */
export interface Run {
  readonly when: string
  readonly commit: string
  readonly node: string
  readonly kernel: string
  readonly processor: string
  readonly cores: number
  readonly memoryGiB: number
  /** What the machine did otherwise: its load before the first figure. */
  readonly load: number
  readonly scale: string
  readonly figures: ReadonlyArray<Figure>
}

const number = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2)

const spread = ({ max, median, min, values }: Sample): string =>
  values.length === 1 ? number(median) : `${number(median)} (${number(min)}..${number(max)})`

const entries = ({ range, size }: Figure): string =>
  range?.join(" to ") ?? (size === undefined ? "" : String(size))

const floors = (figure: Figure): string =>
  Object.entries(figure.floors).map(([name, floor]) => {
    const times = ratio(figure, name)!
    const isComparable = figure.unit !== "exponent" && Number.isFinite(times)
    return `${name} ${spread(floor)}${isComparable ? `: ${times.toFixed(2)}×` : ""}`
  }).join("; ")

const goal = (goals: ReadonlyArray<Goals.Goal>, figure: Figure): string => {
  const goal = Goals.find(goals, figure)
  if (goal === undefined) return ""
  const bound = goal.of === undefined
    ? `≤ ${goal.atMost} ${unit(figure)}`.trim()
    : `≤ ${goal.atMost}× ${goal.of}`
  return `${bound}: ${Goals.isMet(goal, figure) ? "met" : "missed"}`
}

const unit = (figure: Figure): string => figure.unit === "exponent" ? "" : figure.unit

const cells = (goals: ReadonlyArray<Goals.Goal>, figure: Figure) => [
  figure.what,
  entries(figure),
  `${spread(figure.ours)} ${unit(figure)}`.trim(),
  floors(figure),
  goal(goals, figure)
]

const headings = [
  "figure",
  "entries",
  "measured: median (min..max)",
  "floor of the same run: how many times that",
  "goal"
]

/** Lines for a terminal. */
export const table = (goals: ReadonlyArray<Goals.Goal>, figures: ReadonlyArray<Figure>): string => {
  const rows = [headings, ...figures.map((figure) => cells(goals, figure))]
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd()).join(
    "\n"
  )
}

/** The table that docs/performance.md holds. */
export const markdown = (goals: ReadonlyArray<Goals.Goal>, run: Run): string =>
  [
    `${run.when}, commit ${run.commit}, ${run.scale} run: ${run.cores} cores (${run.processor}), ${run.memoryGiB} GiB, Linux ` +
    `${run.kernel}, Node ${run.node}, load before it ${run.load}.`,
    "",
    `| ${headings.join(" | ")} |`,
    `|${headings.map(() => "---").join("|")}|`,
    ...run.figures.map((figure) => `| ${cells(goals, figure).join(" | ")} |`)
  ].join("\n")

/** The document with the table of this run in place of the one that is there. */
export const fill = (document: string, goals: ReadonlyArray<Goals.Goal>, run: Run): string => {
  const [begin, end] = ["<!-- made: figures -->\n", "\n<!-- end -->"]
  const from = document.indexOf(begin) + begin.length
  const to = document.indexOf(end, from)
  if (from < begin.length || to < 0) throw new Error(`there is no ${begin.trim()} with its ${end.trim()}`)
  return document.slice(0, from) + markdown(goals, run) + document.slice(to)
}

/** What was missed, a line each. */
export const missed = (
  goals: ReadonlyArray<Goals.Goal>,
  figures: ReadonlyArray<Figure>
): ReadonlyArray<string> =>
  figures.flatMap((figure) => {
    const wanted = Goals.find(goals, figure)
    return wanted === undefined || Goals.isMet(wanted, figure)
      ? []
      : [`${cells(goals, figure).filter((cell) => cell !== "").join(", ")}`]
  })
