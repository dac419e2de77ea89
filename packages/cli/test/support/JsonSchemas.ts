import * as JsonFormats from "@clinit/cli/JsonFormats"
import { Ajv2020 } from "ajv/dist/2020.js"
import { readdirSync, readFileSync } from "node:fs"

/** Where the JSON Schemas are that the package publishes. */
export const directory = new URL("../../schema/", import.meta.url).pathname

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true })
for (const file of readdirSync(directory)) {
  ajv.addSchema(JSON.parse(readFileSync(`${directory}${file}`, "utf8")) as object)
}

/** What is wrong with the document by the published schema that this kind has; nothing if it is valid. */
export const mistakes = (kind: keyof typeof JsonFormats.ids, document: unknown): ReadonlyArray<string> => {
  const validate = ajv.getSchema(JsonFormats.ids[kind])
  if (validate === undefined) throw new Error(`no schema of ${kind} is published`)
  return validate(document)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`)
}
