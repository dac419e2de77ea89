import * as CheckReport from "@clinit/cli/CheckReport"
import * as JsonFormats from "@clinit/cli/JsonFormats"
import * as PlanTable from "@clinit/cli/PlanTable"
import * as SettingTable from "@clinit/cli/SettingTable"
import * as Cltab from "@clinit/core/Cltab"
import * as CltabLint from "@clinit/core/CltabLint"
import * as SettingList from "@clinit/core/SettingList"
import * as SourceLine from "@clinit/core/SourceLine"
import * as Diagnostic from "@clinit/protocol/Diagnostic"
import { GroupName, Level, Tag } from "@clinit/protocol/Names"
import type { GroupPlan } from "@clinit/protocol/Plan"
import { describe, expect, it } from "@effect/vitest"
import * as JsonSchemas from "./support/JsonSchemas.ts"

const text = (...lines: ReadonlyArray<string>) => lines.map((line) => `${line}\n`).join("")

const cltabOf = (source: string) => Cltab.decode(new TextEncoder().encode(source))

const good = text(
  ":::socket:/run/clinit/s",
  ":::stop:TERM 10s, KILL",
  ":::web/user:www",
  ":::web/app/env.PORT:8080",
  ":::web/app/env.DB_PASSWORD:hunter2",
  "web:app:run,:respawn:serve --port 8080",
  "web:日本:run,:respawn:serve"
)

const wrong = text(
  "web:app:run,:respwn:serve",
  "web:日本\u202e:run,:wait:\u001b[2J",
  ":::sokcet:/tmp/s",
  "web:db:ru,:respawn:db",
  "web:x:run,:respawn:x"
)

const plans: ReadonlyArray<GroupPlan> = [
  { group: GroupName.make("old"), from: Level.make("1"), stop: [], keep: [], start: [] },
  {
    group: GroupName.make("web"),
    from: Level.make("dev"),
    to: Level.make("run"),
    stop: [
      { tag: Tag.make("mock"), reason: { _tag: "OtherLevel" }, pid: 42, schedule: "INT 5s, TERM 10s, KILL" },
      { tag: Tag.make("日本"), reason: { _tag: "Changed", what: ["command", "env.PORT"] } },
      { tag: Tag.make("gone"), reason: { _tag: "Deleted" }, pid: 43, schedule: "run \"\u001b[2J\"" }
    ],
    keep: [
      { tag: Tag.make("db"), state: { _tag: "Running", pid: 44 }, settings: ["stop"] },
      { tag: Tag.make("set"), state: { _tag: "Done" }, settings: [] }
    ],
    start: [
      { tag: Tag.make("日本"), mode: "respawn", command: "serve\u001b[2J", again: true },
      { tag: Tag.make("app"), mode: "wait", command: "prepare", again: false }
    ]
  },
  {
    group: GroupName.make("idle"),
    from: Level.make("1"),
    to: Level.make("1"),
    stop: [],
    keep: [],
    start: []
  }
]

const reportOf = (file: string, source: string) => {
  const lines = SourceLine.split(source)
  const read = cltabOf(source)
  const found = [...read.diagnostics, ...CltabLint.check(lines, read)].sort(Diagnostic.byPlace)
  return CheckReport.make(file, lines, found)
}

const report = reportOf("wrong", wrong)
const cltab = cltabOf(good)
const all = SettingList.ofAll(cltab, { socket: undefined })
const ofApp = SettingList.ofEntry(cltab, cltab.entries[0]!)

const json = (document: object) => `${JSON.stringify(document, null, 2)}\n`
const documents = {
  plan: { schema: JsonFormats.ids.plan, warnings: ["w\u001b"], groups: plans },
  check: { schema: JsonFormats.ids.check, ...report },
  settings: {
    schema: JsonFormats.ids.settings,
    file: "good",
    scope: "web/app",
    settings: ofApp.map(SettingList.conceal)
  }
}

describe("other commands print", () => {
  for (
    const [file, printed] of [
      ["plan.txt", PlanTable.plans(plans, 0)],
      ["check.txt", text(...CheckReport.render(report))],
      ["settings.txt", SettingTable.render("good", all.map(SettingList.conceal), true)],
      ["settings-entry.txt", SettingTable.render("good", ofApp.map(SettingList.conceal), false)],
      ["settings-entry-secrets.txt", SettingTable.render("good", ofApp, false)],
      ["plan.json", json(documents.plan)],
      ["check.json", json(documents.check)],
      ["settings.json", json(documents.settings)]
    ] as const
  ) {
    it(file, async () => {
      await expect(printed).toMatchFileSnapshot(`golden/${file}`)
    })
  }

  it("no character that a terminal would act on", () => {
    const printed = [PlanTable.plans(plans, 0), text(...CheckReport.render(report))].join("")
    // oxlint-disable-next-line no-control-regex
    expect(printed).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  })

  for (const [kind, document] of Object.entries(documents)) {
    it(`JSON of ${kind} that the published schema has room for`, () => {
      expect(JsonSchemas.mistakes(kind as keyof typeof documents, document)).toEqual([])
    })
  }
})
