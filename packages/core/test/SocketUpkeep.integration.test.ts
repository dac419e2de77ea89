import * as NodeSocketServer from "@clinit/core/node/NodeSocketServer"
import { Trouble } from "@clinit/core/Trouble"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as net from "node:net"
import * as path from "node:path"
import * as ChildNode from "./support/ChildNode.ts"
import { connect, eventually, scratch, stays } from "./support/Peer.ts"

vi.setConfig({ testTimeout: 30_000 })

/** An echo at a socket in a directory of its own, which looks after its paths all the time. */
const serving = Effect.gen(function*() {
  const directory = path.join(yield* scratch, "run")
  const socket = path.join(directory, "s")
  const log: Array<string> = []
  const logger = Logger.make<unknown, void>(({ logLevel, message }) =>
    void log.push(`${logLevel} ${String(message)}`)
  )
  const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
  const context = yield* Layer.build(Layer.merge(Trouble.layer, Logger.layer([logger])))
  yield* NodeSocketServer.serveAt(socket, (line) => Effect.succeed(`ours ${line}`)).pipe(
    Scope.provide(scope),
    Effect.provideContext(context),
    Effect.provideService(NodeSocketServer.Upkeep, Duration.millis(20))
  )
  return {
    directory,
    socket,
    lock: `${socket}.lock`,
    log,
    troubles: Context.get(context, Trouble).all,
    end: Scope.close(scope, Exit.void)
  }
})

const mode = (file: string) => (fs.lstatSync(file).mode & 0o7777).toString(8)
const names = (directory: string) => fs.existsSync(directory) ? fs.readdirSync(directory).toSorted() : []
const isHeld = (lock: string) => {
  const script = `const { DatabaseSync } = process.getBuiltinModule("node:sqlite")
    try { new DatabaseSync(process.argv[1]).exec("BEGIN IMMEDIATE"); console.log("free") } catch { console.log("held") }`
  return execFileSync(process.execPath, ["--no-warnings", "-e", script, lock], { encoding: "utf8" }) ===
    "held\n"
}

describe("what somebody takes away from a live daemon", () => {
  const losses: ReadonlyArray<
    readonly [
      what: string,
      remove: (run: { directory: string; socket: string; lock: string }) => void,
      words: string
    ]
  > = [
    [
      "the directory with all that is in it",
      ({ directory }) => fs.rmSync(directory, { recursive: true }),
      "socket"
    ],
    ["the socket", ({ socket }) => fs.unlinkSync(socket), "socket"],
    ["the lock file", ({ lock }) => fs.unlinkSync(lock), "lock"],
    ["the socket and the lock file", ({ lock, socket }) => {
      fs.unlinkSync(socket)
      fs.unlinkSync(lock)
    }, "socket"],
    [
      "the directory, which is moved elsewhere",
      ({ directory }) => fs.renameSync(directory, `${directory}.old`),
      "socket"
    ]
  ]
  for (const [what, remove, lost] of losses) {
    it.live(`is made again: ${what}`, () =>
      Effect.gen(function*() {
        const run = yield* serving
        const { directory, end, lock, log, socket, troubles } = run
        const old = yield* connect(socket)
        assert.strictEqual(yield* old.ask("before"), "ours before")
        for (let round = 1; round <= 2; round++) {
          fs.rmSync(`${directory}.old`, { recursive: true, force: true })
          remove(run)
          yield* eventually("all is told", () => log.length === 2 * round)
          yield* eventually("all is well", () => troubles().length === 0)
          assert.deepStrictEqual(names(directory), ["s", "s.lock"])
          assert.deepStrictEqual([mode(directory), mode(socket), mode(lock)], ["700", "600", "600"])
          assert.isTrue(isHeld(lock))
          assert.strictEqual(yield* (yield* connect(socket)).ask("new"), "ours new")
          assert.strictEqual(yield* old.ask("still"), "ours still")
        }
        const words = lost === "socket" ?
          `Warn socket: ${socket} was removed: nobody can reach the daemon` :
          `Warn socket: ${lock} was removed: a second daemon could start`
        assert.deepStrictEqual(log, [words, "Info socket: well again", words, "Info socket: well again"])
        // A second daemon has no chance.
        const child = yield* ChildNode.start("./serving.ts")
        assert.strictEqual(yield* child.order(socket), `${lock}: a daemon already runs here`)
        yield* end
        assert.deepStrictEqual(names(directory), [])
      }))
  }

  it.live("is made again as soon as it can be, and is a trouble until then", () =>
    Effect.gen(function*() {
      const { directory, log, socket, troubles } = yield* serving
      fs.rmSync(directory, { recursive: true })
      fs.writeFileSync(directory, "a file in the place of the directory")
      yield* eventually("it is told", () => troubles().length === 1)
      assert.match(
        troubles()[0]!,
        /^socket: \S+\/s was removed: nobody can reach the daemon; cannot listen on \S+: EEXIST/u
      )
      yield* stays("it is told once", () => log.length === 1, 200)
      fs.unlinkSync(directory)
      yield* eventually("all is well", () => troubles().length === 0)
      assert.strictEqual(yield* (yield* connect(socket)).ask("again"), "ours again")
    }))

  it.live("is not touched when all is well", () =>
    Effect.gen(function*() {
      const { directory, lock, log, socket } = yield* serving
      const inodes = () => [socket, lock].map((file) => fs.lstatSync(file).ino).join()
      const before = inodes()
      yield* stays("nothing changes", () => inodes() === before && names(directory).length === 2, 300)
      assert.deepStrictEqual(log, [])
    }))
})

describe("what somebody else has put in the place", () => {
  it.live("a daemon that came in between keeps it until it ends; then it is ours again", () =>
    Effect.gen(function*() {
      const { end, lock, log, socket, troubles } = yield* serving
      const client = yield* connect(socket)
      assert.strictEqual(yield* client.ask("before"), "ours before")
      const child = yield* ChildNode.start("./serving.ts")
      // It is told to start at the moment at which everything is gone; whoever is first has it.
      let isTheirs = false
      while (!isTheirs) {
        fs.rmSync(path.dirname(socket), { recursive: true, force: true })
        isTheirs = (yield* child.order(socket)) === "serving"
      }
      const words =
        `socket: ${socket} was replaced: nobody can reach the daemon; ${lock}: a daemon already runs here`
      yield* eventually("it is told", () => troubles().includes(words))
      const theirs = fs.lstatSync(socket).ino
      yield* stays("it is left alone", () => fs.lstatSync(socket).ino === theirs, 200)
      assert.strictEqual(yield* (yield* connect(socket)).ask("hello"), "live hello")
      assert.strictEqual(yield* client.ask("still"), "ours still")
      yield* child.kill
      yield* eventually("all is well", () => troubles().length === 0)
      assert.strictEqual(yield* (yield* connect(socket)).ask("again"), "ours again")
      assert.strictEqual(log.at(-1), "Info socket: well again")
      yield* end
    }))

  it.live("a daemon that came in between keeps its socket and its lock when ours ends", () =>
    Effect.gen(function*() {
      const { end, lock, socket } = yield* serving
      const child = yield* ChildNode.start("./serving.ts")
      let isTheirs = false
      while (!isTheirs) {
        fs.rmSync(path.dirname(socket), { recursive: true, force: true })
        isTheirs = (yield* child.order(socket)) === "serving"
      }
      yield* end
      assert.strictEqual(yield* (yield* connect(socket)).ask("hello"), "live hello")
      assert.isTrue(isHeld(lock))
    }))

  const things: ReadonlyArray<readonly [what: string, make: (file: string) => void]> = [
    ["a file", (file) => fs.writeFileSync(file, "precious")],
    ["a directory", (file) => fs.mkdirSync(file)],
    ["a symlink", (file) => fs.symlinkSync(`${file}.nothing`, file)]
  ]
  for (const [what, make] of things) {
    it.live(`${what} stays, also when the daemon ends, and is a trouble until it is gone`, () =>
      Effect.gen(function*() {
        const { end, socket, troubles } = yield* serving
        fs.unlinkSync(socket)
        make(socket)
        yield* eventually("it is told", () => troubles().length === 1)
        assert.match(
          troubles()[0]!,
          /^socket: \S+\/s was replaced: nobody can reach the daemon; cannot listen on \S+: the path exists and is not a socket$/u
        )
        const { ino } = fs.lstatSync(socket)
        yield* end
        assert.strictEqual(fs.lstatSync(socket).ino, ino)
      }))
  }

  it.live("a socket that somebody else listens on is left alone", () =>
    Effect.gen(function*() {
      const { end, socket, troubles } = yield* serving
      fs.unlinkSync(socket)
      const other = net.createServer((client) => client.on("error", () => {}).end("somebody else\n"))
      other.listen(socket)
      yield* Effect.addFinalizer(() => Effect.sync(() => other.close()))
      yield* eventually("it is told", () => troubles().some((words) => words.includes("already listens")))
      yield* end
      assert.strictEqual(yield* (yield* connect(socket)).line, "somebody else")
    }))
})

describe("a long path", () => {
  /** A directory of this many bytes, and the socket in it that fills up the rest. */
  const long = Effect.fnUntraced(function*(total: number, base: number) {
    const above = yield* scratch
    const directory = path.join(above, "d".repeat(total - base - 2 - above.length))
    return path.join(directory, "s".repeat(base))
  })
  for (const base of [1, 5, 12, 16, 17, 40, 60]) {
    it.live(`of 107 bytes works, with a name of ${base} of them`, () =>
      Effect.gen(function*() {
        const socket = yield* long(107, base)
        assert.strictEqual(Buffer.byteLength(socket), 107)
        const scope = yield* Scope.make()
        yield* NodeSocketServer.serveAt(socket, Effect.succeed).pipe(
          Scope.provide(scope),
          Effect.provide(Trouble.layer)
        )
        assert.strictEqual(yield* (yield* connect(socket)).ask("hello"), "hello")
        assert.strictEqual(mode(socket), "600")
        assert.strictEqual(names(path.dirname(socket)).length, 2)
        yield* Scope.close(scope, Exit.void)
        assert.deepStrictEqual(names(path.dirname(socket)), [])
      }))
  }

  it.live("of 108 bytes is refused, and nothing is made", () =>
    Effect.gen(function*() {
      const socket = yield* long(108, 5)
      const error = yield* Effect.flip(Effect.scoped(NodeSocketServer.claim(socket)))
      assert.strictEqual(error.message, `cannot listen on ${socket}: the path is longer than 107 bytes`)
      assert.isFalse(fs.existsSync(path.dirname(socket)))
    }))
})

it.live("a socket that a daemon left which was killed before it was in its place is collected", () =>
  Effect.gen(function*() {
    const directory = yield* scratch
    const socket = path.join(directory, "s")
    let left = ""
    const { listen } = net.Server.prototype
    const spy = vi.spyOn(net.Server.prototype, "listen").mockImplementation(
      function(this: net.Server, ...args) {
        const server = Reflect.apply(listen, this, args)
        left = fs.readdirSync(directory).find((name) => name.startsWith(".")) ?? ""
        return server
      }
    )
    const serve = NodeSocketServer.serveAt(socket, Effect.succeed).pipe(Effect.provide(Trouble.layer))
    yield* Effect.scoped(serve)
    spy.mockRestore()
    assert.match(left, /^\.clinit-[0-9a-f]{8}$/u)
    fs.writeFileSync(path.join(directory, left), "")
    yield* serve
    assert.deepStrictEqual(names(directory), ["s", "s.lock"])
    assert.strictEqual(yield* (yield* connect(socket)).ask("hello"), "hello")
  }))

describe("a claim", () => {
  it.live("is held from the start to the end, before and after the socket", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const socket = path.join(directory, "s")
      const claimed = yield* Scope.make()
      const claim = yield* Scope.provide(NodeSocketServer.claim(socket), claimed)
      assert.deepStrictEqual(names(directory), ["s.lock"])
      assert.isTrue(isHeld(`${socket}.lock`))
      const listening = yield* Scope.make()
      yield* NodeSocketServer.listen(claim, Effect.succeed).pipe(
        Scope.provide(listening),
        Effect.provide(Trouble.layer)
      )
      assert.deepStrictEqual(names(directory), ["s", "s.lock"])
      yield* Scope.close(listening, Exit.void)
      assert.deepStrictEqual(names(directory), ["s.lock"])
      assert.isTrue(isHeld(`${socket}.lock`))
      yield* Scope.close(claimed, Exit.void)
      assert.deepStrictEqual(names(directory), [])
    }))
})
