import { Daemon } from "@clinit/core/Daemon"
import * as DaemonServer from "@clinit/core/DaemonServer"
import type * as ScriptedSpawner from "@clinit/core/testing/ScriptedSpawner"
import * as JsonRpc from "@clinit/protocol/JsonRpc"
import { DaemonStatus } from "@clinit/protocol/Status"
import type { GroupStatus } from "@clinit/protocol/Status"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import type { Node } from "./support/Node.ts"
import { cltab, withNode } from "./support/Node.ts"

const identity = { version: "1.2.3", pid: 4711 }

/** A node and the function that answers its clients, with short words for what tests say to it. */
const handle = Effect.fnUntraced(function*(node: Node) {
  const answer = yield* Effect.provideService(DaemonServer.make(identity), Daemon, node.daemon)
  const send = (line: string) => Effect.tap(answer(line), TestClock.adjust(0))
  return {
    answer,
    /** Sends a line; the answer, if any, as JSON. */
    say: (line: string) =>
      Effect.map(send(line), (text) => text === undefined ? undefined : JSON.parse(text) as unknown),
    /** Calls a method with the id 1; the result or the error. */
    call: (method: string, params?: unknown) =>
      Effect.map(send(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })), (text) => {
        const { error, result, ...rest } = JSON.parse(text!)
        assert.deepStrictEqual(rest, { jsonrpc: "2.0", id: 1 })
        return result ?? error as unknown
      }),
    /** Calls, and looks later: the function gives the answer, or nothing yet. */
    callLater: Effect.fnUntraced(function*(method: string, params: unknown) {
      const line = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })
      const fiber = yield* Effect.forkChild(answer(line), { startImmediately: true })
      yield* TestClock.adjust(0)
      const look = (): unknown => {
        const exit = fiber.pollUnsafe()
        if (exit === undefined || !Exit.isSuccess(exit)) return exit
        const { error, result } = JSON.parse(exit.value!)
        return result ?? error
      }
      return Object.assign(look, { fiber })
    })
  }
})

const withServer = <A, E>(
  text: string,
  scripts: ScriptedSpawner.Scripts,
  test: (server: Effect.Success<ReturnType<typeof handle>>, node: Node) => Effect.Effect<A, E, Scope.Scope>
) => withNode(text, scripts, (node) => Effect.flatMap(handle(node), (server) => test(server, node)))

const failure = (code: number, message: string, id: JsonRpc.Id = null) => ({
  jsonrpc: "2.0",
  id,
  error: { code, message }
})

const web = cltab("web:a:1:respawn:a", "web:b:2:once:b")

describe("version", () => {
  it.effect("answers the program's version and the protocol's number", () =>
    withServer(
      web,
      {},
      ({ call }) =>
        Effect.map(
          call("version"),
          (result) => assert.deepStrictEqual(result, { version: "1.2.3", protocol: 1 })
        )
    ))
})

describe("status", () => {
  it.effect("answers every group of the cltab, those that were never told without level and time", () =>
    withServer(web, {}, ({ call }) =>
      Effect.map(call("status"), (result) =>
        assert.deepStrictEqual(result, {
          version: "1.2.3",
          pid: 4711,
          containment: "group",
          cltab: "/test/cltab",
          modified: false,
          shuttingDown: false,
          warnings: [],
          groups: [{
            group: "web",
            state: "CONFIGURED",
            processes: [],
            stopped: [{ tag: "a", mode: "respawn", levels: "1" }, { tag: "b", mode: "once", levels: "2" }]
          }]
        }))))

  it.effect("answers how each entry of a told group is and how its last run ended", () =>
    withServer(
      cltab("web:a:1:respawn:a", "web:t:1:test:t", "db:x:1:once:x"),
      { t: { runs: "2 seconds", exits: 3 } },
      Effect.fnUntraced(function*({ call }, node) {
        yield* call("tell", { group: "web", level: "1" })
        yield* node.after("5 seconds")
        const { groups } = (yield* call("status")) as { groups: unknown }
        assert.deepStrictEqual(groups, [
          {
            group: "web",
            level: "1",
            state: "FAILED",
            since: 2000,
            processes: [
              {
                tag: "a",
                mode: "respawn",
                state: { _tag: "Running", pid: 1001 },
                containment: "group",
                since: 0,
                restarts: 0
              },
              {
                tag: "t",
                mode: "test",
                state: { _tag: "Failed" },
                since: 2000,
                restarts: 0,
                lastEnd: { _tag: "Exited", code: 3 }
              }
            ]
          },
          {
            group: "db",
            state: "CONFIGURED",
            processes: [],
            stopped: [{ tag: "x", mode: "once", levels: "1" }]
          }
        ])
      })
    ))
})

describe("tell", () => {
  it.effect("is answered as soon as the target is recorded", () =>
    withServer(
      cltab("web:w:1:wait:w"),
      { w: { runs: "1 minute" } },
      Effect.fnUntraced(function*({ call }, node) {
        assert.deepStrictEqual(yield* call("tell", { group: "web", level: "1" }), {
          message: "level transition started",
          warnings: []
        })
        assert.strictEqual(node.state("web"), "1 STARTING")
      })
    ))

  it.effect("with wait it is answered when the group has settled, with the outcome", () =>
    withServer(
      cltab("web:w:1:wait:w"),
      { w: { runs: "1 minute" } },
      Effect.fnUntraced(function*({ callLater }, node) {
        const answer = yield* callLater("tell", { group: "web", level: "1", wait: true })
        yield* node.after("59 seconds")
        assert.isUndefined(answer())
        yield* node.after("1 second")
        assert.deepStrictEqual(answer(), {
          message: "level transition started",
          warnings: [],
          outcome: { state: "DONE", failed: [] }
        })
      })
    ))

  it.effect("with wait the outcome names the entries that failed, and how they ended", () =>
    withServer(
      cltab("web:t:1:test:t", "web:r:1:test:r"),
      { t: { runs: "1 second", dieOf: "SIGQUIT" }, r: { refused: "no memory" } },
      Effect.fnUntraced(function*({ callLater }, node) {
        const answer = yield* callLater("tell", { group: "web", level: "1", wait: true })
        yield* node.after("1 minute")
        assert.deepStrictEqual((answer() as { outcome: unknown }).outcome, {
          state: "FAILED",
          failed: [
            { tag: "t", end: { _tag: "Signaled", signal: "SIGQUIT" } },
            { tag: "r", end: { _tag: "NotSpawned", reason: "no memory" } }
          ]
        })
      })
    ))

  it.effect("with wait: false it does not wait", () =>
    withServer(
      cltab("web:w:1:wait:w"),
      { w: { runs: "1 minute" } },
      ({ call }) =>
        Effect.map(
          call("tell", { group: "web", level: "1", wait: false }),
          (result) => assert.deepStrictEqual(result, { message: "level transition started", warnings: [] })
        )
    ))

  it.effect("that waits is refused as superseded when a later tell sends the group elsewhere", () =>
    withServer(
      cltab("web:w:1:wait:w"),
      { w: { runs: "1 minute" } },
      Effect.fnUntraced(function*({ call, callLater }) {
        const answer = yield* callLater("tell", { group: "web", level: "1", wait: true })
        yield* call("tell", { group: "web", level: "2" })
        assert.deepStrictEqual(answer(), {
          code: -32001,
          message: "web was told level 2 before it settled at level 1",
          data: { _tag: "Superseded", group: "web", level: "1", by: "2" }
        })
      })
    ))

  it.effect("that waits is refused as superseded, by nothing, when the daemon is shut down", () =>
    withServer(
      cltab("web:w:1:wait:w"),
      { w: { runs: "1 minute" } },
      Effect.fnUntraced(function*({ call, callLater }) {
        const answer = yield* callLater("tell", { group: "web", level: "1", wait: true })
        yield* call("shutdown")
        assert.deepStrictEqual(answer(), {
          code: -32001,
          message: "web was halted before it settled at level 1",
          data: { _tag: "Superseded", group: "web", level: "1" }
        })
      })
    ))

  it.effect("stands when nobody waits for it any more", () =>
    withServer(
      cltab("web:w:1:wait:w"),
      { w: { runs: "1 minute" } },
      Effect.fnUntraced(function*({ callLater }, node) {
        const answer = yield* callLater("tell", { group: "web", level: "1", wait: true })
        yield* Fiber.interrupt(answer.fiber)
        yield* node.after("1 minute")
        assert.strictEqual(node.state("web"), "1 DONE")
      })
    ))

  it.effect("cannot be interrupted before it is recorded", () =>
    withServer(
      web,
      {},
      Effect.fnUntraced(function*({ answer }, node) {
        const line =
          "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tell\",\"params\":{\"group\":\"web\",\"level\":\"2\",\"wait\":true}}"
        const fiber = yield* Effect.forkChild(answer(line), { startImmediately: true })
        yield* Fiber.interrupt(fiber)
        yield* node.after(0)
        assert.strictEqual(node.state("web"), "2 DONE")
      })
    ))

  it.effect("of a group that the cltab does not have is refused", () =>
    withServer(
      web,
      {},
      ({ call }) =>
        Effect.map(call("tell", { group: "webb", level: "1" }), (error) =>
          assert.deepStrictEqual(error, {
            code: -32001,
            message: "no such group: webb (did you mean web?)",
            data: { _tag: "UnknownGroup", group: "webb", meant: "web" }
          }))
    ))

  it.effect("after the cltab was broken is refused with every diagnostic", () =>
    withServer(
      web,
      {},
      Effect.fnUntraced(function*({ call }, node) {
        node.cltab.write("web:a:1:respawn:a\nweb:a:1\n\nweb:b:1:sometimes:b\n")
        const error = (yield* call("tell", { group: "web", level: "1" })) as {
          code: number
          message: string
          data: { _tag: string; file: string; diagnostics: Array<Record<string, unknown>> }
        }
        assert.strictEqual(error.code, -32001)
        assert.strictEqual(error.data._tag, "InvalidCltab")
        assert.strictEqual(error.data.file, "/test/cltab")
        const errors = error.data.diagnostics.filter(({ severity }) => severity === "error")
        assert.includeMembers(errors.map(({ line }) => line), [2, 4])
        assert.strictEqual(error.message.split("\n").length, error.data.diagnostics.length)
        assert.isUndefined(node.state("web"))
      })
    ))

  it.effect("is told of a cltab that cannot be read any more, by a warning", () =>
    withServer(
      web,
      {},
      Effect.fnUntraced(function*({ call }, node) {
        node.cltab.makeUnreadable("permission denied")
        assert.deepStrictEqual(yield* call("tell", { group: "web", level: "2" }), {
          message: "level transition started",
          warnings: ["permission denied: /test/cltab (the last cltab stays in force)"]
        })
      })
    ))
})

describe("reread", () => {
  it.effect("answers which groups are halted because the cltab has them no more", () =>
    withServer(
      cltab("web:a:1:respawn:a", "db:x:1:respawn:x"),
      {},
      Effect.fnUntraced(function*({ call }, node) {
        yield* call("tell", { group: "db", level: "1" })
        assert.deepStrictEqual(yield* call("reread"), { message: "cltab read", warnings: [], halting: [] })
        node.cltab.write(web)
        assert.deepStrictEqual(yield* call("reread"), {
          message: "cltab read",
          warnings: [],
          halting: ["db"]
        })
      })
    ))

  it.effect("of a broken cltab is refused, and the one before stays in force", () =>
    withServer(
      web,
      {},
      Effect.fnUntraced(function*({ call }, node) {
        node.cltab.write("web\n")
        const error = (yield* call("reread")) as { code: number; data: { _tag: string } }
        assert.strictEqual(error.code, -32001)
        assert.strictEqual(error.data._tag, "InvalidCltab")
        const { groups } = (yield* call("status")) as { groups: Array<{ group: string }> }
        assert.deepStrictEqual(groups.map(({ group }) => group), ["web"])
      })
    ))
})

describe("shutdown", () => {
  const slow = cltab("web:a:1:respawn:a")
  const scripts = { a: { dies: "3 seconds" } } as const

  it.effect("is answered at once, while the processes are still stopping", () =>
    withServer(
      slow,
      scripts,
      Effect.fnUntraced(function*({ call }, node) {
        yield* call("tell", { group: "web", level: "1" })
        assert.deepStrictEqual(yield* call("shutdown"), { message: "all groups halting" })
        assert.strictEqual(node.state("web"), "1 HALTING")
        assert.include((yield* call("status")) as object, { shuttingDown: true })
      })
    ))

  it.effect("with wait it is answered when the last process is gone", () =>
    withServer(
      slow,
      scripts,
      Effect.fnUntraced(function*({ call, callLater }, node) {
        yield* call("tell", { group: "web", level: "1" })
        const answer = yield* callLater("shutdown", { wait: true })
        yield* node.after("2 seconds")
        assert.isUndefined(answer())
        yield* node.after("1 second")
        assert.deepStrictEqual(answer(), { message: "all groups halted" })
      })
    ))

  it.effect("refuses the orders that come after it, and only those", () =>
    withServer(
      slow,
      scripts,
      Effect.fnUntraced(function*({ call }) {
        const refusal = {
          code: -32001,
          message: "the daemon is shutting down",
          data: { _tag: "ShuttingDown" }
        }
        yield* call("tell", { group: "web", level: "1" })
        yield* call("shutdown")
        assert.deepStrictEqual(yield* call("tell", { group: "web", level: "1" }), refusal)
        assert.deepStrictEqual(yield* call("tell", { group: "web", level: "1", wait: true }), refusal)
        assert.deepStrictEqual(yield* call("tell", { group: "nobody", level: "1" }), refusal)
        assert.deepStrictEqual(yield* call("reread"), refusal)
        assert.deepStrictEqual(yield* call("shutdown"), { message: "all groups halting" })
        assert.deepStrictEqual(yield* call("version"), { version: "1.2.3", protocol: 1 })
      })
    ))
})

describe("a notification", () => {
  it.effect("is carried out and has no answer", () =>
    withServer(
      web,
      {},
      Effect.fnUntraced(function*({ say }, node) {
        const tell = { jsonrpc: "2.0", method: "tell", params: { group: "web", level: "2" } }
        assert.isUndefined(yield* say(JSON.stringify(tell)))
        assert.strictEqual(node.state("web"), "2 DONE")
      })
    ))

  it.effect("has no answer either when it is refused, has wrong parameters or an unknown method", () =>
    withServer(
      web,
      {},
      Effect.fnUntraced(function*({ say }) {
        assert.isUndefined(
          yield* say("{\"jsonrpc\":\"2.0\",\"method\":\"tell\",\"params\":{\"group\":\"x\",\"level\":\"2\"}}")
        )
        assert.isUndefined(yield* say("{\"jsonrpc\":\"2.0\",\"method\":\"tell\"}"))
        assert.isUndefined(yield* say("{\"jsonrpc\":\"2.0\",\"method\":\"dance\"}"))
      })
    ))
})

describe("an id", () => {
  it.effect("is given back as it came, be it a string, a number or null", () =>
    withServer(
      web,
      {},
      Effect.fnUntraced(function*({ answer }) {
        for (
          const id of [
            "1",
            "-7",
            "1.5",
            "1e+100",
            "9007199254740991",
            "\"\"",
            "\"a\"",
            "\"\\u0000\\n\"",
            "\"😀\"",
            "\"\\ud800\"",
            "null"
          ]
        ) {
          assert.strictEqual(
            yield* answer(`{"jsonrpc":"2.0","id":${id},"method":"version"}`),
            `{"jsonrpc":"2.0","id":${id},"result":{"version":"1.2.3","protocol":1}}`
          )
          assert.strictEqual(
            yield* answer(`{"jsonrpc":"2.0","id":${id},"method":"x"}`),
            `{"jsonrpc":"2.0","id":${id},"error":{"code":-32601,"message":"no such method: x"}}`
          )
        }
      })
    ))

  it.effect("of another type, or a number that JSON cannot give back, makes the request invalid", () =>
    withServer(
      web,
      {},
      Effect.fnUntraced(function*({ answer }) {
        for (const id of ["true", "{}", "[]", "1e999", "-1e999"]) {
          const response = JSON.parse((yield* answer(`{"jsonrpc":"2.0","id":${id},"method":"version"}`))!)
          assert.strictEqual(response.error?.code, JsonRpc.Code.invalidRequest, id)
          assert.isNull(response.id)
        }
      })
    ))
})

describe("what is no request", () => {
  it.effect("is a parse error if it is not JSON", () =>
    withServer(
      web,
      {},
      Effect.fnUntraced(function*({ say }) {
        const lines = [
          "",
          " ",
          "hello",
          "{",
          "{}{}",
          "{'a':1}",
          "{\"jsonrpc\":\"2.0\",}",
          "\u0000",
          "00000042rubbish",
          "\x1b[2J",
          "\"\t\"",
          "NaN"
        ]
        for (const line of lines) {
          assert.deepStrictEqual(
            yield* say(line),
            failure(-32700, "not JSON: one request a line is expected")
          )
        }
      })
    ))

  it.effect("is an invalid request if it is JSON of another shape, and the answer says where", () =>
    withServer(
      web,
      {},
      Effect.fnUntraced(function*({ say }) {
        const invalid = (reason: string) => failure(-32600, `not a JSON-RPC 2.0 request: ${reason}`)
        for (const line of ["null", "5", "\"tell\"", "true"]) {
          assert.deepStrictEqual(yield* say(line), invalid("Expected object"))
        }
        assert.deepStrictEqual(yield* say("{}"), invalid("Missing key\n  at [\"jsonrpc\"]"))
        assert.deepStrictEqual(
          yield* say("{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"version\"}"),
          invalid("Expected \"2.0\"\n  at [\"jsonrpc\"]")
        )
        assert.deepStrictEqual(
          yield* say("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":5}"),
          invalid("Expected string\n  at [\"method\"]")
        )
      })
    ))

  it.effect("a batch is refused in one answer, and nothing in it is carried out", () =>
    withServer(
      web,
      {},
      Effect.fnUntraced(function*({ say }, node) {
        const refusal = failure(-32600, "no batches: one request a line is expected")
        assert.deepStrictEqual(yield* say("[]"), refusal)
        assert.deepStrictEqual(
          yield* say(
            "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tell\",\"params\":{\"group\":\"web\",\"level\":\"2\"}}]"
          ),
          refusal
        )
        assert.isUndefined(node.state("web"))
      })
    ))
})

describe("a method", () => {
  it.effect("that does not exist is reported by name, those that every object inherits included", () =>
    withServer(
      web,
      {},
      Effect.fnUntraced(function*({ say }) {
        for (
          const method of [
            "dance",
            "",
            "Tell",
            "constructor",
            "__proto__",
            "toString",
            "hasOwnProperty",
            "rpc.discover"
          ]
        ) {
          const request = { jsonrpc: "2.0", id: 1, method }
          assert.deepStrictEqual(
            yield* say(JSON.stringify(request)),
            failure(-32601, `no such method: ${method}`, 1)
          )
        }
      })
    ))
})

describe("parameters", () => {
  it.effect("that are wrong are reported all at once", () =>
    withServer(
      web,
      {},
      ({ call }) =>
        Effect.map(call("tell", { group: "a b", level: 3, wait: "yes" }), (error) =>
          assert.deepStrictEqual(error, {
            code: -32602,
            message: [
              "the group name has white space or a control character\n  at [\"group\"]",
              "Expected string\n  at [\"level\"]",
              "Expected boolean\n  at [\"wait\"]"
            ].join("\n")
          }))
    ))

  it.effect("that are missing are reported", () =>
    withServer(web, {}, ({ call }) =>
      Effect.map(call("tell"), (error) =>
        assert.deepStrictEqual(error, {
          code: -32602,
          message: "Missing key\n  at [\"group\"]\nMissing key\n  at [\"level\"]"
        }))))

  it.effect("are an object for every method: by position, or of another type, they are refused", () =>
    withServer(
      web,
      {},
      Effect.fnUntraced(function*({ call }, node) {
        for (const method of ["tell", "reread", "status", "shutdown", "version"]) {
          for (const params of [[], ["web", "1"], 5, "web", true]) {
            assert.deepStrictEqual(
              yield* call(method, params),
              { code: -32602, message: "Expected object" },
              method
            )
          }
        }
        assert.isFalse((yield* node.daemon.status).shuttingDown)
      })
    ))

  it.effect("may be left out or null where none is required, and unknown ones are ignored", () =>
    withServer(
      web,
      {},
      Effect.fnUntraced(function*({ call }) {
        const version = { version: "1.2.3", protocol: 1 }
        for (const params of [undefined, null, {}, { more: [1] }, { __proto__: null, constructor: 1 }]) {
          assert.deepStrictEqual(yield* call("version", params), version)
        }
      })
    ))

  it.effect("inherited names are no parameters", () =>
    withServer(web, {}, ({ say }) =>
      Effect.map(
        say(
          "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tell\",\"params\":{\"__proto__\":{\"group\":\"web\",\"level\":\"2\"}}}"
        ),
        (response) =>
          assert.deepStrictEqual(
            response,
            failure(-32602, "Missing key\n  at [\"group\"]\nMissing key\n  at [\"level\"]", 1)
          )
      )))

  it.effect("of two with the same name the last counts", () =>
    withServer(
      web,
      {},
      Effect.fnUntraced(function*({ say }, node) {
        yield* say(
          "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tell\",\"params\":{\"group\":\"web\",\"level\":\"1\",\"level\":\"2\"}}"
        )
        assert.strictEqual(node.state("web"), "2 DONE")
      })
    ))
})

describe("odd content", () => {
  const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`

  it.effect("nesting as deep as a line can hold is answered like any other mistake", () =>
    withServer(
      web,
      {},
      Effect.fnUntraced(function*({ say }) {
        const deep = nested(32_000)
        assert.deepStrictEqual(
          yield* say("[".repeat(65_536)),
          failure(-32700, "not JSON: one request a line is expected")
        )
        assert.deepStrictEqual(
          yield* say(deep),
          failure(-32600, "no batches: one request a line is expected")
        )
        assert.deepStrictEqual(
          yield* say(`{"jsonrpc":"2.0","id":${deep},"method":"version"}`),
          failure(-32600, "not a JSON-RPC 2.0 request: Expected string | number | null\n  at [\"id\"]")
        )
        assert.deepStrictEqual(
          yield* say(`{"jsonrpc":"2.0","id":1,"method":"tell","params":{"group":${deep},"level":"1"}}`),
          failure(-32602, "Expected string\n  at [\"group\"]", 1)
        )
        assert.property(
          yield* say(`{"jsonrpc":"2.0","id":1,"method":"version","params":{"x":${deep}}}`),
          "result"
        )
      })
    ))

  it.effect("half a surrogate pair is refused in a name, and given back escaped: the answer is valid UTF-8", () =>
    withServer(
      web,
      {},
      Effect.fnUntraced(function*({ answer, call }) {
        const refused = { code: -32602 }
        assert.include((yield* call("tell", { group: "\ud800", level: "1" })) as object, refused)
        assert.include((yield* call("tell", { group: "web", level: "\udfff" })) as object, refused)
        const line = yield* answer("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\\ud800\"}")
        assert.include(line, "\"message\":\"no such method: \\ud800\"")
      })
    ))

  it.effect("control characters in a name are refused, and never given back raw", () =>
    withServer(
      web,
      {},
      Effect.fnUntraced(function*({ answer }) {
        const inName = yield* answer(
          "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tell\",\"params\":{\"group\":\"\\u001b[2J\",\"level\":\"1\"}}"
        )
        assert.include(inName, "the group name has white space or a control character")
        const inMethod = yield* answer("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\\u001b[2J\\n\"}")
        assert.include(inMethod, "no such method: \\u001b[2J\\n")
      })
    ))

  it.effect("a history of a name that cannot be one is refused like one that nobody has", () =>
    withServer(
      web,
      {},
      Effect.fnUntraced(function*({ call }) {
        for (const name of ["/", "//", " ", "web/", "/x", "web x", "web /x", "\u001b", "/".repeat(60_000)]) {
          assert.include((yield* call("history", { name })) as object, { code: -32001 })
        }
      })
    ))

  it.effect("whatever is called client where no order is given does no harm; an order's has to be one", () =>
    withServer(
      web,
      {},
      Effect.fnUntraced(function*({ call }) {
        for (const client of [null, 1, {}, { pid: "1" }, { pid: 1 }]) {
          assert.property(yield* call("version", { client }), "version")
          assert.property(yield* call("plan", { client }), "groups")
        }
        assert.include((yield* call("reread", { client: null })) as object, { code: -32602 })
        assert.property(yield* call("reread", { client: { pid: 1 } }), "halting")
      })
    ))

  it.effect("a blank or a carriage return around a request does no harm", () =>
    withServer(
      web,
      {},
      ({ say }) =>
        Effect.map(
          say(" \t{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"version\"} \r"),
          (response) => assert.property(response, "result")
        )
    ))
})

describe("status of a name", () => {
  const groupsOf = (result: unknown) => (result as { groups: ReadonlyArray<GroupStatus> }).groups
  const two = cltab("web:a:1:respawn:a", "web:b:1:respawn:b", "db:x:1:once:x")

  it.effect("has only that group, or of it only that entry, and all that a status has besides", () =>
    withServer(
      two,
      {},
      Effect.fnUntraced(function*({ call }) {
        yield* call("tell", { group: "web", level: "1" })
        const whole = (yield* call("status")) as { groups: ReadonlyArray<GroupStatus> }
        const [web] = whole.groups
        assert.deepStrictEqual(yield* call("status", { name: "web" }), { ...whole, groups: [web] })
        const one = groupsOf(yield* call("status", { name: "web/b" }))
        assert.deepStrictEqual(one.map(({ group, processes }) => [group, processes.map(({ tag }) => tag)]), [
          ["web", ["b"]]
        ])
      })
    ))

  it.effect("is refused if nothing has the name, with the one that was probably meant, or if several have it", () =>
    withServer(
      cltab("web:a:1:respawn:a", "web/a:x:1:once:x"),
      {},
      Effect.fnUntraced(function*({ call, say }) {
        yield* call("tell", { group: "web", level: "1" })
        const refusal = Effect.fnUntraced(function*(name: string) {
          const line = { jsonrpc: "2.0", id: 1, method: "status", params: { name } }
          const { error } = (yield* say(JSON.stringify(line))) as { error: { message: string; data: object } }
          return [error.message, error.data]
        })
        assert.deepStrictEqual(yield* refusal("wbe"), [
          "no such group: wbe (did you mean web?)",
          { _tag: "UnknownGroup", group: "wbe", meant: "web" }
        ])
        assert.deepStrictEqual(yield* refusal("web/b"), [
          "no such group or entry: web/b (did you mean web/a?)",
          { _tag: "UnknownEntry", name: "web/b", meant: "web/a" }
        ])
        assert.deepStrictEqual(yield* refusal("web/a"), [
          "web/a is ambiguous: it is the entry a of web and the group web/a; give one of them another name",
          { _tag: "AmbiguousName", name: "web/a", meanings: ["the entry a of web", "the group web/a"] }
        ])
        assert.deepStrictEqual((yield* refusal(""))[1], undefined)
      })
    ))
})

it.effect("a status is what its schema would make of it", () =>
  withServer(
    cltab("web:a:1:respawn:a", "web:t:1:test:t", "web:w:1:wait:w", "db:x:1:once:x"),
    { a: { runs: "2 seconds", exits: 3 }, t: { runs: "1 seconds", exits: 1 } },
    Effect.fnUntraced(function*({ call }, node) {
      yield* call("tell", { group: "web", level: "1" })
      for (let second = 0; second < 70; second += 2) {
        const status = yield* call("status")
        const decoded = yield* Schema.decodeUnknownEffect(DaemonStatus)(status)
        assert.deepStrictEqual(yield* Schema.encodeEffect(DaemonStatus)(decoded), status)
        if (second === 30) yield* call("tell", { group: "web", level: "2" })
        yield* node.after("2 seconds")
      }
    })
  ))

describe("a defect of the daemon", () => {
  it.effect("becomes an internal error for the client, is logged, and says nothing of its inside", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const logger = Logger.make<unknown, void>(({ logLevel, message }) =>
        void log.push(`${logLevel}: ${String(message)}`)
      )
      const broken = Daemon.of({
        tell: () => Effect.die("secret"),
        retry: () => Effect.die("secret"),
        order: () => Effect.die("secret"),
        signal: () => Effect.die("secret"),
        reread: Effect.die("secret"),
        apply: Effect.die("secret"),
        plan: () => Effect.die("secret"),
        environment: () => Effect.die("secret"),
        history: () => Effect.die("secret"),
        watch: () => Effect.die("secret"),
        status: Effect.die("secret"),
        shutdown: Effect.die("secret"),
        down: Effect.never
      })
      const answer = yield* Effect.provideService(DaemonServer.make(identity), Daemon, broken)
      for (const method of ["tell", "retry", "reread", "status", "shutdown"]) {
        const line = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { group: "web", level: "1" } })
        const response = yield* Effect.provide(answer(line), Logger.layer([logger]))
        assert.deepStrictEqual(
          JSON.parse(response!),
          failure(-32603, "internal error; the daemon's log has the details", 1)
        )
      }
      assert.deepStrictEqual(log.map((line) => line.split(",")[0]), [
        "Error: internal error in tell",
        "Error: internal error in retry",
        "Error: internal error in reread",
        "Error: internal error in status",
        "Error: internal error in shutdown"
      ])
    }))
})

describe("any line", () => {
  const decodeResponse = Schema.decodeUnknownSync(Schema.fromJsonString(JsonRpc.Response))

  /** The answer is nothing, or one line that is a JSON-RPC response. */
  const isAnswer = (answer: string | undefined) => {
    if (answer === undefined) return
    assert.notInclude(answer, "\n")
    decodeResponse(answer)
  }

  it.effect.prop(
    "is answered by one line or nothing",
    [Schema.String],
    ([line]) => withServer(web, {}, ({ answer }) => Effect.map(answer(line), isAnswer)),
    { arbitrary: { runs: 300 } }
  )

  it.effect.prop(
    "of JSON is answered by one line or nothing",
    [Schema.Json],
    ([value]) => withServer(web, {}, ({ answer }) => Effect.map(answer(JSON.stringify(value)), isAnswer)),
    { arbitrary: { runs: 300 } }
  )

  const Request = Schema.Struct({
    jsonrpc: Schema.Literals(["2.0", "2.0", "2.0", "1.0"]),
    id: Schema.optionalKey(Schema.Union([Schema.Json, Schema.Int])),
    method: Schema.Union([
      Schema.Literals(["tell", "reread", "status", "version", "shutdown"]),
      Schema.String
    ]),
    params: Schema.optionalKey(Schema.Union([
      Schema.Json,
      Schema.Struct({
        group: Schema.Union([Schema.Literal("web"), Schema.Json]),
        level: Schema.Union([Schema.Literals(["1", "2"]), Schema.Json]),
        wait: Schema.optionalKey(Schema.Json)
      })
    ]))
  })

  it.effect.prop(
    "that looks like a request is answered by one line with its id, or nothing",
    [Request],
    ([request]) =>
      withServer(
        web,
        {},
        Effect.fnUntraced(function*({ answer }) {
          const line = yield* answer(JSON.stringify(request))
          isAnswer(line)
          const { id } = JSON.parse(JSON.stringify(request))
          if (id === undefined && request.jsonrpc === "2.0") return assert.isUndefined(line)
          const isId = request.jsonrpc === "2.0" && (typeof id === "string" || typeof id === "number")
          assert.deepStrictEqual(JSON.parse(line!).id, isId ? id : null)
        })
      ),
    { arbitrary: { runs: 300 } }
  )
})
