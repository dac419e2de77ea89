import { describe, expect, it } from "@effect/vitest"
import { once } from "node:events"
import { chmodSync, mkdirSync } from "node:fs"
import * as net from "node:net"
import { until } from "./support/Eventually.ts"
import * as Program from "./support/Program.ts"
import { inScratch } from "./support/Scratch.ts"
import type { Scratch } from "./support/Scratch.ts"

/** The same program without the quick way. */
const slow = Program.bundle.replace("clinit.js", "main.js")

/** Permissions do not bind root. */
const canReadAnything = process.getuid?.() === 0

/** Runs one of the two programs on the scratch's cltab. */
type Run = (...argv: ReadonlyArray<string>) => Program.Program

/** What differs from one run to the next: where, times, process ids. */
const masked = (scratch: Scratch, text: string) =>
  text
    .replaceAll(scratch.directory, "/scratch")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "DATE")
    .replaceAll(/\bclinit-[0-9a-f]{16}\b/g, "clinit-NAME")
    .replaceAll(/\bpid \d+/g, "pid PID")
    .replaceAll(/\b\d+ s\b/g, "_ s")

/** Does the same by the quick way and by the thorough one; what both come to. */
const bothWays = async (
  act: (scratch: Scratch, run: Run) => Promise<ReadonlyArray<Program.Finished>>
): Promise<ReadonlyArray<Program.Finished>> => {
  const ways: Array<ReadonlyArray<Program.Finished>> = []
  for (const program of [Program.bundle, slow]) {
    await inScratch(async (scratch) => {
      const ends = await act(
        scratch,
        (...argv) => scratch.start(process.execPath, [program, "-c", scratch.cltab, ...argv])
      )
      ways.push(ends.map(({ exit, stderr, stdout }) => ({
        exit,
        stdout: masked(scratch, stdout),
        stderr: masked(scratch, stderr)
      })))
    })()
  }
  expect(ways[0]).toEqual(ways[1])
  return ways[0]!
}

const exits = (ends: ReadonlyArray<Program.Finished>) => ends.map(({ exit }) => exit)

const sequence = async (run: Run, lines: ReadonlyArray<string>) => {
  const ends: Array<Program.Finished> = []
  for (const line of lines) ends.push(await run(...line.split(" ").filter((word) => word !== "")).finished())
  return ends
}

/** A peer at the scratch's socket that answers every line with this text. */
const answering = async (scratch: Scratch, text: string) => {
  scratch.configure()
  const server = net.createServer((socket) => {
    socket.on("error", () => {}).on("data", () => socket.end(text))
  }).listen(scratch.socket)
  await once(server, "listening")
  return { [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())) }
}

describe.concurrent("an order says by the quick way byte for byte what it says by the thorough one, with the same exit code:", () => {
  it("obeyed, failed, refused, waited for, with a summary", async () => {
    const cltab = [
      ":::deaf/stop:TERM 500ms, KILL",
      "web:app:1,run:respawn:exec sleep 1000",
      "web:set:1,:wait:true",
      "bad:t:1,:test:exit 7",
      "bad:u:1,:respawn:false",
      "deaf:d:1,:respawn:trap '' TERM; echo up >> up; while :; do sleep 0.05; done",
      "slow:s:1,:wait:exec sleep 3",
      "grün:日本:1,:once:exec sleep 1000",
      "off:o:1,:off:true"
    ]
    const lines = [
      "-w web 1",
      "web 1",
      "tell web run -v -w",
      "-w bad 1",
      "-w -v bad 1",
      "wbe 1",
      "statu",
      "stpo 1",
      "web rn",
      "start web/app",
      "restart web/app",
      "stop web/app",
      "stop web/app",
      "start web/ap",
      "start off/o",
      "stop web",
      "start web --no-wait",
      "signal web/app HUP",
      "signal web/app 18",
      "signal web/app HOP",
      "signal web/set TERM",
      "signal nope HUP",
      "retry",
      "retry bad",
      "retry nope -v",
      "--timeout 0.5 slow 1",
      "--timeout 20 -w grün 1",
      "reread",
      "reread --apply -w",
      "",
      "-k -w"
    ]
    const ends = await bothWays(async (scratch, run) => {
      await scratch.daemon(...cltab)
      return sequence(run, lines)
    })
    expect(new Set(exits(ends))).toEqual(new Set([0, 1]))
    expect(ends.map(({ stderr }) => stderr).join("")).toContain("slow to level 1 is not done")
  })

  it("beside a cltab with mistakes, and where none can be read", async () => {
    const ends = await bothWays(async (scratch, run) => {
      await scratch.daemon("web:app:1:respawn:exec sleep 1000")
      scratch.configure("web:app:1:respwn:exec sleep 1000", "web:\u001b[2J:1:respawn:true")
      const refused = await sequence(run, ["web 1", "-v web 1", "start web/app", "reread", ""])
      mkdirSync(scratch.path("directory"))
      const elsewhere = await Promise.all(
        ["missing", "directory", `missing/${"x".repeat(300)}`, "\u001b[2J"].map((cltab) =>
          run("-c", cltab, "-s", scratch.socket, "tell", "web", "1").finished()
        )
      )
      scratch.write("secret")
      chmodSync(scratch.path("secret"), 0o000)
      const secret = canReadAnything ? [] : await sequence(run, ["-c secret web 1"])
      return [...refused, ...elsewhere, ...secret]
    })
    expect(exits(ends).slice(0, 5)).toEqual([4, 4, 4, 4, 4])
    expect(ends[0]!.stderr).toMatch(/^clinit: .* is refused; what was loaded stays in force\n.*:3:11: /)
  })

  it("when nobody is there, and when the daemon is killed while it is waited for", async () => {
    const ends = await bothWays(async (scratch, run) => {
      scratch.configure()
      const alone = await sequence(run, ["web 1", "-v web 1", "-k", "start web/app", "reread -v"])
      const daemon = await scratch.daemon("slow:s:1,:wait:echo up > up; exec sleep 1000")
      const waiting = run("-w", "-v", "slow", "1")
      await until("it runs", () => Promise.resolve(scratch.exists("up") || undefined))
      await scratch.crash(daemon)
      const end = await waiting.finished()
      // A daemon that is being killed still takes a connection for a moment, which ends with it.
      return [...alone, { ...end, stderr: end.stderr.replace(/(no status: ).*/, "$1...") }]
    })
    expect(exits(ends)).toEqual([3, 3, 3, 3, 3, 3])
    expect(ends.at(-1)!.stderr).toContain("the daemon went away before it answered")
  })

  const refusal = (data: string) =>
    `{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no","data":${data}}}\n`
  for (
    const [claim, answer] of [
      ["that is no JSON", "hello\n"],
      ["that is no answer", "[1]\n"],
      ["that has nothing in it", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n"],
      ["with no words", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"message\":1,\"warnings\":[]}}\n"],
      [
        "with an outcome that is none",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"message\":\"m\",\"warnings\":[],\"outcome\":{\"state\":\"FAILED\"}}}\n"
      ],
      ["that refuses for a reason that is not known", refusal("{\"_tag\":\"constructor\"}")],
      ["that refuses without a reason", refusal("null")],
      [
        "that is an error",
        "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32004,\"message\":\"too many \\u001b[2Jclients\"}}\n"
      ]
    ] as const
  ) {
    it(`with an answer ${claim}, which is a mistake of the protocol`, async () => {
      const ends = await bothWays(async (scratch, run) => {
        await using _ = await answering(scratch, answer)
        return await sequence(run, ["web 1"])
      })
      expect(ends).toMatchObject([{ exit: 3, stdout: "" }])
      expect(ends[0]!.stderr).toMatch(/^clinit: protocol error: /)
      expect(ends[0]!.stderr).not.toContain("\u001b")
    })
  }

  it("when nobody reads it, or it cannot be written", async () => {
    for (const program of [Program.bundle, slow]) {
      await inScratch(async (scratch) => {
        await scratch.daemon("web:app:1:respawn:exec sleep 1000")
        const client = `"${process.execPath}" "${program}" -c "${scratch.cltab}"`
        const shell = (command: string) => scratch.start("/bin/sh", ["-c", command]).finished()
        const ends = [
          await shell(`${client} web 1 > /dev/full`),
          await shell(`{ ${client} web 1; echo $? >&2; } | true`),
          await shell(`${client} wbe/x 1 2>&-`)
        ]
        expect(ends.map(({ exit, stderr }) => [exit, stderr])).toEqual([
          [1, "clinit: cannot print: ENOSPC: no space left on device, write\n"],
          [0, "0\n"],
          [1, ""]
        ])
      })()
    }
  })
})

describe.concurrent("a daemon that is started by the quick way says and does what one does by the thorough way", () => {
  it("when it serves, rereads and ends, by a signal too", async () => {
    const ends = await bothWays(async (scratch, run) => {
      scratch.configure("web:app:1:respawn:exec sleep 1000")
      const serve = async (stop: (daemon: Program.Program) => unknown, ...argv: ReadonlyArray<string>) => {
        const daemon = scratch.adopt(run(...argv))
        await scratch.isUp(daemon)
        await scratch.clinit("-w", "web", "1")
        daemon.kill("SIGHUP")
        await scratch.clinit("reread")
        await stop(daemon)
        return daemon.finished()
      }
      return [
        await serve((daemon) => daemon.kill("SIGTERM"), "-d"),
        await serve((daemon) => daemon.kill("SIGINT"), "daemon", "--no-resume"),
        await serve(() => scratch.clinit("-k"), "--daemon")
      ]
    })
    expect(exits(ends)).toEqual([0, 0, 0])
  })

  it("when it is refused: for its cltab, its socket or another daemon", async () => {
    const ends = await bothWays(async (scratch, run) => {
      await scratch.daemon("web:app:1:respawn:exec sleep 1000")
      const second = await sequence(run, ["-d", "daemon", "daemon --tell nope:1", "daemon --exit-with nope"])
      scratch.write("wrong", ["web:app:1:respwn:true", "web:app"])
      const start = (cltab: string, ...more: ReadonlyArray<string>) =>
        run("-c", cltab, "-d", ...more).finished()
      scratch.write("far", [`:::socket:${"x".repeat(120)}`])
      scratch.write("file", [`:::socket:${scratch.path("wrong")}`])
      return [
        ...second,
        await start("wrong"),
        await start("missing"),
        await start("far"),
        await start("file")
      ]
    })
    expect(exits(ends)).toEqual([1, 1, 1, 1, 4, 4, 1, 1])
  })
})
