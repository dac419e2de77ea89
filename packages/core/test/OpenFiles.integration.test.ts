import * as OpenFiles from "@clinit/core/node/OpenFiles"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { connect, eventually, scratch } from "./support/Peer.ts"

/** A process that may have so many files open and runs the script; `said` has the lines that it prints. */
const limited = Effect.fnUntraced(function*(files: number, script: string, argument: string) {
  const shell = `ulimit -n ${files}; exec "$0" --conditions=@clinit/source --input-type=module -e "$1" "$2"`
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn("/bin/sh", ["-c", shell, process.execPath, script, argument], {
        cwd: import.meta.dirname,
        stdio: ["pipe", "pipe", "inherit"]
      })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  let text = ""
  child.stdout.on("data", (chunk) => text += String(chunk))
  return { child, said: () => text.split("\n").slice(0, -1) }
})

it.live("the limit is the system's, and half of it is left for other things than clients", () =>
  Effect.gen(function*() {
    const { said } = yield* limited(
      512,
      `import * as OpenFiles from "@clinit/core/node/OpenFiles"
      import { Limits } from "@clinit/core/node/ClientConnection"
      import * as Effect from "effect/Effect"
      const { clients, connections, hasty } = Effect.runSync(Effect.service(Limits))
      console.log([OpenFiles.limit(), connections, clients, hasty].join())`,
      ""
    )
    yield* eventually("it is told", () => said().length === 1)
    assert.deepStrictEqual(said(), ["512,256,128,12"])
    assert.isAtLeast(OpenFiles.limit() ?? Infinity, 256)
  }))

it.live(
  "a daemon that can open no more files neither spins nor dies, says so, and serves again afterwards",
  () =>
    Effect.gen(function*() {
      const socket = path.join(yield* scratch, "s")
      const { child, said } = yield* limited(
        128,
        `import * as NodeSocketServer from "@clinit/core/node/NodeSocketServer"
      import { Trouble } from "@clinit/core/Trouble"
      import * as Effect from "effect/Effect"
      import * as fs from "node:fs"
      const held = []
      const orders = {
        f: () => { try { while (true) held.push(fs.openSync("/dev/null")) } catch { console.log("full") } },
        r: () => { for (const file of held.splice(0)) fs.closeSync(file); console.log("free") }
      }
      process.stdin.on("data", (order) => orders[order]())
      const program = Effect.gen(function*() {
        yield* NodeSocketServer.serveAt(process.argv[1], (line) => Effect.succeed(line))
        const { all } = yield* Trouble
        console.log("serving")
        let before = ""
        setInterval(() => {
          const now = all().join()
          if (now !== before) console.log("trouble: " + now)
          before = now
        }, 20)
        yield* Effect.never
      })
      Effect.runFork(Effect.provide(Effect.scoped(program), Trouble.layer))`,
        socket
      )
      const isSaid = (line: string) => eventually(line, () => said().some((each) => each.startsWith(line)))
      yield* isSaid("serving")
      child.stdin.write("f")
      yield* isSaid("full")
      const processorMillis = () => {
        const fields = fs.readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]!.split(" ")
        return (Number(fields[11]) + Number(fields[12])) * 10
      }
      const before = processorMillis()
      const dropped = yield* Effect.all(Array.from({ length: 100 }, () => connect(socket)), {
        concurrency: "unbounded"
      })
      for (const client of dropped) assert.isUndefined(yield* client.line)
      yield* isSaid(
        "trouble: open files: the limit is reached: clients are dropped, processes cannot be started"
      )
      assert.isBelow(processorMillis() - before, 1_000)
      child.stdin.write("r")
      yield* isSaid("free")
      assert.strictEqual(yield* (yield* connect(socket)).ask("hello"), "hello")
      yield* eventually("all is well", () => said().at(-1) === "trouble: ")
    }),
  30_000
)

it.live("a start that fails for want of descriptors leaves none open, however many were left", () =>
  Effect.gen(function*() {
    const { said } = yield* limited(
      128,
      `import * as Cltab from "@clinit/core/Cltab"
      import * as EntryLogger from "@clinit/core/EntryLogger"
      import * as NodeSpawner from "@clinit/core/node/NodeSpawner"
      import { Spawner } from "@clinit/core/Spawner"
      import * as Effect from "effect/Effect"
      import * as Layer from "effect/Layer"
      import * as Logger from "effect/Logger"
      import * as fs from "node:fs"
      const entryOf = (...settings) =>
        Cltab.parse([...settings.map((line) => ":::" + line), "g:e:1:once:true"].join("\\n")).entries[0]
      const logged = entryOf("output:pipe:cat")
      const count = () => fs.readdirSync("/proc/self/fd").length
      const work = Effect.gen(function*() {
        const spawner = yield* Spawner
        const starts = [
          ...[["limit.core:0"], ["user:root"]].map((settings) => spawner.spawn(entryOf(...settings), "m" + Math.random())),
          spawner.openPipe(EntryLogger.of(logged)[0])
        ]
        const attempt = (start) => Effect.flatMap(Effect.exit(start), (exit) =>
          Effect.when(exit.value?.close ?? exit.value?.extinct ?? Effect.void, Effect.succeed(exit._tag === "Success")))
        const spareOf = (spare) => Effect.gen(function*() {
          const opened = []
          try {
            for (;;) opened.push(fs.openSync("/dev/null", "r"))
          } catch {}
          for (const descriptor of opened.splice(0, spare)) fs.closeSync(descriptor)
          for (const start of starts) yield* attempt(start)
          for (const descriptor of opened) fs.closeSync(descriptor)
        })
        for (const start of starts) yield* attempt(start)
        yield* Effect.sleep("200 millis")
        const before = count()
        for (let spare = 0; spare < 20; spare++) yield* spareOf(spare)
        yield* Effect.sleep("500 millis")
        console.log(count() - before)
      })
      const layer = NodeSpawner.layer({ name: "room-" + process.pid, containment: "group", pipes: process.argv[1] })
      Effect.runPromise(Effect.provide(work, Layer.provideMerge(layer, Logger.layer([]))))`,
      path.join(yield* scratch, "pipes")
    )
    yield* eventually("it is told", () => said().length === 1)
    assert.deepStrictEqual(said(), ["0"])
  }))
