import { describe, expect, it } from "@effect/vitest"
import type { Scratch } from "./support/Scratch.ts"
import { inScratch } from "./support/Scratch.ts"

const configure = (scratch: Scratch) =>
  scratch.write("c", [
    ":::socket:/run/s", // 1
    "web:app:run,:respawn:sleep 5",
    "web:job:run,:wait:sleep 5",
    "a/b:c:run,:once:sleep 5",
    ":::stop:KILL 2000ms", // 5
    ":::web/env.DB_PASSWORD:hunter2",
    ":::web/app/env.URL:postgres://me:secret@host/db",
    ":::a/b/c/nice:3",
    ":::web/job/cwd:/tmp"
  ])

describe.concurrent("settings", () => {
  it(
    "without a name shows what holds for the daemon, and what is set anywhere, with its lines",
    inScratch(async (scratch) => {
      configure(scratch)
      const { exit, stderr, stdout } = await scratch.bare("-c", "c", "settings")
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" })
      expect(stdout.split("\n")).toEqual([
        "socket               c:1 (daemon)         /run/s",
        "clstat               default              /var/run/clinit/clstat",
        "containment          default              the best that the machine has",
        "log-format           default              text",
        "tree                 default              strict for respawn, loose for others",
        "stop                 c:5 (daemon)         KILL 2s",
        "success              default              any for wait, 0 for test",
        "respawn.hits         default              5",
        "respawn.window       default              1s",
        "respawn.pause        default              1min",
        "respawn.factor       default              1",
        "respawn.jitter       default              0%",
        "env                  default              inherit",
        "output               default              inherit",
        "web/env.DB_PASSWORD  c:6 (group web)      ********",
        "web/app/env.URL      c:7 (entry web/app)  postgres://me:********@host/db",
        "a/b/c/nice           c:8 (entry a/b/c)    3",
        "web/job/cwd          c:9 (entry web/job)  /tmp",
        ""
      ])
    })
  )

  it(
    "shows those of a group, or of an entry, also where names have slashes",
    inScratch(async (scratch) => {
      configure(scratch)
      const lines = async (scope: string) =>
        (await scratch.bare("settings", "-c", "c", scope)).stdout.split("\n").filter((line) =>
          !/default/.test(line)
        )
      expect(await lines("web")).toEqual([
        "stop             c:5 (daemon)     KILL 2s",
        "env.DB_PASSWORD  c:6 (group web)  ********",
        ""
      ])
      expect(await lines("web/job")).toEqual([
        "stop             c:5 (daemon)         KILL 2s",
        "cwd              c:9 (entry web/job)  /tmp",
        "env.DB_PASSWORD  c:6 (group web)      ********",
        ""
      ])
      expect(await lines("a/b")).toEqual(["stop            c:5 (daemon)  KILL 2s", ""])
      expect(await lines("a/b/c")).toEqual([
        "stop    c:5 (daemon)       KILL 2s",
        "nice    c:8 (entry a/b/c)  3",
        ""
      ])
    })
  )

  it(
    "prints JSON, and secrets only if asked",
    inScratch(async (scratch) => {
      configure(scratch)
      const json = async (...args: ReadonlyArray<string>) =>
        JSON.parse((await scratch.bare("settings", "-c", "c", "--json", "web/app", ...args)).stdout)
      const concealed = await json()
      expect(concealed).toMatchObject({ file: "c", scope: "web/app" })
      expect(concealed.settings.slice(-2)).toEqual([
        {
          name: "env.DB_PASSWORD",
          value: "********",
          origin: "group",
          line: 6,
          scope: "web",
          concealed: true
        },
        {
          name: "env.URL",
          value: "postgres://me:********@host/db",
          origin: "entry",
          line: 7,
          scope: "web/app",
          concealed: true
        }
      ])
      expect(concealed.settings).toContainEqual({ name: "tree", value: "strict", origin: "default" })
      const open = await json("--secrets")
      expect(open.settings.slice(-2).map(({ value }: { value: string }) => value)).toEqual([
        "hunter2",
        "postgres://me:secret@host/db"
      ])
    })
  )

  it(
    "refuses a name that the cltab does not have, with the nearest that it has",
    inScratch(async (scratch) => {
      configure(scratch)
      const refused = async (scope: string) => {
        const { exit, stderr, stdout } = await scratch.bare("-c", "c", "settings", scope)
        expect({ exit, stdout }).toEqual({ exit: 1, stdout: "" })
        return stderr
      }
      expect(await refused("wbe")).toBe("clinit: no such group or entry in c: wbe (did you mean web?)\n")
      expect(await refused("web/ap")).toBe(
        "clinit: no such group or entry in c: web/ap (did you mean web/app?)\n"
      )
      expect(await refused("job")).toBe("clinit: no such group or entry in c: job (did you mean web/job?)\n")
      expect(await refused("x".repeat(20))).toBe(`clinit: no such group or entry in c: ${"x".repeat(20)}\n`)
      scratch.write("c", ["a:b:1:wait:true", "a/b:c:1:wait:true"])
      expect(await refused("a/b")).toBe("clinit: a/b is more than one thing in c: see lines 1 and 2\n")
    })
  )

  it(
    "of an invalid cltab shows what is wrong with it and ends with 4; a warning is no obstacle",
    inScratch(async (scratch) => {
      scratch.write("c", ["g:a:1:wiat:true"])
      expect(await scratch.bare("-c", "c", "settings")).toEqual({
        exit: 4,
        stdout: "",
        stderr: "c:1:7: error: unknown mode \"wiat\" (did you mean wait?)\n"
      })
      scratch.write("c", ["g:a:1:wait:true", ":::h/nice:3"])
      const { exit, stderr } = await scratch.bare("-c", "c", "settings")
      expect({ exit, stderr }).toEqual({
        exit: 0,
        stderr: "c:2:4: warning: setting \"h/nice\" names no group or entry of this file and is ignored\n"
      })
      expect((await scratch.bare("-c", "nowhere", "settings")).exit).toBe(4)
    })
  )

  it(
    "shows the socket that a flag names, unless a line does",
    inScratch(async (scratch) => {
      scratch.write("c", ["g:a:1:wait:true"])
      expect((await scratch.bare("-c", "c", "-s", "/x", "settings")).stdout).toMatch(
        /^socket +--socket +\/x\n/
      )
      configure(scratch)
      expect((await scratch.bare("-c", "c", "-s", "/x", "settings")).stdout).toMatch(
        /^socket +c:1 \(daemon\) +\/run\/s\n/
      )
    })
  )
})
