import { execFileSync } from "node:child_process"
import { readdirSync, statSync } from "node:fs"
import { bundle } from "./Program.ts"

const root = new URL("../../../../", import.meta.url).pathname
const sources = ["protocol", "core", "cli"].map((name) => `${root}packages/${name}/src`)

const changed = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0

/** Before the end-to-end tests: builds bundle and manual if they are missing or older than any source. */
export default () => {
  const newest = Math.max(
    ...sources.flatMap((directory) =>
      readdirSync(directory, { recursive: true, encoding: "utf8" }).map((file) =>
        changed(`${directory}/${file}`)
      )
    )
  )
  if (changed(bundle) <= newest) execFileSync(process.execPath, [`${root}scripts/bundle.ts`])
  const documents = ["docs/clinit.1.md", "docs/cltab.5.md", "docs/cltab.md", "scripts/manual.ts"]
  if (
    changed(`${root}packages/cli/man/cltab.5`) <= Math.max(
      newest,
      ...documents.map((file) => changed(root + file))
    )
  ) {
    execFileSync(process.execPath, ["--conditions=@clinit/source", `${root}scripts/manual.ts`])
  }
}
