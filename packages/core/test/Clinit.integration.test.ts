import { Clinit } from "@clinit/core/Clinit"
import * as Entry from "@clinit/core/Entry"
import { Machine } from "@clinit/core/Machine"
import * as NodeMachine from "@clinit/core/node/NodeMachine"
import type { Premises } from "@clinit/core/Premises"
import { ClinitClient } from "@clinit/protocol/ClinitClient"
import { GroupName, Level } from "@clinit/protocol/Names"
import * as NodeClinitClient from "@clinit/protocol/node/NodeClinitClient"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { scratch } from "./support/Peer.ts"
import {
  allContainments,
  eventually,
  killPid,
  pidIn,
  read,
  runs,
  withDeadline
} from "./support/RealProcesses.ts"

const real = Layer.merge(NodeMachine.layer, Logger.layer([]))

const run = <A, E>(effect: Effect.Effect<A, E, Machine | Premises | Scope.Scope>) =>
  Effect.scoped(Effect.provide(effect, real))

/** Writes its pid, ignores INT and TERM, and has a child. */
const stubborn = (file: string) =>
  `trap "" INT TERM; sleep 1000 & echo $! > ${file}.child; echo $$ > ${file}; while :; do wait; done`

const quickStop = ":::stop:INT 100ms, TERM 100ms, KILL\n:::output:null\n"

const fileOf = (directory: string) => path.join(directory, "pid")

/** What a layer is in the middle of when it is closed: the cltab, and how it gets there. */
const moments: Readonly<
  Record<
    string,
    {
      readonly cltab: (file: string) => string
      readonly arrive: (clinit: Clinit["Service"], file: string) => Effect.Effect<unknown, unknown>
    }
  >
> = {
  "a start, while a wait entry runs": {
    cltab: (file) =>
      `web:a:run,:wait:${stubborn(file)}\nweb:b:run,:respawn:echo $$ > ${file}.next; exec sleep 1000\n`,
    arrive: (clinit) => clinit.tell("web", "run")
  },
  "a level that is reached": {
    cltab: (file) => `web:a:run,:respawn:${stubborn(file)}\n`,
    arrive: (clinit) => clinit.reach("web", "run")
  },
  "a level change, while the old level's processes are stopped": {
    cltab: (file) => `web:a:run,:respawn:${stubborn(file)}\nweb:b:off,:respawn:exec sleep 1000\n`,
    arrive: (clinit, file) =>
      clinit.reach("web", "run").pipe(
        Effect.andThen(pidIn(file)),
        Effect.andThen(clinit.tell("web", "off"))
      )
  },
  "a stop by hand": {
    cltab: (file) => `web:a:run,:respawn:${stubborn(file)}\n`,
    arrive: (clinit, file) =>
      clinit.reach("web", "run").pipe(Effect.andThen(pidIn(file)), Effect.andThen(clinit.stop("web/a")))
  },
  "a throttle's pause of another entry": {
    cltab: (file) =>
      `:::web/b/respawn.hits:0\nweb:a:run,:respawn:${stubborn(file)}\nweb:b:run,:respawn:exit 1\n`,
    arrive: (clinit) =>
      clinit.reach("web", "run").pipe(
        Effect.andThen(
          Stream.runHead(Stream.filter(clinit.changes, (change) =>
            change._tag === "Process" && change.state?._tag === "Pausing"))
        )
      )
  },
  "a shutdown": {
    cltab: (file) => `web:a:run,:respawn:${stubborn(file)}\n`,
    arrive: (clinit, file) =>
      clinit.reach("web", "run").pipe(
        Effect.andThen(pidIn(file)),
        Effect.andThen(Effect.forkDetach(clinit.shutdown, { startImmediately: true }))
      )
  }
}

describe("a layer that is closed", () => {
  for (const { containment, unavailable } of allContainments) {
    describe.skipIf(unavailable !== undefined)(`with ${containment}`, () => {
      for (const [moment, { arrive, cltab }] of Object.entries(moments)) {
        it.live(`in the middle of ${moment} leaves no process behind`, () =>
          run(Effect.gen(function*() {
            const directory = yield* scratch
            const file = fileOf(directory)
            const scope = yield* Scope.make()
            const clinit = yield* Scope.provide(
              Clinit.make({ text: `:::containment:${containment}\n${quickStop}${cltab(file)}` }),
              scope
            )
            yield* withDeadline("the moment", arrive(clinit, file))
            const pids = [yield* pidIn(file), yield* pidIn(`${file}.child`)]
            assert.deepStrictEqual(pids.map(runs), [true, true])
            yield* withDeadline("the close", Scope.close(scope, Exit.void))
            assert.deepStrictEqual(pids.map(runs), [false, false])
            assert.deepStrictEqual(fs.readdirSync(directory).sort(), ["pid", "pid.child"])
          })))
      }

      it.live("is one of ten in this program with the same cltab, and the others' processes go on", () =>
        run(Effect.gen(function*() {
          const text = `:::containment:${containment}\n${quickStop}web:a:run,:respawn:exec sleep 1000\n`
          const start = Effect.gen(function*() {
            const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
            const clinit = yield* Scope.provide(Clinit.make({ text }), scope)
            yield* clinit.reach("web", "run")
            return { scope, clinit }
          })
          const all = yield* Effect.all(Array.from({ length: 10 }, () => start), { concurrency: "unbounded" })
          const pids = yield* Effect.forEach(all, ({ clinit }) => pidOf(clinit))
          assert.strictEqual(new Set(pids).size, 10)
          for (const [index, { scope }] of all.entries()) {
            yield* withDeadline("the close", Scope.close(scope, Exit.void))
            assert.deepStrictEqual(pids.map(runs), pids.map((_, other) => other > index))
          }
        })))
    })
  }
})

const pidOf = (clinit: Clinit["Service"]) =>
  Effect.map(clinit.statusOf("web"), ({ processes: [process] }) => {
    const state = process?.state
    if (state?._tag !== "Running") throw new Error(`not running: ${state?._tag}`)
    return state.pid!
  })

describe("processes and effects in one group", () => {
  it.live("start in the order of their array, are shown for what they are, and end together with the layer", () =>
    run(Effect.gen(function*() {
      const file = fileOf(yield* scratch)
      const said: Array<string> = []
      const say = (words: string) => Effect.sync(() => void said.push(words))
      const scope = yield* Scope.make()
      const clinit = yield* Scope.provide(
        Clinit.make({
          settings: { stop: [{ signal: "TERM", grace: "5 seconds" }, "KILL"], output: "null" },
          entries: [
            Entry.process("web", "first", {
              levels: ["run"],
              mode: "wait",
              command: `echo 1 > ${file}.first`
            }),
            Entry.effect("web", "second", {
              levels: ["run"],
              mode: "respawn",
              effect: Effect.acquireRelease(
                Effect.suspend(() => say(`begins behind ${read(`${file}.first`)?.trim()}`)),
                () => say("ends")
              ).pipe(Effect.andThen(Effect.never))
            }),
            Entry.process("web", "third", {
              levels: ["run"],
              mode: "respawn",
              command: ["sh", "-c", `echo $$ > "$0"; exec sleep 1000`, file]
            })
          ]
        }),
        scope
      )
      yield* clinit.reach("web", "run")
      const pid = yield* pidIn(file)
      const { processes } = yield* clinit.statusOf("web")
      assert.deepStrictEqual(
        processes.map(({ containment, state, tag }) =>
          `${tag} ${state._tag}${containment === "fiber" ? " fiber" : ""}${"pid" in state ? " pid" : ""}`
        ),
        ["first Done", "second Running fiber", "third Running pid"]
      )
      assert.deepStrictEqual(said, ["begins behind 1"])
      yield* withDeadline("the close", Scope.close(scope, Exit.void))
      assert.strictEqual(runs(pid), false)
      assert.deepStrictEqual(said, ["begins behind 1", "ends"])
    })))
})

describe("a program whose main fiber is interrupted", () => {
  const host = (socket: string, text: string) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const child = spawn(process.execPath, [
          "--conditions=@clinit/source",
          "--disable-warning=ExperimentalWarning",
          path.join(import.meta.dirname, "support/Host.ts"),
          socket,
          text
        ], { stdio: ["ignore", "pipe", "inherit"] })
        let said = ""
        child.stdout.setEncoding("utf8").on("data", (chunk: string) => void (said += chunk))
        const gone = new Promise<number | null>((resolve) => child.once("exit", resolve))
        return { child, said: () => said, gone: Effect.promise(() => gone) }
      }),
      ({ child, gone }) => Effect.andThen(Effect.sync(() => child.kill("SIGKILL")), gone)
    )

  it.live("stops its processes first, and ends", () =>
    Effect.scoped(Effect.gen(function*() {
      const file = fileOf(yield* scratch)
      const { child, gone, said } = yield* host("", `${quickStop}web:a:run,:respawn:${stubborn(file)}\n`)
      const pids = [yield* pidIn(file), yield* pidIn(`${file}.child`)]
      yield* eventually("it is up", () => said() === "up\n")
      child.kill("SIGTERM")
      assert.strictEqual(yield* withDeadline("its end", gone), 0)
      assert.deepStrictEqual(pids.map(runs), [false, false])
      assert.strictEqual(said(), "up\ndown\n")
    })))

  it.live("and was killed before goes on with the processes of the one before, if it serves", () =>
    Effect.scoped(Effect.gen(function*() {
      const directory = yield* scratch
      const file = fileOf(directory)
      const socket = path.join(directory, "s")
      const text = `${quickStop}web:a:run,:respawn:echo $$ > ${file}; exec sleep 1000\n`
      const first = yield* host(socket, text)
      yield* eventually("the first is up", () => first.said() === "up\n")
      const pid = yield* pidIn(file)
      yield* Effect.addFinalizer(() => Effect.sync(() => runs(pid) && killPid(pid)))
      first.child.kill("SIGKILL")
      yield* first.gone
      const second = yield* host(socket, text)
      yield* eventually("the second is up", () => second.said() === "up\n")
      const clinit = Context.get(
        yield* Layer.build(NodeClinitClient.layer(socket)),
        ClinitClient
      )
      const { groups: [web] } = yield* clinit.status({})
      const { adopted, state } = web!.processes[0]!
      assert.deepStrictEqual({ adopted, state }, { adopted: true, state: { _tag: "Running", pid } })
      second.child.kill("SIGTERM")
      assert.strictEqual(yield* withDeadline("its end", second.gone), 0)
      assert.strictEqual(runs(pid), false)
      assert.deepStrictEqual(fs.readdirSync(directory).sort(), ["pid"])
    })))
})

describe("a program that serves", () => {
  const text = `${quickStop}web:a:run,:respawn:exec sleep 1000\n`

  it.live("answers clients as a daemon does, with what the program itself has ordered", () =>
    run(Effect.gen(function*() {
      const directory = yield* scratch
      const [socket, clstat] = [path.join(directory, "s"), path.join(directory, "clstat")]
      const served = yield* Layer.build(Clinit.serve({ text, socket, clstat, version: "7.8" }))
      yield* Context.get(served, Clinit).reach("web", "run")
      const client = Context.get(
        yield* Layer.build(NodeClinitClient.layer(socket)),
        ClinitClient
      )
      const { groups: [web], pid, version } = yield* client.status({})
      assert.deepStrictEqual([web?.level, web?.state, version, pid], ["run", "DONE", "7.8", process.pid])
      yield* eventually("the status file", () => read(clstat) === "Cluster::Init::Group web run DONE\n")
      const told = yield* client.tell({ group: GroupName.make("web"), level: Level.make("off"), wait: true })
      assert.strictEqual(told.outcome?.state, "DONE")
    })))

  it.live("has its socket and its files for as long as the layer lives", () =>
    run(Effect.gen(function*() {
      const directory = yield* scratch
      const scope = yield* Scope.make()
      const options = { text, socket: path.join(directory, "s"), clstat: path.join(directory, "clstat") }
      yield* Layer.buildWithScope(Clinit.serve(options), scope)
      yield* eventually("the files", () => fs.readdirSync(directory).length >= 4)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(fs.readdirSync(directory), [])
    })))

  it.live("is refused where another serves, by an error of its own type", () =>
    run(Effect.gen(function*() {
      const directory = yield* scratch
      const options = { text, socket: path.join(directory, "s"), clstat: path.join(directory, "clstat") }
      yield* Layer.build(Clinit.serve(options))
      const error = yield* Effect.flip(Layer.build(Clinit.serve(options)))
      assert.strictEqual(error._tag, "LockRefused")
    })))
})
