/** Writes the JSON Schemas of what commands print into packages/cli/schema, where the package publishes them. */
import * as JsonDocuments from "@clinit/cli/JsonDocuments"
import { mkdirSync, writeFileSync } from "node:fs"

const directory = new URL("../packages/cli/schema/", import.meta.url).pathname

mkdirSync(directory, { recursive: true })
for (const name of JsonDocuments.names) {
  writeFileSync(`${directory}${JsonDocuments.fileOf(name)}`, JsonDocuments.print(name))
}
