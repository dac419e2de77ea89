import * as JsonDocuments from "@clinit/cli/JsonDocuments"
import * as JsonFormats from "@clinit/cli/JsonFormats"
import { describe, expect, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import { everyState } from "./support/EveryState.ts"
import * as JsonSchemas from "./support/JsonSchemas.ts"

describe("the JSON Schemas that are published", () => {
  it("are those of all kinds of JSON that commands print", () => {
    expect(readdirSync(JsonSchemas.directory).toSorted()).toEqual(
      JsonDocuments.names.map(JsonDocuments.fileOf).toSorted()
    )
  })

  it("stand in docs/status.md, each with the command that prints it", () => {
    const document = readFileSync(new URL("../../../docs/status.md", import.meta.url), "utf8")
    const rows = [...document.matchAll(/^\| `clinit (\w+) --json`.* \| `(urn:\S+)` \|$/gm)]
    expect(Object.fromEntries(rows.map(([, name, id]) => [name, id]))).toEqual(JsonFormats.ids)
  })

  for (const name of JsonDocuments.names) {
    it(`say of ${name} what its schema says; if not: npm run schemas, and a new number if an old reader would be misled`, () => {
      expect(readFileSync(`${JsonSchemas.directory}${JsonDocuments.fileOf(name)}`, "utf8")).toBe(
        JsonDocuments.print(name)
      )
    })

    it(`call ${name} what its documents call themselves`, () => {
      interface Shape {
        readonly properties: { readonly schema: { readonly enum: ReadonlyArray<string> } }
      }
      const { $id, ...shape } = JSON.parse(JsonDocuments.print(name)) as
        & { readonly $id: string }
        & (
          | Shape
          | { readonly anyOf: ReadonlyArray<Shape> }
        )
      for (const { properties } of "anyOf" in shape ? shape.anyOf : [shape]) {
        expect(properties.schema.enum).toEqual([$id])
      }
      expect($id).toBe(JsonFormats.ids[name])
    })
  }
})

describe("the schema of a status", () => {
  const document = { schema: JsonFormats.ids.status, ...everyState }

  it("has room for every state and all that can be said of it", () => {
    expect(JsonSchemas.mistakes("status", document)).toEqual([])
  })

  it("has room for what a later version adds", () => {
    expect(JsonSchemas.mistakes("status", { ...document, news: 1 })).toEqual([])
  })

  for (
    const [claim, wrong] of [
      ["another kind of document", { schema: JsonFormats.ids.plan }],
      ["a pid that is no number", { pid: "1" }],
      ["a state that nothing has", { groups: [{ group: "g", state: "ASLEEP", processes: [] }] }],
      ["a group without entries", { groups: [{ group: "g", state: "DONE" }] }]
    ] as const
  ) {
    it(`has none for ${claim}`, () => {
      expect(JsonSchemas.mistakes("status", { ...document, ...wrong })).not.toEqual([])
    })
  }
})
