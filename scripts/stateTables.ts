/** The tables and diagrams of docs/architecture.md, made of what the code does. */
import * as EntryRun from "@clinit/core/EntryRun"
import * as Escalation from "@clinit/core/Escalation"
import * as GroupState from "@clinit/core/GroupState"
import * as ProcessState from "@clinit/core/ProcessState"
import * as Respawn from "@clinit/core/Respawn"
import * as SettingDefaults from "@clinit/core/SettingDefaults"
import * as SettingValue from "@clinit/core/SettingValue"
import { Mode } from "@clinit/protocol/Names"

const row = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [row(head), row(head.map(() => "---")).replaceAll(" ", ""), ...rows.map(row)].join("\n")

type Successors = Readonly<Record<string, ReadonlyArray<string>>>

const states = (successors: Successors, meanings: Readonly<Record<string, string>>): string =>
  table(
    ["state", "says", "may be followed by"],
    Object.entries(successors).map(([state, next]) => [`\`${state}\``, meanings[state]!, next.join(", ")])
  )

/** Without those that follow themselves, which would only be loops. */
const diagram = (successors: Successors): string =>
  [
    "```mermaid",
    "flowchart LR",
    ...Object.entries(successors).map(([state, next]) =>
      `    ${state} --> ${next.filter((to) => to !== state).join(" & ")}`
    ),
    "```"
  ].join("\n")

const isRun = (mode: Mode) => mode !== "off"

/** Names of settings that only some modes have, with a common first part said once. */
const settingsOf = (mode: Mode): string =>
  ["timeout", "success", "respawn.hits"]
    .filter((name) => SettingDefaults.modesOf(name)?.includes(mode) === true)
    .map((name) => `\`${name === "respawn.hits" ? "respawn.*" : name}\``)
    .join(", ")

const successOf = (mode: Mode): string => SettingDefaults.textOf("success", mode) ?? "any"

const modes = table(
  [
    "mode",
    "counts as started when it",
    "is run again",
    "exit codes that are a success",
    "what it leaves is",
    "own settings"
  ],
  Mode.literals.map((mode) =>
    isRun(mode)
      ? [
        `\`${mode}\``,
        EntryRun.startsOnceForked(mode) ? "is forked" : "has ended",
        mode === "respawn" ? "whenever it ends" : "no",
        mode === "respawn" ? "-" : successOf(mode),
        SettingDefaults.treeOf(mode) === "strict" ? "stopped" : "left alone",
        settingsOf(mode) || "-"
      ]
      : [`\`${mode}\``, "is skipped", "-", "-", "-", "-"]
  )
)

/** So many steps are shown of a schedule without an end. */
const stepsShown = 6

const stop = (): string => {
  const plan = Escalation.StopPlan.defaultValue()
  let millis = 0
  return table(
    ["at", "what is done", "then it waits"],
    Array.from({ length: stepsShown }, (_, index) => {
      const { graceMillis, ...means } = Escalation.stepAt(plan, index)
      const line = [
        `${millis / 1_000} s`,
        "signal" in means ? means.signal : means.command,
        `${graceMillis / 1_000} s`
      ]
      millis += graceMillis
      return line
    })
  )
}

const throttle = (): string => {
  const { capMillis, factor, giveUp, hits, jitter, pauseMillis, stableMillis, windowMillis } =
    Respawn.defaultThrottle
  return table(["setting", "default", "says"], [
    [
      "`respawn.window`",
      `${windowMillis / 1_000} s`,
      "a death less than this after the one before is a quick one"
    ],
    ["`respawn.hits`", String(hits), "more quick deaths than this make it pause; a slow one takes one back"],
    ["`respawn.pause`", `${pauseMillis / 1_000} s`, "the first pause"],
    ["`respawn.factor`", String(factor), "how many times longer each further pause in a row is"],
    [
      "`respawn.cap`",
      capMillis < SettingValue.longestMillis ? `${capMillis / 1_000} s` : "none",
      "no pause is longer"
    ],
    ["`respawn.jitter`", `${jitter * 100} %`, "the share of a pause that is left to chance"],
    [
      "`respawn.stable`",
      Number.isFinite(stableMillis) ? `${stableMillis / 1_000} s` : "never",
      "after a run of this length all is forgotten"
    ],
    [
      "`respawn.give-up`",
      Number.isFinite(giveUp) ? String(giveUp) : "never",
      "the pause in a row instead of which it is given up"
    ]
  ])
}

/** So many starts are shown of an entry that dies again and again. */
const startsShown = 11

/** When an entry starts that ends at once, by the default throttle, in seconds. */
const crashLoop = (): string => {
  let history = Respawn.noDeaths
  let atMillis = 0
  const starts: Array<string> = []
  while (starts.length < startsShown) {
    starts.push(`${atMillis / 1_000}`)
    const verdict = Respawn.afterDeath(Respawn.defaultThrottle, history, { atMillis, ranMillis: 0 }, 0)
    history = verdict.history
    if (verdict.next._tag === "Pause") atMillis += verdict.next.millis
  }
  return `An entry that ends as soon as it is started is started at ${starts.join(", ")}, … s.`
}

const parts: Readonly<Record<string, () => string>> = {
  "group-states": () => states(GroupState.successors, GroupState.meanings),
  "group-diagram": () => diagram(GroupState.successors),
  "entry-states": () => states(ProcessState.successors, ProcessState.meanings),
  "entry-diagram": () => diagram(ProcessState.successors),
  modes: () => modes,
  "stop-schedule": stop,
  throttle,
  "crash-loop": crashLoop
}

const place = /<!-- made: (\S+) -->\n[\s\S]*?<!-- end -->/gu

/** The document with each `<!-- made: NAME -->` … `<!-- end -->` filled anew. Throws if it lacks one, or has one more. */
export const fill = (document: string): string => {
  const names = new Set(Object.keys(parts))
  const filled = document.replaceAll(place, (_, name: string) => {
    const part = parts[name]
    if (part === undefined) throw new Error(`the document wants ${name}, which nothing makes`)
    names.delete(name)
    return `<!-- made: ${name} -->\n\n${part()}\n\n<!-- end -->`
  })
  if (names.size > 0) {
    throw new Error(`the document lacks <!-- made: ${[...names].join(" -->, <!-- made: ")} -->`)
  }
  return filled
}
