import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import * as fs from "node:fs"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const read = (path: string) => fs.readFileSync(new URL(path, import.meta.url), "utf8")

/** The TypeScript of a document, block by block. */
const blocksOf = (document: string): ReadonlyArray<string> =>
  [...document.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block!)

describe("the examples of the test kit are tests that run:", () => {
  it("those of docs/testing.md", () => {
    assert.deepStrictEqual(
      blocksOf(read("../../../docs/testing.md")),
      ["ByVitest.test.ts", "ByNodeTest.ts", "OfALayer.test.ts"].map((name) => read(`documented/${name}`))
    )
  })

  it("that of the README", () => {
    assert.include(blocksOf(read("../../../README.md")), read("documented/WorkerThatDies.test.ts"))
  })

  it("also those that node:test runs", async () => {
    const file = fileURLToPath(new URL("documented/ByNodeTest.ts", import.meta.url))
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--conditions=@clinit/source", "--test", "--test-reporter=tap", file],
      // Without what tells it that it is part of somebody else's run.
      { env: { PATH: process.env["PATH"] } }
    )
    assert.match(stdout, /^# pass 1$/m)
  })
})
