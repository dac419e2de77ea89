/** Writes the JSON Schemas of what commands print, and of the protocol, to where the packages publish them. */
import * as JsonDocuments from "@clinit/cli/JsonDocuments"
import * as ProtocolSchema from "@clinit/protocol/ProtocolSchema"
import { mkdirSync, writeFileSync } from "node:fs"

const write = (packageName: string, file: string, text: string) => {
  const directory = new URL(`../packages/${packageName}/schema/`, import.meta.url).pathname
  mkdirSync(directory, { recursive: true })
  writeFileSync(`${directory}${file}`, text)
}

for (const name of JsonDocuments.names) write("cli", JsonDocuments.fileOf(name), JsonDocuments.print(name))
write("protocol", ProtocolSchema.file, ProtocolSchema.print())
