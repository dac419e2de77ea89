import type { Machine } from "@clinit/core/testing/ScriptedHost"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readdirSync, readFileSync } from "node:fs"
import * as checked from "./support/checked.ts"
import * as ScheduleRandom from "./support/ScheduleRandom.ts"
import { cltab } from "./support/ValidCltab.ts"

const machine: Machine = {
  kinds: {
    "/srv": "directory",
    "/srv/bin": "directory",
    "/srv/bin/app": "program",
    "/srv/env": "file",
    "/var/log": "directory",
    "/usr/bin/sleep": "program",
    "/usr/bin/logger": "program",
    "/usr/bin/postgres": "program",
    "/etc": "directory"
  },
  users: ["web", "postgres"],
  groups: ["adm", "www-data"]
}

const found = (text: string) => Effect.runSync(checked.findings(text, machine)).map(checked.whole)

it("nothing is found in 1000 cltabs of all kinds that are as people write them", () => {
  for (let seed = 1; seed <= 1_000; seed++) {
    const text = cltab(ScheduleRandom.make(seed))
    expect(found(text), `seed ${seed}:\n${text}`).toEqual([])
  }
})

it("the generator makes what the claim is about: every mode and setting, many groups, lists of both kinds", () => {
  const all = Array.from({ length: 1_000 }, (_, seed) => cltab(ScheduleRandom.make(seed + 1))).join("")
  for (const mode of ["once", "wait", "respawn", "off", "test"]) expect(all).toContain(`:${mode}:`)
  for (
    const name of ["tree", "stop", "timeout", "success", "respawn.cap", "user", "groups", "cwd", "env-file"]
  ) {
    expect(all).toMatch(new RegExp(`^:::[^:]+/${name}:`, "m"))
  }
  expect(all).toMatch(/^[^:\n]+:[^:\n]+:\d+:/m)
  expect(all).toMatch(/^[^:\n]+:[^:\n]+:[a-z]+,:/m)
  expect(all.split("\n").length).toBeGreaterThan(10_000)
})

const examples = new URL("../../../examples/", import.meta.url)

it("nothing is found in the examples", () => {
  const files = readdirSync(examples).filter((file) => file.endsWith(".cltab"))
  expect(files.length).toBeGreaterThan(0)
  for (const file of files) expect(found(readFileSync(new URL(file, examples), "utf8")), file).toEqual([])
})

// The original's distribution has one like this for its tests; the levels are those that its documentation explains.
const original = `
# location of socket
:::socket:/tmp/clinit.s
# location of status file
:::clstat:/tmp/clstat
:::log:/tmp/clinit.log

# group:tag:levels:mode:command
hellogrp:hello1:1:wait:echo hello1 >> /tmp/hello
hellogrp:hello2:2:wait:echo hello2 >> /tmp/hello
hellogrp:hello3:12:respawn:sleep 1
multi:pidgrp:long1:once:sleep 600 & sleep 600
multi:pidgrp2:long2,long3:respawn:while true; do sleep 5; done
multi:pidgrp3:long3,:respawn:sleep 30
foo:apache:run:respawn:cd /; exec sleep 1
foo:mount:run,runmore:wait:test -d / && exit 0
foo:elig:run,runmore:test:test -d /
foo:never:runmore,:off:/usr/bin/nothing
bar:x:3:once:PATH=/nowhere missing
bar:y:345:respawn:sleep 9
bar:z:2345:respawn:sleep 9
bar:w:45:respawn:sleep 9
`.trimStart()

it("nothing is found in a cltab of the original's kind", () => expect(found(original)).toEqual([]))
