import type {
  CallError,
  ClinitClient,
  ConnectionLost,
  NoDaemon,
  ProtocolError
} from "@clinit/protocol/ClinitClient"
import type * as Rpcs from "@clinit/protocol/ClinitRpcs"
import { calls } from "@clinit/protocol/ClinitRpcs"
import * as Messages from "@clinit/protocol/Messages"
import * as ProtocolSchema from "@clinit/protocol/ProtocolSchema"
import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import { Ajv2020 } from "ajv/dist/2020.js"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { readFileSync } from "node:fs"

const root = new URL("../../../", import.meta.url)
const document = readFileSync(new URL("docs/protocol.md", root), "utf8")
const published = readFileSync(new URL(`packages/protocol/schema/${ProtocolSchema.file}`, root), "utf8")

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
ajv.addSchema(JSON.parse(published) as object)

/** Whether it is the message of this name, by the published schema. */
const isValid = (name: string, message: unknown) =>
  ajv.validate({ $ref: `${ProtocolSchema.id}#/$defs/${name}` }, message)

/** The messages of the document's transcripts, of which one side or the other says so. */
const spoken = (side: "->" | "<-") =>
  [...document.matchAll(/^```(?:transcript|watch)\n(.*?)^```$/gmsu)].flatMap(([, text]) =>
    text!.split("\n").filter((line) => line.startsWith(side)).map((line) => line.slice(3))
  )

/** The errors that the document's table gives a method. */
const documented = (method: string): ReadonlyArray<string> => {
  const row = document.split("\n").find((line) => line.startsWith(`| \`${method}\` |`))!
  const words = row.split("|").at(-2)!
  const like = /as `(\w+)`/.exec(words)?.[1]
  if (like === undefined) return words.match(/[A-Z]\w+/g) ?? []
  const without: ReadonlyArray<string> = /but for (.*)/.exec(words)?.[1]?.match(/[A-Z]\w+/g) ?? []
  return documented(like).filter((each) => !without.includes(each))
}

const tagsOf = (refusal: { readonly ast: unknown }): ReadonlyArray<string> => {
  const { identifier, members } = refusal as unknown as {
    readonly identifier?: string
    readonly members?: ReadonlyArray<{ readonly identifier: string }>
  }
  return members?.map((member) => member.identifier) ?? (identifier === undefined ? [] : [identifier])
}

describe("the JSON Schema of the protocol", () => {
  it("is the one that is published; if not: npm run schemas, and another number if an old client would be misled", () => {
    expect(published).toBe(ProtocolSchema.print())
  })

  it("has the request, the result and, if there are any, the refusals of every call", () => {
    const { $defs } = JSON.parse(published) as { readonly $defs: object }
    for (const [method, { refusal }] of Object.entries(calls)) {
      const names = [`request.${method}`, `result.${method}`]
      expect(Object.keys($defs)).toEqual(expect.arrayContaining(names))
      expect(Object.hasOwn($defs, `refusal.${method}`)).toBe(tagsOf(refusal).length > 0)
    }
  })

  it("has room for all that the daemon says in the document's transcripts", () => {
    const methods = new Map<unknown, string>()
    for (const line of spoken("->")) {
      try {
        const { id, method } = JSON.parse(line)
        if (Object.hasOwn(calls, method)) methods.set(id, method)
      } catch {
        continue
      }
    }
    for (const line of spoken("<-")) {
      const message = JSON.parse(line)
      const { error, id, method } = message
      const name = method !== undefined ?
        `notification.${method}` :
        error === undefined ?
        `result.${id === 1 && "seq" in message.result ? "watch" : id === 1 ? "version" : methods.get(id)}` :
        error.code === -32001 ?
        `refusal.${methods.get(id)}` :
        "error"
      expect([line, isValid(name, message)]).toEqual([line, true])
    }
  })

  it("has room for a request that the daemon carries out, and none for one whose params it refuses", () => {
    const request = { jsonrpc: "2.0", id: 1, method: "tell", params: { group: "web", level: "1", more: 1 } }
    expect(isValid("request.tell", request)).toBe(true)
    expect(isValid("request.version", { jsonrpc: "2.0", id: 1, method: "version" })).toBe(true)
    expect(isValid("request.tell", { ...request, params: undefined })).toBe(false)
    expect(isValid("request.tell", { ...request, params: { group: "my group", level: "1" } })).toBe(false)
    expect(isValid("request.tell", { ...request, params: { group: "web", level: 3 } })).toBe(false)
    expect(isValid("request.status", { ...request, method: "status", params: { name: "" } })).toBe(false)
  })
})

describe("the schemas of the messages", () => {
  it("decode what the document's daemon says", () => {
    const event = spoken("<-").find((line) => line.includes("\"method\":\"event\""))!
    expect(Schema.is(Messages.notifications.event)(JSON.parse(event))).toBe(true)
    const told = { jsonrpc: "2.0", id: 2, result: { message: "level transition started", warnings: [] } }
    expect(Schema.is(Messages.result("tell"))(told)).toBe(true)
    expect(Schema.is(Messages.result("version"))(told)).toBe(false)
  })
})

describe("the refusals of a call", () => {
  for (const [method, { refusal }] of Object.entries(calls)) {
    it(`${method} are those of docs/protocol.md`, () => {
      expect(tagsOf(refusal).toSorted()).toEqual([...documented(method)].toSorted())
    })
  }

  it("are its error channel, with the three ways of getting no answer", () => {
    type Errors<M extends Exclude<Rpcs.Method, "watch">> = Effect.Error<
      ReturnType<ClinitClient["Service"][M]>
    >
    type NoAnswer = NoDaemon | ConnectionLost | ProtocolError
    expectTypeOf<Errors<"version">>().toEqualTypeOf<NoAnswer>()
    expectTypeOf<Errors<"shutdown">>().toEqualTypeOf<NoAnswer>()
    expectTypeOf<Errors<"tell">>().toEqualTypeOf<
      NoAnswer | Rpcs.UnknownGroup | Rpcs.InvalidCltab | Rpcs.ShuttingDown | Rpcs.Superseded
    >()
    expectTypeOf<Extract<Errors<"tell">, Rpcs.UnknownSignal>>().toBeNever()
    expectTypeOf<Extract<Errors<"stop">, Rpcs.NeverTold | Rpcs.EntryOff>>().toBeNever()
    expectTypeOf<Rpcs.RefusalOf<Rpcs.Method>>().toEqualTypeOf<Rpcs.Refusal>()
    expectTypeOf<CallError<"watch">>().toEqualTypeOf<NoAnswer | Rpcs.UnknownGroup>()
  })
})
