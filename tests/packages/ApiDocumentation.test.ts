import { expect, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { root } from "./support/Consumer.ts"

it("each export of a public module has a docstring, can be imported with all types it is made of, and each link leads somewhere", () => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [`${root}tools/api/main.ts`, "--check"], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" }
  })
  expect(`${stdout}${stderr}`).toBe("")
  expect(status).toBe(0)
})
