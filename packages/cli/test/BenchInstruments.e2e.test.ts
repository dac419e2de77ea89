import { describe, expect, it } from "@effect/vitest"
import { execFileSync, spawnSync } from "node:child_process"
import * as net from "node:net"
import { Client } from "../../../bench/Client.ts"
import { itUnless, lacks } from "./support/Conditional.ts"
import { inScratch } from "./support/Scratch.ts"

/** Makes a call of a server that answers the first bytes of a client so. */
const calling = (answer: (client: net.Socket) => void) => {
  let outcome: unknown
  const test = inScratch(async (scratch) => {
    const path = scratch.path("server")
    const server = net.createServer((client) => {
      client.on("error", () => {}).once("data", () => answer(client))
    })
    await new Promise<void>((resolve) => server.listen(path, resolve))
    const client = await Client.connect(path)
    try {
      outcome = await client.call("status").catch(String)
    } finally {
      client.close()
      server.close()
    }
  })
  return async () => {
    await test()
    return outcome
  }
}

describe("a call of the performance suite", () => {
  for (
    const [title, answer, outcome] of [
      ["has the daemon's result, whatever is told before", (client) => {
        client.write("{\"method\":\"event\"}\n{\"id\":1,\"res")
        setTimeout(() => client.write("ult\":{\"a\":1}}\n"), 20)
      }, { a: 1 }],
      [
        "fails if it is refused",
        (client) => client.write("{\"id\":1,\"error\":{\"code\":2}}\n"),
        "Error: the daemon refuses: {\"code\":2}"
      ],
      [
        "fails at a line that is not JSON",
        (client) => client.write("what?\n"),
        "Error: the daemon says what is not JSON: \"what?\""
      ],
      [
        "fails if the daemon goes before it has answered",
        (client) => client.destroy(),
        "Error: the connection has ended"
      ]
    ] as ReadonlyArray<readonly [string, (client: net.Socket) => void, unknown]>
  ) {
    it(title, async () => expect(await calling(answer)()).toEqual(outcome))
  }
})

itUnless(lacks("cc"))(
  "who waits for deaths takes a process for dead if there is none, and for nothing if it cannot be watched",
  inScratch(async (scratch) => {
    const source = new URL("../../../bench/native/deaths.c", import.meta.url).pathname
    const program = scratch.path("deaths")
    execFileSync(process.env["CC"] ?? "cc", ["-o", program, source])
    const gone = spawnSync("true").pid
    const watch = (pids: ReadonlyArray<number>, files: number) => {
      const { status, stderr, stdout } = spawnSync("/bin/sh", [
        "-c",
        `ulimit -n ${files}; exec "$0" 10`,
        program
      ], {
        input: pids.join("\n"),
        encoding: "utf8"
      })
      return [status, stdout.replace(/DONE \d+/, "DONE"), stderr]
    }
    expect(watch([gone], 8)).toEqual([0, "READY\nDONE\n", ""])
    expect(watch([process.pid, gone], 8)).toEqual([1, "READY\nLEFT 1\n", ""])
    expect(watch(Array.from({ length: 9 }, () => process.pid), 8))
      .toEqual([2, "", "deaths: Too many open files\n"])
  })
)
