import { describe, expect, it } from "@effect/vitest"
import { hostname } from "node:os"
import { inScratch } from "./support/Scratch.ts"

const started = "level transition started\n"

describe.concurrent("what is misspelt", () => {
  it(
    "is told what was probably meant: groups, entries, levels and commands; and the tell is made as ever",
    inScratch(async (scratch) => {
      await scratch.daemon(
        "web:a:run,dev:once:exec sleep 1000",
        "shop:db:run,:once:exec sleep 1000",
        `${hostname()}:h:run,:once:exec sleep 1000`
      )
      for (
        const [words, exit, stdout, stderr] of [
          [["wbe", "run"], 1, "no such group: wbe (did you mean web?)\n", ""],
          [["plan", "wbe", "run"], 1, "no such group: wbe (did you mean web?)\n", ""],
          [["retry", "db"], 1, "no such group: db (did you mean shop/db?)\n", ""],
          [["zzz", "run"], 1, "no such group: zzz\n", ""],
          [
            ["web", "rnu"],
            0,
            started,
            "clinit: warning: no entry of web has the level rnu (did you mean run?)\n"
          ],
          [["web", "off"], 0, started, ""],
          [
            ["statu", "web"],
            1,
            "no such group: statu\n",
            "clinit: did you mean the command `clinit status`?\n"
          ],
          [
            ["restrt", "shop/db"],
            1,
            "no such group: restrt\n",
            "clinit: did you mean the command `clinit restart`?\n"
          ],
          [["staus"], 0, started, "clinit: warning: did you mean the command `clinit status`?\n"],
          [["run"], 0, started, ""]
        ] as const
      ) expect([words, await scratch.clinit(...words)]).toEqual([words, { exit, stdout, stderr }])
      expect((await scratch.clinit("status", "wbe")).stderr).toBe(
        "clinit: no such group: wbe (did you mean web?)\n"
      )
    })
  )

  it(
    "a flag that is a digit is refused, as the original's Getopt does, and behind -- it is a level",
    inScratch(async (scratch) => {
      await scratch.daemon("web:a:-1,:once:exec sleep 1000")
      for (const words of [["-1"], ["web", "-1"], ["tell", "web", "-1"]]) {
        expect(await scratch.clinit(...words)).toEqual({
          exit: 2,
          stdout: "",
          stderr: "clinit: unknown flag: -1 (a name that begins so goes behind --)\n"
        })
      }
      expect(await scratch.clinit("-w", "--", "web", "-1")).toMatchObject({
        exit: 0,
        stdout: "web -1 DONE\n"
      })
      expect((await scratch.clinit("signal", "web/a", "-1")).stdout).toMatch(
        /^web\/a was sent SIGHUP: pid \d+\n$/
      )
    })
  )
})
