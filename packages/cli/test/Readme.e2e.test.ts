import { describe, expect, it } from "@effect/vitest"
import { itUnless } from "./support/Conditional.ts"
import { inScratch } from "./support/Scratch.ts"
import * as Sessions from "./support/Sessions.ts"

const sessions = Sessions.of(new URL("../../../README.md", import.meta.url))

describe.concurrent("the README", () => {
  it("shows sessions", () => {
    expect(sessions.length).toBeGreaterThan(0)
  })

  for (const session of sessions) {
    itUnless(session.obstacle)(
      `shows a session that goes as it says: ${session.title}`,
      inScratch((scratch) => Sessions.replay(scratch, session))
    )
  }
})
