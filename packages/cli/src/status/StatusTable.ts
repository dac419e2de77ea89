import { escape } from "@clinit/core/Quotation"
import type { DaemonStatus, GroupStatus, ProcessStatus, StoppedEntry } from "@clinit/protocol/Status"
import * as DisplayWidth from "../DisplayWidth.ts"
import * as Time from "../Time.ts"
import * as Paint from "./Paint.ts"
import * as StatusLines from "./StatusLines.ts"

/** A terminal: how many columns it has, and how many of them a text takes. */
export interface Screen {
  readonly columns: number
  readonly widthOf: DisplayWidth.WidthOf
}

/** An entry's columns, and behind them what has no column. */
interface Row {
  readonly cells: ReadonlyArray<string>
  readonly tone: Paint.Tone
  readonly rest: ReadonlyArray<string>
}

const headings = ["  ENTRY", "MODE", "STATE", "PID", "SINCE", "RESTARTS"]
const stateColumn = headings.indexOf("STATE")
const numeric: ReadonlySet<number> = new Set([headings.indexOf("PID"), headings.indexOf("RESTARTS")])

/** Less room than this for the rest is none. */
const leastRest = 12

const started = (now: number) => (entry: ProcessStatus): Row => {
  const { mode, restarts, since, state, tag } = entry
  const pid = "pid" in state && state.pid !== undefined ? String(state.pid) : ""
  const done = state._tag === "Stopping" ? StatusLines.stopping(state) : ""
  const held = StatusLines.hold(entry)
  return {
    cells: [
      `  ${escape(tag)}`,
      mode,
      StatusLines.nameOf(state),
      pid,
      Time.span(now - since),
      String(restarts)
    ],
    tone: Paint.ofEntry(state),
    rest: [
      ...(done === "" ? [] : [done]),
      ...StatusLines.next(state, now),
      ...StatusLines.remarks(entry),
      ...(held === "" ? [] : [held])
    ]
  }
}

const stopped = (entry: StoppedEntry): Row => ({
  cells: [`  ${escape(entry.tag)}`, entry.mode, "STOPPED", "", "", ""],
  tone: "idle",
  rest: [StatusLines.reason(entry)]
})

/**
 * The daemon's status for people at a terminal: lasting trouble, then the groups with their entries in columns that are aligned
 * throughout. What has no column of its own is cut where the terminal ends; one that is too narrow for the columns gets
 * the lines that are made for programs.
 */
export const status = (view: StatusLines.View, screen: Screen, daemon: DaemonStatus): string => {
  const { now, paint } = view
  const rowsOf = (group: GroupStatus) => [
    ...group.processes.map(started(now)),
    ...StatusLines.shownOf(group, view).map(stopped)
  ]
  const groups = daemon.groups.map((group) => ({ group, rows: rowsOf(group) }))
  const rows = groups.flatMap(({ rows }) => rows)
  const widths = headings.map((heading, column) =>
    rows.reduce((width, { cells }) => Math.max(width, screen.widthOf(cells[column]!)), heading.length)
  )
  const room = screen.columns - widths.reduce((sum, width) => sum + width + 2, 0)
  if (room < leastRest && rows.length > 0) return StatusLines.status(view, daemon)

  const line = (
    cells: ReadonlyArray<string>,
    toneOf: (column: number) => Paint.Tone | undefined,
    rest = ""
  ) =>
    [
      ...cells.map((cell, column) => {
        const padding = " ".repeat(widths[column]! - screen.widthOf(cell))
        const tone = toneOf(column)
        const painted = tone === undefined ? cell : paint(tone, cell)
        return numeric.has(column) ? padding + painted : painted + padding
      }),
      DisplayWidth.cut(rest, room, screen.widthOf)
    ].join("  ").trimEnd()

  const lines = [
    ...StatusLines.warnings(daemon),
    ...(rows.length === 0 ? [] : [line(headings, () => "heading")]),
    ...groups.flatMap(({ group, rows }) => [
      StatusLines.heading(view, group),
      ...rows.map(({ cells, rest, tone }) =>
        line(cells, (column) => column === stateColumn ? tone : undefined, rest.join(", "))
      )
    ])
  ]
  return lines.map((line) => `${line}\n`).join("")
}
