import type * as JsonFormats from "@clinit/cli/JsonFormats"
import { describe, expect, it } from "@effect/vitest"
import { eventually, until } from "./support/Eventually.ts"
import * as JsonSchemas from "./support/JsonSchemas.ts"
import { inScratch } from "./support/Scratch.ts"

describe.concurrent("what commands print with --json is what the published schemas say:", () => {
  it(
    "status, of everything, a group, an entry and a level; plan, tell --dry-run, env, settings and check",
    inScratch(async (scratch) => {
      await scratch.daemon(
        ":::web/app/env.PORT:8080",
        ":::web/sick/respawn.pause:60s",
        "web:app:1:respawn:exec sleep 1000",
        "web:sick:1:respawn:false",
        "web:set:1:wait:true",
        "web:deaf:1:respawn:trap '' INT TERM; echo up > up; while :; do sleep 0.1; done",
        "web:late:2:once:exec sleep 1000",
        "bad:t:1:test:false",
        "bad:n:1:wait:true"
      )
      for (const group of ["web", "bad"]) await scratch.clinit("--timeout", "20", group, "1")
      await eventually(() => scratch.state("sick"), "Pausing")
      await until("it is deaf", () => scratch.exists("up"))
      await scratch.clinit("web", "2")
      await eventually(() => scratch.state("deaf"), "Stopping")
      const printed: ReadonlyArray<readonly [keyof typeof JsonFormats.ids, ReadonlyArray<string>]> = [
        ["status", ["status"]],
        ["status", ["status", "--all"]],
        ["status", ["status", "web"]],
        ["status", ["status", "web/deaf"]],
        ["status", ["status", "--level", "1"]],
        ["plan", ["plan", "web", "1"]],
        ["plan", ["plan", "--all"]],
        ["plan", ["tell", "--dry-run", "bad", "2"]],
        ["env", ["env", "web/app"]],
        ["why", ["why", "web"]],
        ["why", ["why", "web/sick", "--lines", "3"]],
        ["settings", ["settings"]],
        ["settings", ["settings", "web/app"]],
        ["check", ["check"]],
        ["check", ["check", scratch.path("wrong")]]
      ]
      scratch.write("wrong", ["web:a:1:wiat:true", ":::sokcet:x"])
      for (const [kind, command] of printed) {
        const { stdout } = await scratch.clinit(...command, "--json")
        expect(stdout.split("\n"), command.join(" ")).toHaveLength(2)
        expect(JsonSchemas.mistakes(kind, JSON.parse(stdout)), command.join(" ")).toEqual([])
      }
      await scratch.clinit("web", "3")
    })
  )

  it(
    "watch, of all events from the first and of what is missed",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon("web:a:1:wait:true", "web:b:2:once:exec sleep 1000")
      await scratch.clinit("-w", "web", "1")
      const watch = scratch.launch("watch", "--json", "--since", "0")
      const lines: Array<string> = []
      watch.child.stdout!.on("data", (text: string) => lines.push(...text.split("\n").slice(0, -1)))
      await scratch.clinit("-w", "web", "2")
      await until(
        "the news are there",
        () => lines.some((line) => line.includes("\"level\":\"2\",\"state\":\"DONE\""))
      )
      daemon.kill("SIGTERM")
      await watch.finished()
      expect(lines.map((line) => JsonSchemas.mistakes("watch", JSON.parse(line))).flat()).toEqual([])
      expect(JsonSchemas.mistakes("watch", { schema: "urn:clinit:watch:1", missed: 3, next: 9 })).toEqual([])
      expect(JsonSchemas.mistakes("watch", { schema: "urn:clinit:watch:1", missed: "3" })).not.toEqual([])
    })
  )
})
