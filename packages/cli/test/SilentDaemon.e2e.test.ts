import { describe, expect, it } from "@effect/vitest"
import { inScratch } from "./support/Scratch.ts"
import type { Scratch } from "./support/Scratch.ts"

/** A daemon that is there and does nothing, for as long as the test takes. */
const withSilentDaemon = (test: (scratch: Scratch) => Promise<void>) =>
  inScratch(async (scratch) => {
    const daemon = await scratch.daemon("web:app:1,:respawn:exec sleep 1000")
    daemon.kill("SIGSTOP")
    try {
      await test(scratch)
    } finally {
      daemon.kill("SIGCONT")
    }
  })

const gaveUp = (scratch: Scratch) => `clinit: the daemon at ${scratch.socket} did not answer within 0.5 s\n`

const hesitates = (scratch: Scratch) =>
  `clinit: warning: the daemon at ${scratch.socket} does not answer, but is waited for (--timeout SECONDS gives up)\n`

const noStatus = (scratch: Scratch) =>
  `clinit: warning: no status: the daemon at ${scratch.socket} did not answer within 2 s\n`

describe.concurrent("of a daemon that does not answer", () => {
  it(
    "every question and order gives up with --timeout, and says so; what is asked of a name is unknown then",
    withSilentDaemon(async (scratch) => {
      for (
        const [exit, ...argv] of [
          [3, "status"],
          [3, "status", "-v"],
          [4, "status", "web"],
          [4, "status", "web", "-v"],
          [4, "is-up", "web"],
          [4, "is-failed", "web"],
          [3, "why", "web"],
          [3, "plan", "web", "1"],
          [3, "env", "web/app"],
          [3, "signal", "web/app", "HUP"],
          [3, "tell", "web", "1"],
          [3, "stop", "web/app"],
          [3, "reread"],
          [3, "shutdown"]
        ] as const
      ) {
        expect([argv, await scratch.clinit("--timeout", "0.5", ...argv)]).toEqual([
          argv,
          { exit, stdout: "", stderr: gaveUp(scratch) }
        ])
      }
      const verbose = await scratch.clinit("--timeout", "0.5", "-v", "web", "1")
      expect(verbose).toEqual({ exit: 3, stdout: "", stderr: noStatus(scratch) + gaveUp(scratch) })
    })
  )

  it(
    "whoever waits is told, and gets the answer when it comes",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon("web:app:1,:respawn:exec sleep 1000")
      daemon.kill("SIGSTOP")
      const asked = [["status"], ["why", "web"], ["web", "1"], ["-w", "web", "1"], ["watch"]].map((argv) =>
        scratch.launch(...argv)
      )
      const told = asked.map(({ child }) =>
        new Promise<string>((resolve) => child.stderr?.once("data", (text) => resolve(String(text))))
      )
      expect(await Promise.all(told)).toEqual(asked.map(() => hesitates(scratch)))
      daemon.kill("SIGCONT")
      asked[4]!.kill("SIGINT")
      const ends = await Promise.all(asked.map((each) => each.finished()))
      expect(ends.map(({ exit }) => exit)).toEqual([0, 0, 0, 0, 0])
    })
  )
})
