import { expect, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { root } from "./support/Consumer.ts"

it("each export of a public module has a docstring, and each link in one leads somewhere", () => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [`${root}tools/api/main.ts`, "--check"], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" }
  })
  expect(`${stdout}${stderr}`).toBe("")
  expect(status).toBe(0)
})
