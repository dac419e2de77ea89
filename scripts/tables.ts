/** Writes the tables of docs/architecture.md anew. */
import { readFileSync, writeFileSync } from "node:fs"
import { fill } from "./stateTables.ts"

const file = new URL("../docs/architecture.md", import.meta.url)

writeFileSync(file, fill(readFileSync(file, "utf8")))
