import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"
import * as http from "node:http"
import * as net from "node:net"
import * as path from "node:path"
import { isDeepStrictEqual } from "node:util"
import { logLines } from "./support/Daemons.ts"
import { until } from "./support/Eventually.ts"
import * as Program from "./support/Program.ts"
import type { Scratch } from "./support/Scratch.ts"
import { inScratch } from "./support/Scratch.ts"

/** What is at the path of the endpoint at this socket; nothing as long as nobody answers. */
const get = (socketPath: string) =>
  new Promise<string | undefined>((resolve) => {
    const request = http.get({ socketPath, path: "/metrics", agent: false }, (response) => {
      let text = ""
      response.setEncoding("utf8").on("data", (chunk) => (text += chunk)).on("end", () => resolve(text))
    })
    request.on("error", () => resolve(undefined))
  })

const metrics = async (scratch: Scratch) =>
  (await until("the endpoint answers", () => get(scratch.path("metrics")))).split("\n")

/** Waits until the metrics have all these lines: they may be those of a moment ago, as readers share an answer for a while. */
const have = async (scratch: Scratch, ...lines: ReadonlyArray<string>) => {
  await until(`the metrics have ${lines.join(" and ")}`, async () => {
    const read = await metrics(scratch)
    return lines.every((line) => read.includes(line))
  })
}

/** The gauges of states that a status stands for, those that are not 0. */
const gaugesOf = ({ groups }: Awaited<ReturnType<Scratch["status"]>>) => {
  const count = new Map<string, number>()
  const add = (name: string) => count.set(name, (count.get(name) ?? 0) + 1)
  for (const { group, level, processes, state } of groups) {
    add(`clinit_groups{state="${state}"}`)
    if (level !== undefined) add(`clinit_group_state{group="${group}",state="${state}"}`)
    for (const process of processes) add(`clinit_processes{group="${group}",state="${process.state._tag}"}`)
  }
  return Array.from(count, ([name, value]) => `${name} ${value}`).sort()
}

const shown = (lines: ReadonlyArray<string>) =>
  lines.filter((line) => /^clinit_(?:groups|group_state|processes)\{/.test(line) && !line.endsWith(" 0"))
    .sort()

describe.concurrent("telemetry", () => {
  it(
    "what can be read of the metrics agrees with the status, whatever happens",
    inScratch(async (scratch) => {
      await scratch.daemon(
        `:::metrics:${scratch.path("metrics")}`,
        "web:app:1,2:respawn:exec sleep 1000",
        "web:flaps:2,:respawn:exit 1",
        "web:check:2,:test:exit 1",
        "shop:job:1:once:exec sleep 1000",
        "mail:never:1:once:true"
      )
      for (
        const steps of [["shop", "1"], ["-w", "web", "1"], ["-w", "web", "2"], ["stop", "web/app"], [
          "-w",
          "shop",
          "off"
        ]]
      ) {
        await scratch.clinit(...steps)
        await until("both say the same", async () => {
          const before = gaugesOf(await scratch.status())
          const now = shown(await metrics(scratch))
          const after = gaugesOf(await scratch.status())
          if (String(before) !== String(after)) return undefined
          // A status waits until every end has been told; metrics do not.
          return isDeepStrictEqual(now, before)
        })
      }
      await have(
        scratch,
        "clinit_process_ends_total{group=\"web\",tag=\"check\",end=\"failure\"} 1",
        "clinit_process_ends_total{group=\"web\",tag=\"flaps\",end=\"failure\"} 7",
        "clinit_process_restarts_total{group=\"web\",tag=\"flaps\"} 6",
        "clinit_calls_total{method=\"tell\"} 4"
      )
      await scratch.clinit("nobody", "1")
      await have(
        scratch,
        "clinit_call_refusals_total{method=\"tell\",reason=\"UnknownGroup\"} 1",
        "clinit_clients 0"
      )
      scratch.launch("watch")
      await have(scratch, "clinit_clients 1")
    })
  )

  it(
    "a log of JSON has an object a line, what was logged before the cltab was read as well, and says what it is about",
    inScratch(async (scratch) => {
      await scratch.daemon(
        ":::log-format:json",
        ":::unknown\u0085:x",
        "web:job:1:wait:exit 3"
      )
      await scratch.clinit("-w", "web", "1")
      const lines = scratch.lines("daemon.log")
      for (const line of lines) assert.match(line, /^[ -~]*$/)
      const objects = lines.map((line) => JSON.parse(line) as Record<string, string>)
      assert.include(objects.find(({ message }) => message?.includes("unknown"))?.["level"], "warn")
      assert.deepStrictEqual(
        objects.filter(({ group }) => group !== undefined).map(({ time, ...others }) => {
          assert.match(time!, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
          return others
        }),
        [
          { level: "info", message: "web told level 1", group: "web" },
          { level: "warn", message: "web/job exited 3", group: "web", tag: "job" },
          { level: "info", message: "web 1 DONE", group: "web" }
        ]
      )
    })
  )

  it(
    "neither a port that is taken nor a collector that never answers keeps the daemon from its work or its end",
    inScratch(async (scratch) => {
      const clients: Array<net.Socket> = []
      const silent = net.createServer((client) => void clients.push(client.on("error", () => {})))
      await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve))
      const { port } = silent.address() as net.AddressInfo
      try {
        const daemon = await scratch.daemon(
          `:::metrics:127.0.0.1:${port}`,
          `:::otlp:http://127.0.0.1:${port}`,
          "web:app:1:respawn:exec sleep 1000"
        )
        await scratch.clinit("-w", "web", "1")
        const { warnings } = await until("the trouble is known", async () => {
          const status = await scratch.status()
          return status.warnings.length === 0 ? undefined : status
        })
        assert.strictEqual(
          warnings[0],
          `metrics: listen EADDRINUSE: address already in use 127.0.0.1:${port}`
        )
        await until("something is being exported", async () => clients.length > 0 || undefined)
        assert.strictEqual(await scratch.group("web"), "1 DONE")
        const began = Date.now()
        daemon.kill("SIGTERM")
        assert.strictEqual((await daemon.finished()).exit, 0)
        assert.isBelow(Date.now() - began, 8_000)

        // Another may be started as soon as all is down, though the last export is still waited for.
        await scratch.restart()
        await scratch.clinit("shutdown", "--wait")
        await scratch.restart()
        assert.lengthOf(logLines(scratch, "internal error"), 0)
      } finally {
        for (const client of clients) client.destroy()
        silent.close()
      }
    })
  )

  it("what is not switched on is not loaded", () => {
    const root = path.dirname(Program.bundle)
    const loaded = new Set<string>()
    const load = (file: string) => {
      if (loaded.has(file)) return
      loaded.add(file)
      for (const [, module] of readFileSync(file, "utf8").matchAll(/(?:from|import)"(\.[^"]+)"/g)) {
        load(path.resolve(path.dirname(file), module!))
      }
    }
    const chunks = readdirSync(path.join(root, "chunks")).map((name) => path.join(root, "chunks", name))
    for (const program of ["clinit.js", "main.js", "daemon.js"]) load(path.join(root, program))
    const withExports = chunks.filter((name) => /scopeSpans|maxHeaderSize/.test(readFileSync(name, "utf8")))
    assert.lengthOf(withExports, 2)
    assert.deepStrictEqual(withExports.filter((name) => loaded.has(name)), [])
  })

  it(
    "changed lines take effect when the daemon is started again, and it says so",
    inScratch(async (scratch) => {
      await scratch.daemon(`:::metrics:${scratch.path("metrics")}`, "web:app:1:once:true")
      await metrics(scratch)
      scratch.configure(`:::metrics:${scratch.path("other")}`, ":::log-format:json", "web:app:1:once:true")
      const { stderr } = await scratch.clinit("reread")
      for (const name of ["metrics", "log-format"]) {
        assert.include(stderr, `a changed ${name} line takes effect when the daemon is started again`)
      }
      assert.isTrue(scratch.exists("metrics"))
      assert.isFalse(scratch.exists("other"))
    })
  )
})
