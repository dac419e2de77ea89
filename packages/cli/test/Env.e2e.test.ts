import { describe, expect, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { until } from "./support/Eventually.ts"
import type { Scratch } from "./support/Scratch.ts"
import { inScratch } from "./support/Scratch.ts"

const lines = [
  ":::env:clean",
  ":::web/env.DB_PASSWORD:hunter2",
  ":::web/app/env.URL:http://me:pw@host/",
  ":::web/app/env.EMPTY:",
  "web:app:1:respawn:sleep 1000",
  "web:off:1:off:sleep 1000",
  "web:lost:1:respawn:sleep 1000",
  ":::web/lost/env-file:/clinit/nowhere"
]

/** What /proc shows of the entry's process, but for the mark. */
const actual = async (scratch: Scratch, tag: string) => {
  const pid = await scratch.pid(tag)
  // The program has its environment a moment after the shell that makes way for it.
  await until("it sleeps", () => readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("sleep"))
  return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").filter((each) =>
    each !== "" && !each.startsWith("CLINIT_TREE=")
  ).sort()
}

describe.concurrent("clinit env", () => {
  it(
    "shows exactly what a process gets, as lines and as JSON; secrets only if asked",
    inScratch(async (scratch) => {
      await scratch.daemon(...lines)
      await scratch.clinit("web", "1")
      const got = await actual(scratch, "app")
      const { stdout } = await scratch.clinit("env", "--secrets", "web/app")
      expect(stdout.split("\n").filter((line) => line !== "").sort()).toEqual(got)
      const json = JSON.parse((await scratch.clinit("env", "--secrets", "--json", "web/app")).stdout)
      expect(json.warnings).toEqual([])
      expect(json.variables.map(({ name, value }: Record<string, string>) => `${name}=${value}`)).toEqual(got)

      const masked = await scratch.clinit("env", "web/app")
      expect(masked).toMatchObject({ exit: 0, stderr: "" })
      expect(masked.stdout.split("\n")).toEqual(expect.arrayContaining([
        "DB_PASSWORD=********",
        "EMPTY=",
        "URL=http://me:********@host/"
      ]))
      expect((await scratch.clinit("env", "--json", "web/app")).stdout).not.toMatch(/hunter2|pw@/)
      expect((await scratch.clinit("env", "web/off")).stdout).toContain("DB_PASSWORD=********\n")
    })
  )

  it(
    "of what has none says why on standard error, with the exit code of its kind",
    inScratch(async (scratch) => {
      await scratch.daemon(...lines)
      const refused = (stderr: string) => ({ exit: 1, stdout: "", stderr: `clinit: ${stderr}\n` })
      expect(await scratch.clinit("env", "web/ap")).toEqual(
        refused("no such group or entry: web/ap (did you mean web/app?)")
      )
      expect(await scratch.clinit("env", "app")).toEqual(
        refused("no such group: app (did you mean web/app?)")
      )
      expect(await scratch.clinit("env", "web")).toEqual(
        refused("web is a group, not an entry (did you mean web/app?)")
      )
      expect(await scratch.clinit("env", "web/lost")).toMatchObject({
        exit: 1,
        stdout: "",
        stderr: expect.stringContaining("clinit: web/lost could not be started: env-file: ")
      })
      expect(await scratch.clinit("env")).toMatchObject({ exit: 2, stdout: "" })
    })
  )
})
