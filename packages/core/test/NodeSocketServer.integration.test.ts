import { Daemon } from "@clinit/core/Daemon"
import * as DaemonServer from "@clinit/core/DaemonServer"
import * as ClientConnection from "@clinit/core/node/ClientConnection"
import * as NodeSocketServer from "@clinit/core/node/NodeSocketServer"
import type { Answer } from "@clinit/core/Premises"
import { Trouble } from "@clinit/core/Trouble"
import { ClinitClient } from "@clinit/protocol/ClinitClient"
import { UnknownGroup } from "@clinit/protocol/ClinitRpcs"
import * as NodeClinitClient from "@clinit/protocol/node/NodeClinitClient"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import { execFileSync, spawn } from "node:child_process"
import * as fs from "node:fs"
import * as net from "node:net"
import * as path from "node:path"
import * as ChildNode from "./support/ChildNode.ts"
import { connect, eventually, scratch, stays } from "./support/Peer.ts"

// Child processes and 500 clients take their time on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

const aMebibyte = "x".repeat(1024 * 1024)

/**
 * A daemon whose group `web` settles at once and whose group `slow` when the test says so. Its status is long enough
 * to fill any socket buffer.
 */
const scripted = Effect.gen(function*() {
  const settle = yield* Deferred.make<void>()
  const told: Array<string> = []
  const daemon = Daemon.of({
    tell: (group, level) => {
      if (group !== "web" && group !== "slow") return Effect.fail(new UnknownGroup({ group }))
      told.push(`${group} ${level}`)
      const outcome = { state: "DONE" as const, failed: [] }
      return Effect.succeed({
        warnings: [],
        settling: group === "web" ? Effect.succeed(outcome) : Effect.as(Deferred.await(settle), outcome)
      })
    },
    retry: () => Effect.succeed({ warnings: [], retrials: [] }),
    order: (_verb, group) => Effect.fail(new UnknownGroup({ group })),
    signal: (group) => Effect.fail(new UnknownGroup({ group })),
    reread: Effect.succeed({ warnings: [], halting: [] }),
    apply: Effect.succeed({ warnings: [], halting: [], applied: [] }),
    plan: () => Effect.succeed({ warnings: [], groups: [] }),
    environment: () => Effect.succeed({ warnings: [], variables: [] }),
    history: () => Effect.succeed({ events: [], omitted: 0 }),
    watch: () => Effect.die("unused"),
    status: Effect.succeed({
      containment: "group",
      cltab: aMebibyte,
      modified: false,
      shuttingDown: false,
      warnings: [],
      groups: []
    }),
    shutdown: Effect.void,
    down: Deferred.await(settle)
  })
  const answer = yield* Effect.provideService(DaemonServer.make({ version: "9", pid: 1 }), Daemon, daemon)
  return { answer, settle: Deferred.succeed(settle, void 0), told: () => told }
})

const limits = { ...Effect.runSync(Effect.service(ClientConnection.Limits)) }

const serveAt = (socket: string, answer: Answer) =>
  Effect.provide(NodeSocketServer.serveAt(socket, answer), Trouble.layer)

/** A scripted daemon at a socket in a directory of its own; `log` has what it logged at INFO and above. */
const serving = Effect.fnUntraced(function*(patience: Partial<ClientConnection.Limits> = {}) {
  const directory = yield* scratch
  const socket = path.join(directory, "s")
  const log: Array<string> = []
  const logger = Logger.make<unknown, void>(({ logLevel, message }) =>
    void log.push(`${logLevel} ${String(message)}`)
  )
  const daemon = yield* scripted
  const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
  yield* serveAt(socket, daemon.answer).pipe(
    Scope.provide(scope),
    Effect.provideService(ClientConnection.Limits, { ...limits, ...patience }),
    Effect.provide(Logger.layer([logger]))
  )
  return { ...daemon, directory, socket, log, end: Scope.close(scope, Exit.void) }
})

const refusal = (socket: string) =>
  Effect.map(
    Effect.flip(Effect.scoped(serveAt(socket, (line) => Effect.succeed(line)))),
    (error) => error.message
  )

const request = (method: string, params: object = {}, id: number | string = 1) =>
  JSON.stringify({ jsonrpc: "2.0", id, method, params })
const version = request("version")
const versionAnswer = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"version\":\"9\",\"protocol\":1}}"
const parseError =
  "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"not JSON: one request a line is expected\"}}"
const tooLong =
  "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32002,\"message\":\"a line is longer than 65536 bytes\"}}"
const waiting = request("tell", { group: "slow", level: "1", wait: true })

/** Runs with a umask that forbids nothing, as a careless administrator may have it. */
const withOpenUmask = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => process.umask(0)),
    () => effect,
    (umask) => Effect.sync(() => process.umask(umask))
  )

const mode = (file: string) => (fs.lstatSync(file).mode & 0o7777).toString(8)

describe("the socket's path", () => {
  it.live("is for the owner only, under any umask, and so is each directory that is made for it", () =>
    withOpenUmask(Effect.gen(function*() {
      const directory = yield* scratch
      const socket = path.join(directory, "var", "run", "s")
      yield* serveAt(socket, Effect.succeed)
      assert.strictEqual(mode(socket), "600")
      assert.strictEqual(mode(path.join(directory, "var", "run")), "700")
      assert.strictEqual(mode(path.join(directory, "var")), "700")
      assert.strictEqual(mode(`${socket}.lock`), "600")
      assert.strictEqual(process.umask(), 0)
    })))

  it.live("is for the owner only from the moment it exists", () =>
    withOpenUmask(Effect.gen(function*() {
      const socket = path.join(yield* scratch, "s")
      const { listen } = net.Server.prototype
      const modes: Array<string> = []
      const spy = vi.spyOn(net.Server.prototype, "listen").mockImplementation(
        function(this: net.Server, ...args) {
          const directory = path.dirname(socket)
          const before = fs.readdirSync(directory)
          const server = Reflect.apply(listen, this, args)
          const made = fs.readdirSync(directory).filter((name) => !before.includes(name))
          modes.push(...made.map((name) => mode(path.join(directory, name)))) // within the call that made it
          return server
        }
      )
      yield* serveAt(socket, Effect.succeed)
      assert.deepStrictEqual(modes, ["600"])
      spy.mockRestore()
    })))

  it.live("leaves a directory that exists as it is", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      fs.chmodSync(directory, 0o755)
      yield* serveAt(path.join(directory, "s"), Effect.succeed)
      assert.strictEqual(mode(directory), "755")
    }))

  it.live("and the lock file are gone after an orderly end, and can be used again", () =>
    Effect.gen(function*() {
      const { directory, end, socket } = yield* serving()
      assert.deepStrictEqual(fs.readdirSync(directory).toSorted(), ["s", "s.lock"])
      yield* end
      assert.deepStrictEqual(fs.readdirSync(directory), [])
      yield* serveAt(socket, Effect.succeed)
      const client = yield* connect(socket)
      assert.strictEqual(yield* client.ask("again"), "again")
    }))

  it.live("cannot be longer than the system allows, nor lie below a file, and that is reported", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const umask = process.umask()
      const long = path.join(directory, "x".repeat(150))
      assert.match(yield* refusal(long), /^cannot listen on \/.*: .+/u)
      fs.writeFileSync(path.join(directory, "file"), "")
      assert.match(yield* refusal(path.join(directory, "file", "s")), /^cannot listen on \/.*: .+/u)
      assert.strictEqual(process.umask(), umask)
      assert.deepStrictEqual(fs.readdirSync(directory), ["file"])
    }))
})

describe("a live daemon", () => {
  it.live("is never displaced: a second one is refused, in words, and the first goes on", () =>
    Effect.gen(function*() {
      const socket = path.join(yield* scratch, "s")
      const child = yield* ChildNode.start("./serving.ts")
      assert.strictEqual(yield* child.order(socket), "serving")
      const { ino } = fs.lstatSync(socket)
      const client = yield* connect(socket)
      assert.strictEqual(yield* refusal(socket), `${socket}.lock: a daemon already runs here`)
      assert.strictEqual(fs.lstatSync(socket).ino, ino)
      assert.strictEqual(yield* client.ask("old client"), "live old client")
      assert.strictEqual(yield* (yield* connect(socket)).ask("new client"), "live new client")
    }))

  it.live("is not displaced while it is stopped and answers nobody, even if its lock file was removed", () =>
    Effect.gen(function*() {
      const socket = path.join(yield* scratch, "s")
      const child = yield* ChildNode.start("./serving.ts")
      assert.strictEqual(yield* child.order(socket), "serving")
      child.signal("SIGSTOP")
      assert.strictEqual(yield* refusal(socket), `${socket}.lock: a daemon already runs here`)
      fs.unlinkSync(`${socket}.lock`)
      assert.strictEqual(yield* refusal(socket), `cannot listen on ${socket}: a daemon already listens there`)
      child.signal("SIGCONT")
      assert.strictEqual(yield* (yield* connect(socket)).ask("hello"), "live hello")
    }))

  it.live("of another kind, that has no lock, is not displaced either", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const socket = path.join(directory, "s")
      const other = yield* Effect.acquireRelease(
        Effect.sync(() =>
          net.createServer((client) => client.on("error", () => {}).end("somebody else\n")).listen(socket)
        ),
        (server) => Effect.sync(() => server.close())
      )
      yield* eventually("the other listens", () => other.listening)
      assert.strictEqual(yield* refusal(socket), `cannot listen on ${socket}: a daemon already listens there`)
      assert.strictEqual(yield* (yield* connect(socket)).line, "somebody else")
      assert.deepStrictEqual(fs.readdirSync(directory), ["s"])
    }))

  it.live("that was killed leaves a socket which the next one replaces", () =>
    Effect.gen(function*() {
      const socket = path.join(yield* scratch, "s")
      const child = yield* ChildNode.start("./serving.ts")
      assert.strictEqual(yield* child.order(socket), "serving")
      yield* child.kill
      assert.isTrue(fs.lstatSync(socket).isSocket())
      yield* serveAt(socket, (line) => Effect.succeed(`next ${line}`))
      assert.strictEqual(mode(socket), "600")
      assert.strictEqual(yield* (yield* connect(socket)).ask("hello"), "next hello")
    }))

  it.live(
    "is one of two that are started at the same time over what a killed one left, each time",
    () =>
      Effect.gen(function*() {
        const directory = yield* scratch
        const start = Effect.all([1, 2, 3].map(() => ChildNode.start("./serving.ts")), {
          concurrency: "unbounded"
        })
        for (let round = 0; round < 3; round++) {
          yield* Effect.scoped(Effect.gen(function*() {
            const socket = path.join(directory, "s")
            const children = yield* start
            const replies = yield* Effect.all(children.map((child) => child.order(socket)), {
              concurrency: "unbounded"
            })
            const refused = `${socket}.lock: a daemon already runs here`
            assert.deepStrictEqual(replies.toSorted(), [refused, refused, "serving"])
            assert.strictEqual(yield* (yield* connect(socket)).ask("hello"), "live hello")
          }))
        }
      }),
    60_000
  )
})

describe("anything else at the socket's path is left alone and reported", () => {
  const things: ReadonlyArray<readonly [what: string, make: (file: string) => void]> = [
    ["a file", (file) => fs.writeFileSync(file, "precious")],
    ["an empty file", (file) => fs.writeFileSync(file, "")],
    ["a directory", (file) => fs.mkdirSync(file)],
    ["a FIFO", (file) => void execFileSync("mkfifo", [file])],
    ["a symlink to nothing", (file) => fs.symlinkSync(`${file}.nothing`, file)],
    ["a symlink to a file", (file) => {
      fs.writeFileSync(`${file}.file`, "precious")
      fs.symlinkSync(`${file}.file`, file)
    }]
  ]
  /** What stands in the directory: names, kinds, contents. */
  const inventory = (directory: string) =>
    fs.readdirSync(directory).toSorted().map((name) => {
      const file = path.join(directory, name)
      const stat = fs.lstatSync(file)
      return [
        name,
        stat.mode,
        stat.ino,
        stat.isFile() ? fs.readFileSync(file, "utf8") : stat.isSymbolicLink() && fs.readlinkSync(file)
      ]
    })

  for (const [what, make] of things) {
    it.live(what, () =>
      Effect.gen(function*() {
        const directory = yield* scratch
        const socket = path.join(directory, "s")
        make(socket)
        const before = inventory(directory)
        assert.strictEqual(
          yield* refusal(socket),
          `cannot listen on ${socket}: the path exists and is not a socket`
        )
        assert.deepStrictEqual(inventory(directory), before)
      }))
  }

  it.live("a symlink to a stale socket", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const child = yield* ChildNode.start("./serving.ts")
      const stale = path.join(directory, "stale")
      yield* child.order(stale)
      yield* child.kill
      const socket = path.join(directory, "s")
      fs.symlinkSync(stale, socket)
      assert.strictEqual(
        yield* refusal(socket),
        `cannot listen on ${socket}: the path exists and is not a socket`
      )
      assert.isTrue(fs.lstatSync(stale).isSocket())
    }))

  it.live("a symlink in the place of the lock file", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const socket = path.join(directory, "s")
      fs.symlinkSync(path.join(directory, "target"), `${socket}.lock`)
      assert.strictEqual(yield* refusal(socket), `${socket}.lock: exists and is not a regular file`)
      assert.deepStrictEqual(fs.readdirSync(directory), ["s.lock"])
    }))
})

describe("lines", () => {
  it.live("a line of garbage gets its error and the next line works", () =>
    Effect.gen(function*() {
      const { socket } = yield* serving()
      const client = yield* connect(socket)
      assert.strictEqual(yield* client.ask("garbage"), parseError)
      assert.strictEqual(yield* client.ask("\0\x01\xff"), parseError)
      assert.strictEqual(yield* client.ask(version), versionAnswer)
    }))

  it.live("bytes that are no text get an error and the next line works", () =>
    Effect.gen(function*() {
      const { socket } = yield* serving()
      const client = yield* connect(socket)
      yield* client.send(
        Uint8Array.from({ length: 1_000 }, (_, index) => index % 256 === 10 ? 11 : index % 256)
      )
      assert.strictEqual(yield* client.ask(""), parseError)
      assert.strictEqual(yield* client.ask(version), versionAnswer)
    }))

  it.live("a line of 64 KiB works, one byte more gets an error, and the next line works", () =>
    Effect.gen(function*() {
      const { socket } = yield* serving()
      const client = yield* connect(socket)
      assert.strictEqual(yield* client.ask(version.padEnd(65_536)), versionAnswer)
      assert.strictEqual(yield* client.ask(version.padEnd(65_537)), tooLong)
      assert.strictEqual(yield* client.ask(version), versionAnswer)
    }))

  it.live("a line of 16 MiB gets one error and the next line works", () =>
    Effect.gen(function*() {
      const { socket } = yield* serving()
      const client = yield* connect(socket)
      for (let count = 0; count < 16; count++) yield* client.send(aMebibyte)
      assert.strictEqual(yield* client.ask(""), tooLong)
      assert.strictEqual(yield* client.ask(version), versionAnswer)
    }))

  it.live("a request that comes byte by byte is one request", () =>
    Effect.gen(function*() {
      const { socket } = yield* serving()
      const client = yield* connect(socket)
      for (const byte of version) {
        yield* client.send(byte)
        yield* Effect.promise(() => new Promise((resume) => setImmediate(resume)))
      }
      assert.strictEqual(yield* client.ask(""), versionAnswer)
    }))

  it.live("half a line gets its answer when the client half-closes, and then the end", () =>
    Effect.gen(function*() {
      const { socket } = yield* serving()
      const client = yield* connect(socket)
      yield* client.send(version)
      yield* client.halfClose
      assert.deepStrictEqual(yield* client.lines, [versionAnswer])
      const other = yield* connect(socket)
      yield* other.send("{\"jsonrpc\":")
      yield* other.halfClose
      assert.deepStrictEqual(yield* other.lines, [parseError])
    }))

  it.live("a client that half-closes gets all answers, the one it waits for included", () =>
    Effect.gen(function*() {
      const { settle, socket } = yield* serving({ probe: Duration.millis(10) })
      const client = yield* connect(socket)
      yield* client.send(`${version}\n${waiting}\n${version}\n`)
      yield* client.halfClose
      assert.strictEqual(yield* client.line, versionAnswer)
      // Many times the time after which it could be mistaken for one that is gone.
      yield* stays("the connection is kept", () => !client.isEnded(), 200)
      yield* settle
      const [answer, ...rest] = yield* client.lines
      assert.strictEqual(JSON.parse(answer!).result.outcome.state, "DONE")
      assert.deepStrictEqual(rest, [versionAnswer])
    }))

  it.live("a client that connects and half-closes at once gets the end", () =>
    Effect.gen(function*() {
      const { socket } = yield* serving()
      const client = yield* connect(socket)
      yield* client.halfClose
      assert.deepStrictEqual(yield* client.lines, [])
    }))

  it.live("requests in one write are answered in their order", () =>
    Effect.gen(function*() {
      const { socket } = yield* serving()
      const client = yield* connect(socket)
      const ids = Array.from({ length: 2_000 }, (_, id) => id)
      yield* client.send(
        ids.map((id) => `${id % 7 === 0 ? "garbage" : request("version", {}, id)}\n`).join("")
      )
      yield* client.halfClose
      const answers = yield* client.lines
      assert.deepStrictEqual(
        answers.map((answer) => JSON.parse(answer).id),
        ids.map((id) => id % 7 === 0 ? null : id)
      )
    }))

  it.live("a request that waits holds up those behind it on its connection, and no other connection", () =>
    Effect.gen(function*() {
      const { settle, socket } = yield* serving()
      const client = yield* connect(socket)
      const other = yield* connect(socket)
      yield* client.send(`${waiting}\n${version}\n`)
      assert.strictEqual(yield* other.ask(version), versionAnswer)
      yield* settle
      assert.include(yield* client.line, "\"outcome\"")
      assert.strictEqual(yield* client.line, versionAnswer)
    }))
})

describe("many clients", () => {
  it.live("500 at once are all answered", () =>
    Effect.gen(function*() {
      const { socket } = yield* serving()
      const one = (id: number) =>
        Effect.scoped(Effect.gen(function*() {
          const client = yield* connect(socket)
          return yield* client.ask(request("version", {}, id))
        }))
      const ids = Array.from({ length: 500 }, (_, id) => id)
      const answers = yield* Effect.all(ids.map(one), { concurrency: "unbounded" })
      assert.deepStrictEqual(answers.map((answer) => JSON.parse(answer ?? "null")?.id), ids)
    }))

  it.live("500 that stay connected are all answered, and then one more", () =>
    Effect.gen(function*() {
      const { socket } = yield* serving()
      const clients = yield* Effect.all(Array.from({ length: 500 }, () => connect(socket)), {
        concurrency: "unbounded"
      })
      for (const client of clients) yield* client.send(`${version}\n`)
      for (const client of clients) assert.strictEqual(yield* client.line, versionAnswer)
      assert.strictEqual(yield* (yield* connect(socket)).ask(version), versionAnswer)
    }))

  it.live("beyond the limit a client is told so and sees the end, and the others are not disturbed", () =>
    Effect.gen(function*() {
      const { log, socket } = yield* serving({ clients: 3, hasty: 0 })
      const busy =
        "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32004,\"message\":\"more than 3 clients at once\"}}"
      const served = yield* Effect.all([connect(socket), connect(socket), connect(socket)])
      for (const client of served) assert.strictEqual(yield* client.ask(version), versionAnswer)
      for (let count = 0; count < 50; count++) {
        const client = yield* connect(socket)
        if (count % 2 === 0) yield* client.send(`${version}\n`)
        assert.deepStrictEqual(yield* client.lines, [busy])
        yield* client.vanish
      }
      for (const client of served) assert.strictEqual(yield* client.ask(version), versionAnswer)
      yield* served[1].vanish
      yield* Effect.retry(
        Effect.gen(function*() {
          const answer = yield* (yield* connect(socket)).ask(version)
          if (answer !== versionAnswer) return yield* Effect.fail(answer)
        }),
        { times: 100 }
      )
      assert.deepStrictEqual(log, [])
    }))

  it.live("beyond the limit the client library says so", () =>
    Effect.gen(function*() {
      const { socket } = yield* serving({ clients: 0, hasty: 0 })
      const client = NodeClinitClient.layer(socket)
      for (let count = 0; count < 20; count++) {
        const call = Effect.flatMap(ClinitClient, (client) => client.version({}))
        const error = yield* Effect.flip(Effect.provide(call, client))
        assert.strictEqual(error.message, "protocol error: more than 0 clients at once")
      }
    }))

  it.live("that are turned away and stay are cut off after the time for reading an answer", () =>
    Effect.gen(function*() {
      const { socket } = yield* serving({ clients: 0, hasty: 0, unread: Duration.millis(100) })
      const client = yield* connect(socket)
      assert.include(yield* client.line, "-32004")
      while (!client.isCutOff()) {
        yield* client.send("still here\n")
        yield* Effect.sleep(10)
      }
    }))
})

describe("while all seats are taken by clients that wait", () => {
  const full = Effect.fnUntraced(function*(patience: Partial<ClientConnection.Limits> = {}) {
    const daemon = yield* serving({ clients: 3, hasty: 2, haste: Duration.millis(200), ...patience })
    const waiters = yield* Effect.all([1, 2, 3].map(() => connect(daemon.socket)))
    for (const waiter of waiters) yield* waiter.send(`${waiting}\n`)
    yield* eventually("all wait", () => daemon.told().length === 3)
    return { ...daemon, waiters }
  })

  it.live("orders and questions get through, as often as they come", () =>
    Effect.gen(function*() {
      const { settle, socket, told, waiters } = yield* full()
      for (let count = 0; count < 20; count++) {
        const client = yield* connect(socket)
        assert.strictEqual(yield* client.ask(version), versionAnswer)
        assert.isUndefined(yield* client.line)
        yield* client.vanish
      }
      for (const order of [request("tell", { group: "web", level: "7" }), request("shutdown")]) {
        assert.include(yield* (yield* connect(socket)).ask(order), "\"result\"")
      }
      assert.strictEqual(told().at(-1), "web 7")
      const status = yield* (yield* connect(socket)).ask(request("status"))
      assert.strictEqual(JSON.parse(status!).result.cltab, aMebibyte)
      yield* settle
      for (const waiter of waiters) assert.include(yield* waiter.line, "\"outcome\"")
    }))

  it.live("one more that would wait is refused, in words, and its order is not carried out", () =>
    Effect.gen(function*() {
      const { socket, told } = yield* full()
      const order = request("tell", { group: "web", level: "7", wait: true }, "seven")
      const client = yield* connect(socket)
      assert.strictEqual(
        yield* client.ask(order),
        "{\"jsonrpc\":\"2.0\",\"id\":\"seven\",\"error\":{\"code\":-32004,\"message\":\"more than 3 clients at once: no more of them can wait\"}}"
      )
      assert.isUndefined(yield* client.line)
      assert.strictEqual(told().length, 3)
    }))

  it.live("one that says nothing is told so soon, and nobody who does is shut out for long", () =>
    Effect.gen(function*() {
      const { socket } = yield* full()
      const mute = yield* Effect.all([1, 2].map(() => connect(socket)))
      assert.include(yield* (yield* connect(socket)).line, "-32004")
      for (const client of mute) assert.deepStrictEqual((yield* client.lines).length, 1)
      for (const client of mute) yield* client.vanish
      yield* Effect.retry(
        Effect.gen(function*() {
          const answer = yield* (yield* connect(socket)).ask(version)
          if (answer !== versionAnswer) return yield* Effect.fail(answer)
        }),
        { times: 100 }
      )
    }))

  it.live("garbage, half a line and a vanished client are no harm", () =>
    Effect.gen(function*() {
      const { log, socket } = yield* full()
      assert.strictEqual(yield* (yield* connect(socket)).ask("garbage"), parseError)
      for (const text of ["null", "[1]", "{\"params\":null}", "7"]) {
        assert.include(yield* (yield* connect(socket)).ask(text), "-32600")
      }
      const half = yield* connect(socket)
      yield* half.send(version)
      yield* half.halfClose
      assert.deepStrictEqual(yield* half.lines, [versionAnswer])
      const gone = yield* connect(socket)
      yield* gone.send(`${request("status")}\n`)
      yield* gone.vanish
      const closed = yield* connect(socket)
      yield* closed.halfClose
      assert.deepStrictEqual(yield* closed.lines, [])
      assert.strictEqual(yield* (yield* connect(socket)).ask(version), versionAnswer)
      assert.deepStrictEqual(log, [])
    }))

  it.live("one that does not take a long answer is cut off", () =>
    Effect.gen(function*() {
      const { socket } = yield* full({ hasty: 1, unread: Duration.millis(200) })
      const deaf = yield* connect(socket, { deaf: true })
      yield* deaf.send(`${request("status")}\n`)
      yield* Effect.retry(
        Effect.gen(function*() {
          const client = yield* connect(socket)
          const answer = yield* client.ask(version)
          yield* client.vanish
          if (answer !== versionAnswer) return yield* Effect.fail(answer)
        }),
        { times: 1_000 }
      )
    }))
})

describe("connections without number", () => {
  it.live("are dropped beyond the limit, and those before it are served", () =>
    Effect.gen(function*() {
      const { socket } = yield* serving({ clients: 5, hasty: 0, connections: 20 })
      const seated = yield* Effect.all(Array.from({ length: 5 }, () => connect(socket)))
      for (const client of seated) assert.strictEqual(yield* client.ask(version), versionAnswer)
      const told = yield* Effect.all(Array.from({ length: 15 }, () => connect(socket)))
      for (const client of told) assert.include(yield* client.line, "-32004")
      const dropped = yield* connect(socket)
      assert.isUndefined(yield* dropped.line)
      for (const client of seated) assert.strictEqual(yield* client.ask(version), versionAnswer)
    }))
})

describe("a client that hinders", () => {
  it.live(
    "that never reads a large answer delays nobody and is cut off after a while",
    () =>
      Effect.gen(function*() {
        const { end, socket } = yield* serving({ unread: Duration.seconds(3) })
        const deaf = yield* connect(socket, { deaf: true })
        yield* deaf.send(`${request("status")}\n`.repeat(20))
        const client = yield* connect(socket)
        const start = Date.now()
        for (let count = 0; count < 20; count++) assert.strictEqual(yield* client.ask(version), versionAnswer)
        assert.isBelow(Date.now() - start, 2_000)
        // The daemon would wait for it if it were not cut off.
        yield* Effect.timeout(end, "10 seconds")
      }),
    30_000
  )

  it.live("that sends half a line and stalls delays nobody, is told so after the limit and cut off", () =>
    Effect.gen(function*() {
      const { socket } = yield* serving({ silence: Duration.millis(1500) })
      const stalled = yield* connect(socket)
      const start = Date.now()
      yield* stalled.send("{\"jsonrpc\":\"2.0\",")
      const client = yield* connect(socket)
      assert.strictEqual(yield* client.ask(version), versionAnswer)
      assert.isFalse(stalled.isEnded())
      assert.deepStrictEqual(yield* stalled.lines, [
        "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32003,\"message\":\"no request within 1.5 seconds\"}}"
      ])
      assert.isAtLeast(Date.now() - start, 1_490)
    }))

  it.live("that says nothing at all, or only adds to its line, is cut off after the same time", () =>
    Effect.gen(function*() {
      const { socket } = yield* serving({ silence: Duration.millis(300) })
      const mute = yield* connect(socket)
      const dripping = yield* connect(socket)
      while (!dripping.isEnded()) {
        yield* dripping.send("x")
        yield* Effect.sleep(20)
      }
      assert.include(yield* dripping.line, "-32003")
      assert.include(yield* mute.line, "-32003")
      assert.isUndefined(yield* mute.line)
    }))

  it.live("is not one that asks now and then, nor one that waits for an answer, however long", () =>
    Effect.gen(function*() {
      const { settle, socket } = yield* serving({ silence: Duration.seconds(2), probe: Duration.millis(20) })
      const waiter = yield* connect(socket)
      const asker = yield* connect(socket)
      yield* waiter.send(`${waiting}\n`)
      for (let count = 0; count < 12; count++) {
        assert.strictEqual(yield* asker.ask(version), versionAnswer)
        yield* stays("both are served", () => !waiter.isEnded() && !asker.isEnded(), 200)
      }
      assert.isFalse(waiter.isEnded())
      yield* settle
      assert.include(yield* waiter.line, "\"outcome\"")
    }))

  it.live("that floods the daemon with lines delays others by moments only", () =>
    Effect.gen(function*() {
      const { socket } = yield* serving()
      const flooder = yield* connect(socket)
      const flood = yield* Effect.forkChild(Effect.forever(
        Effect.andThen(
          flooder.send("\n".repeat(65_536)),
          Effect.promise(() => new Promise((resume) => setTimeout(resume, 5)))
        )
      ))
      const client = yield* connect(socket)
      const times: Array<number> = []
      for (let count = 0; count < 20; count++) {
        const start = Date.now()
        assert.strictEqual(yield* client.ask(version), versionAnswer)
        times.push(Date.now() - start)
      }
      assert.isBelow(Math.max(...times), 2_000)
      yield* Fiber.interrupt(flood)
      yield* flooder.vanish
    }))
})

describe("a flood of requests", () => {
  /** Writes as much as the daemon takes, from a process of its own; reads the answers or does not. */
  const flood = Effect.fnUntraced(
    function*(socket: string, line: string, options: { readonly clients: number; readonly deaf: boolean }) {
      const script = `
        const net = require("node:net")
        const [socket, line, clients, deaf] = process.argv.slice(1)
        const lines = line.repeat(65536 / line.length)
        for (let count = 0; count < Number(clients); count++) {
          const client = net.connect({ path: socket, allowHalfOpen: true })
          client.on("error", () => client.destroy())
          if (deaf !== "true") client.resume()
          const write = (error) => error == null && !client.destroyed && client.write(lines, write)
          client.once("connect", () => write())
        }`
      const args = ["-e", script, socket, line, String(options.clients), String(options.deaf)]
      yield* Effect.acquireRelease(
        Effect.sync(() => spawn(process.execPath, args, { stdio: "inherit" })),
        (child) => Effect.sync(() => child.kill("SIGKILL"))
      )
    }
  )

  /** The longest time that the event loop did not come round, in milliseconds, while the flood lasted. */
  const worstPause = (forMillis: number) =>
    Effect.promise(async () => {
      const end = performance.now() + forMillis
      let worst = 0
      for (let last = performance.now(); last < end;) {
        await new Promise((resume) => setTimeout(resume, 1))
        const now = performance.now()
        worst = Math.max(worst, now - last)
        last = now
      }
      return worst
    })

  for (const deaf of [false, true]) {
    it.live(
      `from 50 clients ${deaf ? "that read no answer " : ""}neither stops the daemon nor fills its memory`,
      () =>
        Effect.gen(function*() {
          const { socket } = yield* serving({ unread: Duration.seconds(60) })
          const before = process.memoryUsage().rss
          yield* flood(socket, deaf ? `${version}\n`.padEnd(128, "\n") : "\n", { clients: 50, deaf })
          assert.isBelow(yield* worstPause(3_000), 1_000)
          assert.isBelow(process.memoryUsage().rss - before, 400 * 1024 * 1024)
          const start = performance.now()
          assert.strictEqual(yield* (yield* connect(socket)).ask(version), versionAnswer)
          assert.isBelow(performance.now() - start, 2_000)
        }),
      30_000
    )
  }
})

describe("a client that is gone", () => {
  it.live(
    "in the middle of an answer, by an orderly close or with answers unread, does no harm",
    () =>
      Effect.gen(function*() {
        const { log, socket } = yield* serving({ clients: 300, hasty: 0 })
        const gone = (count: number) =>
          Effect.gen(function*() {
            const client = yield* connect(socket, { deaf: count % 2 === 0 })
            yield* client.send(`${request("status")}\n`.repeat(3))
            // Closing with unread bytes resets the connection.
            if (count % 4 < 2) yield* Effect.sleep(count % 20)
            if (count % 3 === 0) yield* client.halfClose
            yield* client.vanish
          })
        yield* Effect.all(Array.from({ length: 120 }, (_, count) => gone(count)), { concurrency: 50 })
        const client = yield* connect(socket)
        assert.strictEqual(yield* client.ask(version), versionAnswer)
        assert.deepStrictEqual(log, [])
      }),
    30_000
  )

  it.live("leaves its place to another", () =>
    Effect.gen(function*() {
      const { end, socket } = yield* serving({ clients: 2, hasty: 0, unread: Duration.seconds(60) })
      for (let round = 0; round < 20; round++) {
        const client = yield* connect(socket, { deaf: true })
        yield* client.send(`${request("status")}\n`)
        yield* client.vanish
        yield* Effect.retry(
          Effect.scoped(Effect.gen(function*() {
            const answer = yield* (yield* connect(socket)).ask(version)
            if (answer !== versionAnswer) return yield* Effect.fail(answer)
          })),
          { times: 1_000 }
        )
      }
      yield* end
    }))

  it.live("while it waits leaves its place within the probe's time, and its order stands", () =>
    Effect.gen(function*() {
      const { socket, told } = yield* serving({ clients: 1, hasty: 0, probe: Duration.millis(50) })
      let orders = 0
      for (const isHalfClosedFirst of [false, true]) {
        const client = yield* connect(socket)
        yield* client.send(`${waiting}\n`)
        if (isHalfClosedFirst) yield* client.halfClose
        orders++
        yield* eventually("the order is given", () => told().length === orders)
        yield* client.vanish
        const isFree = Effect.scoped(Effect.gen(function*() {
          const answer = yield* (yield* connect(socket)).ask(version)
          if (answer !== versionAnswer) return yield* Effect.fail(answer)
        }))
        yield* Effect.retry(isFree, { times: 1_000 })
      }
      assert.deepStrictEqual(told(), ["slow 1", "slow 1"])
    }))

  it.live("right after its last word is obeyed nevertheless, to the last line", () =>
    Effect.gen(function*() {
      const { socket, told } = yield* serving({ probe: Duration.millis(1) })
      const client = yield* connect(socket)
      const orders = Array.from({ length: 100 }, (_, index) =>
        request("tell", { group: index % 2 === 0 ? "slow" : "web", level: String(index), wait: true }))
      yield* client.send(
        orders.map((order) =>
          `${order}\n`
        ).join("")
      )
      yield* client.vanish
      yield* eventually("all orders", () => told().length === 100)
      assert.deepStrictEqual(
        told(),
        Array.from({ length: 100 }, (_, index) => `${index % 2 === 0 ? "slow" : "web"} ${index}`)
      )
    }))
})

describe("the end of the daemon", () => {
  it.live("gives the answers that are owed", () =>
    Effect.gen(function*() {
      const { end, settle, socket } = yield* serving()
      const waiter = yield* connect(socket)
      const halfClosed = yield* connect(socket)
      yield* waiter.send(`${waiting}\n`)
      yield* halfClosed.send(`${request("shutdown", { wait: true })}\n`)
      yield* halfClosed.halfClose
      assert.strictEqual(yield* (yield* connect(socket)).ask(version), versionAnswer)
      const ending = yield* Effect.forkChild(end, { startImmediately: true })
      yield* stays("the end waits", () => ending.pollUnsafe() === undefined, 100)
      yield* settle
      assert.include((yield* waiter.lines).join("|"), "\"outcome\"")
      assert.include((yield* halfClosed.lines).join("|"), "all groups halted")
      yield* Fiber.join(ending)
    }))

  it.live("gives them to the last byte, also the long ones", () =>
    Effect.gen(function*() {
      const { end, socket } = yield* serving()
      const clients = yield* Effect.all(Array.from({ length: 20 }, () => connect(socket)))
      for (const client of clients) assert.strictEqual(yield* client.ask(version), versionAnswer)
      for (const client of clients) yield* client.send(`${request("status")}\n`)
      yield* Effect.all([clients[0]!.line, end], { concurrency: "unbounded" })
      for (const client of clients.slice(1)) {
        const lines = yield* client.lines
        // Whoever was heard in time has the whole answer, nobody a part.
        for (const line of lines) assert.strictEqual(JSON.parse(line).result.cltab, aMebibyte)
      }
    }))

  it.live("is not held up by clients that say nothing", () =>
    Effect.gen(function*() {
      const { end, socket } = yield* serving()
      const clients = yield* Effect.all(Array.from({ length: 50 }, () => connect(socket)))
      yield* clients[0]!.ask(version)
      yield* clients[1]!.send("half a line")
      const start = Date.now()
      yield* end
      assert.isBelow(Date.now() - start, 4_000)
      for (const client of clients) assert.isUndefined(yield* client.line)
    }))

  it.live("refuses new clients at once, and none that comes late holds it up", () =>
    Effect.gen(function*() {
      const { directory, end, settle, socket } = yield* serving()
      const waiter = yield* connect(socket)
      yield* waiter.send(`${waiting}\n`)
      yield* (yield* connect(socket)).ask(version)
      const ending = yield* Effect.forkChild(end, { startImmediately: true })
      const late = yield* Effect.flip(connect(socket))
      assert.strictEqual((late as NodeJS.ErrnoException).code, "ENOENT")
      // The owner is still there, so that no other can start yet.
      assert.deepStrictEqual(fs.readdirSync(directory), ["s.lock"])
      yield* settle
      yield* Effect.timeout(Fiber.join(ending), "10 seconds")
    }))
})
