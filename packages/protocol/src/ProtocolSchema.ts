import * as Schema from "effect/Schema"
import * as Messages from "./Messages.ts"

/** The `$id` of the JSON Schema (draft 2020-12) of all messages; its number is the protocol's. */
export const id = "urn:clinit:protocol:1"

/** The name of its file in the package. */
export const file = "protocol-1.json"

/** Its text: valid is any message, and by `#/$defs/NAME` the one of this name in `Messages.all`. */
export const print = (): string => {
  const named = Object.entries(Messages.all).map(([identifier, schema]) => schema.annotate({ identifier }))
  const { definitions, schema } = Schema.toJsonSchemaDocument(Schema.Union(named))
  const document = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: id,
    title: "A line of clinit's socket protocol",
    ...schema,
    $defs: definitions
  }
  return `${JSON.stringify(document, null, 2)}\n`
}
