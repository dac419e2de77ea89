import {
  ClinitClient,
  ConnectionLost,
  NoDaemon,
  ProtocolError,
  Transport
} from "@clinit/protocol/ClinitClient"
import { InvalidCltab, Refusal, ShuttingDown, Superseded, UnknownGroup } from "@clinit/protocol/ClinitRpcs"
import { GroupName, Level } from "@clinit/protocol/Names"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"

const web = GroupName.make("web")
const three = Level.make("3")

/** Uses a client whose daemon gives this answer to every line; `sent` has the lines. */
const ask = <A, E>(
  answer: Effect.Effect<string, ConnectionLost>,
  use: (client: ClinitClient["Service"], sent: ReadonlyArray<string>) => Effect.Effect<A, E>
) =>
  Effect.suspend(() => {
    const sent: Array<string> = []
    const send = (line: string) => Effect.sync(() => void sent.push(line))
    const transport = Layer.succeed(Transport, { connect: Effect.succeed({ send, receive: answer }) })
    return Effect.flatMap(ClinitClient, (client) => use(client, sent)).pipe(
      Effect.provide(Layer.provide(ClinitClient.layer, transport))
    )
  })

const json = (value: unknown) => Effect.succeed(JSON.stringify(value))
const result = (value: unknown) => json({ jsonrpc: "2.0", id: 1, result: value })
const error = (code: number, message: string, data?: unknown) =>
  json({ jsonrpc: "2.0", id: 1, error: { code, message, data } })

const refusedWith = (data: unknown) =>
  ask(error(-32001, "no", data), (client) => Effect.flip(client.tell({ group: web, level: three })))

describe("a call", () => {
  it.effect("sends one JSON-RPC 2.0 request and gives its result", () =>
    ask(
      result({ message: "level transition started", warnings: ["w"] }),
      Effect.fnUntraced(function*(client, sent) {
        const answer = yield* client.tell({ group: web, level: three })
        assert.deepStrictEqual(answer, { message: "level transition started", warnings: ["w"] })
        assert.deepStrictEqual(sent.map((line) => JSON.parse(line)), [
          { jsonrpc: "2.0", id: 1, method: "tell", params: { group: "web", level: "3" } }
        ])
      })
    ))

  it.effect("is one line, whatever its parameters hold", () =>
    ask(
      result({ message: "", warnings: [] }),
      Effect.fnUntraced(function*(client, sent) {
        yield* client.tell({ group: GroupName.make("é\"\\n"), level: three })
        assert.deepStrictEqual(sent.map((line) => line.includes("\n")), [false])
        assert.strictEqual(JSON.parse(sent[0]!).params.group, "é\"\\n")
      })
    ))

  it.effect("with parameters that break the schema is not sent", () =>
    ask(
      result({ message: "", warnings: [] }),
      Effect.fnUntraced(function*(client, sent) {
        const failure = yield* Effect.flip(client.tell({ group: "a b" as GroupName, level: three }))
        assert.instanceOf(failure, ProtocolError)
        assert.deepStrictEqual(sent, [])
      })
    ))

  it.effect("passes on the outcome of a wait", () => {
    const outcome = {
      state: "FAILED",
      failed: [
        { tag: "a", end: { _tag: "Exited", code: 3 } },
        { tag: "b", end: { _tag: "Signaled", signal: "SIGKILL" } },
        { tag: "c", end: { _tag: "NotSpawned", reason: "no memory" } },
        { tag: "d", end: { _tag: "Unknown" } }
      ]
    }
    return ask(
      result({ message: "m", warnings: [], outcome }),
      Effect.fnUntraced(function*(client, sent) {
        const answer = yield* client.tell({ group: web, level: three, wait: true })
        assert.deepStrictEqual(answer.outcome as unknown, outcome)
        assert.include(sent[0], "\"wait\":true")
      })
    )
  })

  it.effect("ignores members of an answer that it does not know, such as a later version may have", () =>
    ask(
      json({ jsonrpc: "2.0", id: 1, result: { version: "9", protocol: 1, mood: "fine" }, more: [] }),
      Effect.fnUntraced(function*(client) {
        assert.deepStrictEqual(yield* client.version({}), { version: "9", protocol: 1 })
      })
    ))
})

describe("a refusal", () => {
  it.effect("becomes the typed error that the daemon had", () =>
    Effect.gen(function*() {
      const refusals: ReadonlyArray<Refusal> = [
        new UnknownGroup({ group: "web" }),
        new ShuttingDown(),
        new Superseded({ group: web, level: three, by: Level.make("4") }),
        new Superseded({ group: web, level: three }),
        new InvalidCltab({
          file: "/etc/cltab",
          diagnostics: [
            { severity: "error", line: 3, column: 1, message: "too few fields" },
            { severity: "warning", line: 4, column: 2, message: "odd", hint: "did you mean even?" }
          ]
        })
      ]
      for (const refusal of refusals) {
        const received = yield* refusedWith(yield* Schema.encodeEffect(Refusal)(refusal))
        assert.isTrue(Equal.equals(received, refusal), received.message)
        assert.strictEqual(received.message, refusal.message)
      }
    }))

  it.effect("of an invalid cltab has all diagnostics, a line each in its message", () =>
    Effect.gen(function*() {
      const refusal = yield* refusedWith({
        _tag: "InvalidCltab",
        file: "/etc/cltab",
        diagnostics: [
          { severity: "error", line: 3, column: 1, message: "too few fields" },
          { severity: "error", line: 9, column: 5, message: "odd", hint: "even" }
        ]
      })
      assert.strictEqual(
        refusal.message,
        "/etc/cltab:3:1: error: too few fields\n/etc/cltab:9:5: error: odd (even)"
      )
    }))

  it.effect("that this client does not know is a protocol error", () =>
    Effect.gen(function*() {
      for (
        const data of [undefined, null, {}, { _tag: "OutOfPaper" }, { _tag: "UnknownGroup" }, {
          _tag: "Superseded",
          group: "a b",
          level: ""
        }]
      ) {
        assert.instanceOf(yield* refusedWith(data), ProtocolError)
      }
    }))
})

describe("any other answer is a protocol error", () => {
  const status = (answer: Effect.Effect<string, ConnectionLost>) =>
    ask(answer, (client) => Effect.flip(client.status({})))

  it.effect("an error of the protocol keeps the daemon's words", () =>
    Effect.gen(function*() {
      for (const code of [-32700, -32600, -32601, -32602, -32603, -32002, -32003, -32004, 1]) {
        const failure = yield* status(error(code, "the daemon's words"))
        assert.instanceOf(failure, ProtocolError)
        assert.strictEqual(failure.message, "protocol error: the daemon's words")
      }
    }))

  const garbage = [
    "",
    "220 mail.example ESMTP",
    "null",
    "[]",
    "{}",
    "{\"jsonrpc\":\"1.0\",\"id\":1,\"result\":{}}",
    "{\"jsonrpc\":\"2.0\",\"id\":1}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":\"no\"}",
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1.5,\"message\":\"m\"}}",
    "{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{}}",
    "[".repeat(50_000)
  ]
  for (const line of garbage) {
    it.effect(`${JSON.stringify(line.slice(0, 60))} is not an answer`, () =>
      Effect.map(status(Effect.succeed(line)), (failure) => assert.instanceOf(failure, ProtocolError)))
  }

  it.effect("a result of another protocol is not taken for one of this", () =>
    ask(result({ version: "9", protocol: 2 }), (client) => Effect.flip(client.version({}))).pipe(
      Effect.map((failure) => assert.instanceOf(failure, ProtocolError))
    ))

  it.effect.prop(
    "any line whatever gives a result or a typed error, never a defect",
    [Schema.String],
    ([line]) =>
      Effect.map(status(Effect.succeed(line)), (failure) => assert.instanceOf(failure, ProtocolError))
  )

  it.effect.prop(
    "any JSON in the place of the result gives a result or a typed error",
    [Schema.Json],
    ([value]) => ask(result(value), (client) => Effect.result(client.reread({})))
  )
})

describe("a lost daemon", () => {
  it.effect("that goes away before its answer is reported as lost", () =>
    ask(Effect.fail(new ConnectionLost({ reason: "reset" })), (client) => Effect.flip(client.shutdown({})))
      .pipe(
        Effect.map((failure) => {
          assert.instanceOf(failure, ConnectionLost)
          assert.strictEqual(failure.message, "the daemon went away before it answered: reset")
        })
      ))

  it.effect("that nobody reaches is no daemon, and no call is made", () => {
    const connect = Effect.fail(new NoDaemon({ socket: "/run/s", reason: "ENOENT" }))
    return Effect.flip(Effect.flatMap(ClinitClient, (client) => client.version({})))
      .pipe(
        Effect.provide(Layer.provide(ClinitClient.layer, Layer.succeed(Transport, { connect }))),
        Effect.map((failure) => assert.strictEqual(failure.message, "no daemon at /run/s: ENOENT"))
      )
  })
})
