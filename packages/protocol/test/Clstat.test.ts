import * as Clstat from "@clinit/protocol/Clstat"
import { GroupName, Level } from "@clinit/protocol/Names"
import { GroupState } from "@clinit/protocol/Status"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"

const told = (group: string, level: string, state: GroupState): Clstat.Line => ({
  group: GroupName.make(group),
  level: Level.make(level),
  state
})
const untold: Clstat.Line = { group: GroupName.make("fresh"), state: "CONFIGURED" }

const groups = [told("web", "3", "DONE"), untold, told("db", "3", "FAILED"), told("mail", "0", "STOPPING")]

describe("the status file", () => {
  it("has the line `Cluster::Init::Group NAME LEVEL STATE` for each group, in the order given", () => {
    assert.strictEqual(
      Clstat.print(groups),
      "Cluster::Init::Group web 3 DONE\nCluster::Init::Group db 3 FAILED\nCluster::Init::Group mail 0 STOPPING\n"
    )
  })

  it("has no line for a group that was never told, and is empty without told groups", () => {
    assert.strictEqual(Clstat.print([untold]), "")
    assert.strictEqual(Clstat.print([]), "")
  })

  it("prints each state by its name", () => {
    for (const state of GroupState.literals) {
      assert.strictEqual(Clstat.print([told("g", "1", state)]), `Cluster::Init::Group g 1 ${state}\n`)
    }
  })

  const Line = Schema.Struct({ group: GroupName, level: Schema.optionalKey(Level), state: GroupState })

  it.prop("its fields can be told apart again, whatever the names are", [Schema.Array(Line)], ([lines]) => {
    const fields = Clstat.print(lines).split("\n").slice(0, -1).map((line) => line.split(" "))
    assert.deepStrictEqual(
      fields,
      lines.flatMap(({ group, level, state }) =>
        level === undefined ? [] : [["Cluster::Init::Group", group, level, state]]
      )
    )
  })
})

describe("the status text", () => {
  const cases: ReadonlyArray<readonly [what: string, Clstat.Filter, text: string]> = [
    ["without a filter: `NAME LEVEL STATE` a line", {}, "web 3 DONE\ndb 3 FAILED\nmail 0 STOPPING\n"],
    ["of a group: `LEVEL STATE` and a newline", { group: "db" }, "3 FAILED\n"],
    ["at a level: `NAME STATE` a line", { level: "3" }, "web DONE\ndb FAILED\n"],
    ["at level 0: filtered like any other level", { level: "0" }, "mail STOPPING\n"],
    ["of a group at a level: the bare state without a newline", { group: "web", level: "3" }, "DONE"],
    ["of a group at another level: nothing", { group: "web", level: "4" }, ""],
    ["of an unknown group: nothing", { group: "nobody" }, ""],
    ["at a level where nobody is: nothing", { level: "9" }, ""],
    ["of a group that was never told: nothing", { group: "fresh" }, ""],
    [
      "with both filters undefined: as without a filter",
      { group: undefined, level: undefined },
      "web 3 DONE\ndb 3 FAILED\nmail 0 STOPPING\n"
    ]
  ]

  for (const [what, filter, text] of cases) {
    it(what, () => assert.strictEqual(Clstat.summary(groups, filter), text))
  }

  it("is empty without groups", () => assert.strictEqual(Clstat.summary([]), ""))
})
