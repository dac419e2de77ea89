import { expect } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { lacks } from "./Conditional.ts"
import * as Program from "./Program.ts"
import type { Scratch } from "./Scratch.ts"
import { withoutTimes } from "./Times.ts"

/** What a document shows as typed and printed, with the cltab that was in force. */
export interface Session {
  readonly title: string
  readonly cltab: string
  /** Why it cannot be replayed here, if it cannot. */
  readonly obstacle: string | undefined
  /** Commands, each with what it prints. */
  readonly steps: ReadonlyArray<Step>
}

interface Step {
  readonly command: string
  readonly output: string
  readonly onTerminal: boolean
}

/** The directory in which the documents' sessions are. */
const place = "/srv/shop"

/** The width of the terminal of steps that are shown on one. */
const columns = 100

const stepsOf = (console: string, onTerminal: boolean): Session["steps"] =>
  console.split(/^\$ /mu).slice(1).map((step) => {
    const end = step.indexOf("\n")
    return { command: step.slice(0, end), output: step.slice(end + 1), onTerminal }
  })

const obstacleOf = (needs: ReadonlyArray<string>): string | undefined =>
  needs.includes("root") && process.getuid?.() !== 0
    ? "needs root"
    : needs.includes("terminal")
    ? lacks("script")
    : needs.includes("curl")
    ? lacks("curl")
    : undefined

const block = /^```(?<kind>cltab|console(?: root| terminal| curl)?)\n(?<text>.*?)^```$/gmsu

/**
 * The sessions of a document: each begins with a block `cltab`, and the blocks `console` up to the next one are replayed on
 * it in order. What needs root, a terminal or curl says so behind the word `console`.
 */
export const of = (document: URL): ReadonlyArray<Session> => {
  const text = readFileSync(document, "utf8")
  const blocks = Array.from(text.matchAll(block), ({ groups, index }) => ({
    kind: groups!["kind"]!,
    text: groups!["text"]!,
    heading: text.slice(0, index).match(/^#+ .*$/gmu)?.at(-1)?.replace(/^#+ /u, "") ?? ""
  }))
  const starts = blocks.flatMap(({ kind }, index) => kind === "cltab" ? [index] : [])
  return starts.map((start, number) => {
    const { heading, text } = blocks[start]!
    const consoles = blocks.slice(start + 1, starts[number + 1])
    return {
      title: `${number + 1}: ${heading}`,
      cltab: text,
      obstacle: obstacleOf(consoles.flatMap(({ kind }) => kind.split(" "))),
      steps: consoles.flatMap(({ kind, text }) => stepsOf(text, kind === "console terminal"))
    }
  }).filter(({ steps }) => steps.length > 0)
}

/** Without what differs from run to run: pids, times of day, and how long something has been so. */
const withoutChance = (text: string) =>
  withoutTimes(text)
    .replaceAll(/\bpid("?[ :])\d+/g, (_, between: string) => `pid${between}4711`)
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "2026-01-01T00:00:00.000Z")
    .replaceAll(/(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d(?:\.\d{3})?/g, "00:00:00")
    .replaceAll(/\b(after|for) [\d.]+ (?:ms|s|min)/g, "$1 1 s")
    .replaceAll(/\bby \w+ \(/g, "by root (")

/** A table's columns are as wide as the pids and times in them. */
const withoutColumns = (text: string) =>
  text.replaceAll(/ {2,}\d+(?= |$)/gm, "  4711").replaceAll(/ {2,}/g, "  ")

const run = async (scratch: Scratch, { command, onTerminal }: Step) => {
  const clinit = `clinit() { '${process.execPath}' '${Program.bundle}' -c '${scratch.cltab}' "$@"; }`
  const script = `exec 2>&1; ${clinit}; ${command}`
  const { stdout } = onTerminal
    ? await scratch.start("script", [
      "-qec",
      `stty cols ${columns}; NO_COLOR=1; export NO_COLOR; ${script}`,
      "/dev/null"
    ])
      .finished()
    : await scratch.start("/bin/sh", ["-c", script]).finished()
  return stdout.replaceAll("\r", "").replaceAll(scratch.directory, place).replaceAll(` -c ${place}/cltab`, "")
}

/** Types the session's commands with a daemon of their own, and claims that they print what the document shows. */
export const replay = async (scratch: Scratch, { cltab, steps }: Session): Promise<void> => {
  const settings = [
    `:::socket:${scratch.socket}`,
    ...(cltab.includes(":::clstat:") ? [] : [`:::clstat:${scratch.clstat}`])
  ]
  scratch.write("cltab", [cltab.replaceAll(place, scratch.directory).trimEnd(), ...settings])
  await scratch.restart()
  const { containment } = await scratch.status()
  const comparable = (output: string, onTerminal: boolean) => {
    const text = withoutChance(output).replaceAll(/\bcgroup\b/g, containment)
    return onTerminal ? withoutColumns(text) : text
  }
  const shown: Array<string> = []
  for (const step of steps) {
    shown.push(`$ ${step.command}\n${comparable(await run(scratch, step), step.onTerminal)}`)
  }
  const expected = steps.map(({ command, onTerminal, output }) =>
    `$ ${command}\n${comparable(output, onTerminal)}`
  )
  expect(shown.join("")).toBe(expected.join(""))
}
