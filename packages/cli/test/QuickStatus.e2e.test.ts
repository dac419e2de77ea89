import { describe, expect, it } from "@effect/vitest"
import { once } from "node:events"
import { chmodSync, mkdirSync, readFileSync } from "node:fs"
import * as net from "node:net"
import * as Program from "./support/Program.ts"
import { inScratch } from "./support/Scratch.ts"
import type { Scratch } from "./support/Scratch.ts"

/** Permissions do not bind root. */
const canReadAnything = process.getuid?.() === 0

/** The same program without the quick way. */
const slow = Program.bundle.replace("clinit.js", "main.js")

const { version } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8")
) as { version: string }

/** Times differ from one moment to the next. */
const timeless = (text: string) =>
  text.replaceAll(/\b\d+ s\b/g, "_ s").replaceAll(/"since":\d+/g, "\"since\":0")

const withoutTimes = ({ exit, stderr, stdout }: Program.Finished) => ({
  exit,
  stderr: timeless(stderr),
  stdout: timeless(stdout)
})

/** Runs the arguments both ways; what they agree on. */
const bothWays = async (scratch: Scratch, argv: ReadonlyArray<string>): Promise<Program.Finished> => {
  const [quick, thorough] = await Promise.all(
    [Program.bundle, slow].map((program) => scratch.start(process.execPath, [program, ...argv]).finished())
  )
  expect(withoutTimes(quick!), argv.join(" ")).toEqual(withoutTimes(thorough!))
  return quick!
}

/** A peer at the scratch's socket that answers every line with this text. */
const answering = async (scratch: Scratch, text: string) => {
  const server = net.createServer((socket) => {
    socket.on("error", () => {}).on("data", () => socket.end(text))
  }).listen(scratch.socket)
  await once(server, "listening")
  return { [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())) }
}

describe.concurrent("the quick way says byte for byte what the thorough one says, with the same exit code:", () => {
  it(
    "with a daemon",
    inScratch(async (scratch) => {
      await scratch.daemon(
        "web:app:1:respawn:exec sleep 1000",
        "web:set:1:wait:true",
        "bad:t:1:test:false",
        "grün:日本:1:once:exec sleep 1000"
      )
      for (const group of ["web", "bad", "grün"]) await scratch.clinit("--timeout", "20", group, "1")
      const at = ["-c", scratch.cltab]
      const seen = new Set<unknown>()
      for (
        const argv of [
          ["status"],
          ["status", "web"],
          ["status", "web", "--json"],
          ["status", "--all", "--color", "always"],
          ["status", "--color", "never", "grün/日本"],
          ["status", "web/app"],
          ["status", "bad"],
          ["status", "--level", "1"],
          ["status", "web", "--level", "1"],
          ["status", "web", "--level", "2"],
          ["status", "web", "--level", "1", "--json"],
          ["status", "wbe"],
          ["status", "web/ap"],
          ["status", "\u001b[2J"],
          ["status", "__proto__/constructor"],
          ["status", "x".repeat(100_000)],
          ["is-up", "web"],
          ["is-up", "bad"],
          ["is-up", "nope"],
          ["is-failed", "bad/t"],
          ["is-failed", "web"],
          ["is-failed", "nope"]
        ]
      ) {
        const { exit } = await bothWays(scratch, [...at, ...argv])
        seen.add(exit)
      }
      expect(seen).toEqual(new Set([0, 1, 3, 4]))
    })
  )

  it(
    "without one, and with a cltab that is missing, a directory, or unreadable",
    inScratch(async (scratch) => {
      scratch.configure()
      mkdirSync(scratch.path("directory"))
      const questions = [["status"], ["status", "web"], ["is-up", "web"], ["is-failed", "web"]]
      const exits = []
      for (const question of questions) {
        exits.push((await bothWays(scratch, ["-c", scratch.cltab, ...question])).exit)
        for (const cltab of ["missing", "directory", `missing/${"x".repeat(300)}`, "\u001b[2J"]) {
          await bothWays(scratch, ["-c", cltab, "-s", scratch.socket, ...question])
        }
      }
      expect(exits).toEqual([3, 4, 4, 4])
      scratch.write("secret")
      chmodSync(scratch.path("secret"), 0o000)
      if (!canReadAnything) {
        expect(await bothWays(scratch, ["-c", "secret", "status"])).toEqual({
          exit: 4,
          stdout: "",
          stderr: "clinit: permission denied: secret\n"
        })
      }
      await bothWays(scratch, ["-s", "x".repeat(120), "-c", "missing", "status"])
    })
  )

  for (
    const [claim, answer, complaint] of [
      ["that is no JSON", "hello\n", /^clinit: protocol error: /],
      ["that is no answer", "[1]\n", /^clinit: protocol error: /],
      ["that has nothing in it", "null\n", /^clinit: protocol error: /],
      [
        "that only looks like one of this version",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"version\":\"VERSION\",\"groups\":[null],\"warnings\":[]}}\n",
        /^clinit: protocol error: /
      ],
      [
        "of another version that is not understood",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"version\":\"9.9.9\"}}\n",
        /^clinit: protocol error: /
      ],
      [
        "that is an error",
        "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32004,\"message\":\"too many \\u001b[2Jclients\"}}\n",
        /^clinit: protocol error: too many \\u001b\[2Jclients\n$/
      ],
      [
        "that never comes",
        "",
        /^clinit: the daemon went away before it answered: the connection was closed\n$/
      ]
    ] as const
  ) {
    it(
      `with an answer ${claim}`,
      inScratch(async (scratch) => {
        scratch.configure()
        await using _ = await answering(scratch, answer.replace("VERSION", version))
        for (const [question, code] of [["status", 3], ["status web", 4], ["is-up web", 4]] as const) {
          const { exit, stderr, stdout } = await bothWays(scratch, [
            "-c",
            scratch.cltab,
            ...question.split(" ")
          ])
          expect({ exit, stdout }).toEqual({ exit: code, stdout: "" })
          expect(stderr).toMatch(complaint)
          expect(stderr).not.toMatch(/\n\s+at .*:\d+:\d+/)
        }
      })
    )
  }

  it(
    "with an answer of another version that shows more than was asked for",
    inScratch(async (scratch) => {
      scratch.configure()
      const result = {
        version: "9.9.9",
        pid: 1,
        cltab: "/etc/cltab",
        modified: false,
        shuttingDown: false,
        containment: "group",
        warnings: [],
        groups: [
          { group: "web", level: "1", state: "DONE", processes: [] },
          { group: "mail", state: "CONFIGURED", processes: [], news: 1 }
        ]
      }
      await using _ = await answering(scratch, `${JSON.stringify({ jsonrpc: "2.0", id: 1, result })}\n`)
      const ask = (...question: ReadonlyArray<string>) =>
        bothWays(scratch, ["-c", scratch.cltab, ...question])
      expect(await ask("status", "web")).toEqual({ exit: 3, stdout: "web 1 DONE\n", stderr: "" })
      expect((await ask("status", "nope")).stderr).toBe("clinit: no such group: nope\n")
      expect((await ask("status", "--json")).stdout).not.toContain("news")
    })
  )

  it(
    "when nobody reads it, or it cannot be written",
    inScratch(async (scratch) => {
      await scratch.daemon(
        ...Array.from({ length: 300 }, (_, index) => `group${index}:t${index}:1:wait:true`)
      )
      const results = await Promise.all([Program.bundle, slow].map(async (program) => {
        const client = `"${process.execPath}" "${program}" -c "${scratch.cltab}" status`
        const shell = (command: string) => scratch.start("/bin/sh", ["-c", command]).finished()
        return [
          await shell(`${client} > /dev/full`),
          await shell(`{ ${client}; echo $? >&2; } | head -n1`),
          await shell(`{ ${client}; echo $? >&2; } | true`),
          await shell(`${client} nope 2>&- `)
        ]
      }))
      expect(results[0]).toEqual(results[1])
      expect(results[0]!.map(({ exit, stderr }) => [exit, stderr])).toEqual([
        [1, "clinit: cannot print: ENOSPC: no space left on device, write\n"],
        [0, "0\n"],
        [0, "0\n"],
        [4, ""]
      ])
    })
  )
})
