import { CltabSource } from "@clinit/core/CltabSource"
import { Daemon } from "@clinit/core/Daemon"
import * as DaemonServer from "@clinit/core/DaemonServer"
import * as NodeSocketServer from "@clinit/core/node/NodeSocketServer"
import { StatusBoard } from "@clinit/core/StatusBoard"
import * as ScriptedSpawner from "@clinit/core/testing/ScriptedSpawner"
import { Trace } from "@clinit/core/testing/Trace"
import { Trouble } from "@clinit/core/Trouble"
import { calls, Refusal } from "@clinit/protocol/ClinitRpcs"
import * as JsonRpc from "@clinit/protocol/JsonRpc"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { spawn, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Peer } from "./support/Peer.ts"
import { connect, scratch } from "./support/Peer.ts"

const document = fs.readFileSync(new URL("../../../docs/protocol.md", import.meta.url), "utf8")

/** The content of the document's only fenced block of this kind. */
const block = (kind: string) => {
  const [found, ...more] = [...document.matchAll(new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\`$`, "gmsu"))]
  assert.deepStrictEqual(more, [])
  return found![1]!
}

/** The daemon of the transcript, on scripted processes; where it listens. */
const daemon = Effect.gen(function*() {
  yield* TestClock.setTime(Date.UTC(2026, 0, 1))
  const bytes = new TextEncoder().encode(block("cltab"))
  const source = Layer.succeed(CltabSource, { file: "/etc/cltab", read: Effect.succeed(bytes) })
  const spawner = Layer.provide(
    ScriptedSpawner.layer({ migrate: { runs: 0 }, probe: { runs: 0, exits: 1 } }),
    Trace.layer
  )
  const context = yield* Layer.build(
    Layer.provide(Daemon.volatile, Layer.mergeAll(source, spawner, StatusBoard.layer))
  )
  const answer = yield* Effect.provideContext(DaemonServer.make({ version: "0.1.0", pid: 4711 }), context)
  const socket = path.join(yield* scratch, "s")
  yield* NodeSocketServer.serveAt(socket, answer).pipe(Effect.provide(Trouble.layer))
  return socket
})

/** Each daemon has an id of its own. */
const ids = /(?<="sequence":")\w+/g

/** Sends what the transcript sends, and asserts that the answers are those of the transcript. */
const replays = Effect.fnUntraced(function*(client: Peer, transcript: string) {
  const lines = transcript.split("\n").slice(0, -1)
  const replay: Array<string> = []
  for (const line of lines) {
    if (line.startsWith("-> ")) {
      yield* client.send(`${line.slice(3)}\n`)
      replay.push(line)
    } else {
      replay.push(`<- ${yield* client.line}`)
    }
  }
  assert.strictEqual(replay.join("\n").replace(ids, "id"), lines.join("\n").replace(ids, "id"))
})

/** A command's output, while this process goes on serving. */
const outputOf = (command: string) =>
  Effect.callback<string>((resume) => {
    const child = spawn("/bin/sh", ["-c", command])
    let said = ""
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => void (said += String(chunk)))
    }
    child.once("close", () => resume(Effect.succeed(said)))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

describe("docs/protocol.md", () => {
  it.effect("has a transcript that the daemon repeats byte for byte, and then that of a watch but for the id of its sequence", () =>
    Effect.gen(function*() {
      const socket = yield* daemon
      const client = yield* connect(socket)
      yield* replays(client, block("transcript"))
      yield* client.halfClose
      assert.deepStrictEqual(yield* client.lines, [])
      yield* replays(yield* connect(socket), block("watch"))
    }))

  it("has transcripts that show every method, and errors of every kind that a client can cause", () => {
    const transcript = block("transcript") + block("watch")
    for (const method of Object.keys(calls)) assert.include(transcript, `"method":"${method}"`)
    const { invalidParams, invalidRequest, methodNotFound, parse, refused } = JsonRpc.Code
    for (const code of [invalidParams, invalidRequest, methodNotFound, parse, refused]) {
      assert.include(transcript, `"code":${code}`)
    }
  })

  it("names every method, every error code and every refusal in its tables", () => {
    const rows = document.split("\n").filter((line) => line.startsWith("| ")).map((line) =>
      line.split("|")[1]!.trim()
    )
    for (const method of Object.keys(calls)) assert.include(rows, `\`${method}\``)
    for (const code of Object.values(JsonRpc.Code)) assert.include(rows, String(code))
    for (const refusal of Refusal.members) assert.include(rows, `\`${refusal.identifier}\``)
  })

  const has = (program: string) => spawnSync("/bin/sh", ["-c", `command -v ${program}`]).status === 0

  it.effect.skipIf(!has("socat"))(
    "has a command for the shell that works (needs socat)",
    () =>
      Effect.gen(function*() {
        const command = block("sh").replace("/var/run/clinit/clinit.s", yield* daemon)
        const { result } = JSON.parse(yield* outputOf(command))
        assert.strictEqual(result.pid, 4711)
      })
  )
})
