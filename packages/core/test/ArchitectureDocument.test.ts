import { assert, it } from "@effect/vitest"
import * as fs from "node:fs"
import { fill } from "../../../scripts/stateTables.ts"

const document = fs.readFileSync(new URL("../../../docs/architecture.md", import.meta.url), "utf8")

it("the tables of docs/architecture.md are those of the code: npm run docs:tables writes them anew", () => {
  assert.strictEqual(document, fill(document))
})

it("docs/architecture.md names only files that are there", () => {
  const links = [...document.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path]) => path!)
  assert.deepStrictEqual(
    links.filter((path) => !fs.existsSync(new URL(`../../../docs/${path}`, import.meta.url))),
    []
  )
})
