import { describe, expect, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { itUnless } from "./support/Conditional.ts"
import { inScratch } from "./support/Scratch.ts"
import * as Sessions from "./support/Sessions.ts"

const document = new URL("../../../docs/cltab.md", import.meta.url)
const sessions = Sessions.of(document)

describe.concurrent("docs/cltab.md", () => {
  for (const session of sessions) {
    itUnless(session.obstacle)(
      `example ${session.title}`,
      inScratch((scratch) => Sessions.replay(scratch, session))
    )
  }

  it("has an example for every part of it that describes a setting", () => {
    const parts = [...readFileSync(document, "utf8").matchAll(/^### (.*)$/gmu)].map(([, heading]) => heading!)
    const titles = sessions.map(({ title }) => title.replace(/^\d+: /u, ""))
    expect(parts.filter((part) => !titles.includes(part))).toEqual(["Levels", "Modes", "Commands"])
  })
})
