import * as Rpcs from "@clinit/protocol/ClinitRpcs"
import * as JsonRpc from "@clinit/protocol/JsonRpc"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { claim } from "./Failure.ts"
import * as WorldCltab from "./WorldCltab.ts"

/** What the daemon is known to be like when a request comes. */
export interface Known {
  /** Levels by group, as last told. */
  readonly told: Map<string, string>
  /** Of those, the groups that were stopped by hand since. */
  readonly stopped: Set<string>
  /** Groups of which something was ordered by hand since they were told: what runs of them is uncertain. */
  readonly byHand: Set<string>
  isShuttingDown: boolean
  /** Whether the cltab has a mistake at present. */
  isBroken: boolean
  /** Whether others tell the daemon's groups at the same time. */
  readonly isShared: boolean
}

export const fresh = (isShared = false): Known => ({
  told: new Map(),
  stopped: new Set(),
  byHand: new Set(),
  isShuttingDown: false,
  isBroken: false,
  isShared
})

type Call = { readonly method: Rpcs.Method; readonly params: Readonly<Record<string, unknown>> }

/** What must come back: nothing for a notification. */
export interface Expectation {
  readonly isNotification: boolean
  readonly id: unknown
  /** An error's code, or the tag of a refusal, or that it must be a result. */
  readonly answer:
    | number
    | "result"
    | "UnknownGroup"
    | "UnknownEntry"
    | "NeverTold"
    | "UnknownSignal"
    | "NotRunning"
    | "InvalidCltab"
    | "ShuttingDown"
  readonly method: Rpcs.Method | undefined
  readonly mayBeSuperseded: boolean
  /** Whether somebody else may have told the group that was never told here. */
  readonly mayBeTold: boolean
  /** The name that a status was asked of, if one was. */
  readonly statusOf: string | undefined
}

// The rules of the protocol said a second time, without the code under test.

const isName = (value: unknown): value is string =>
  typeof value === "string" && /^[^\s\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069]+$/u.test(value)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const methods: ReadonlyArray<string> = [
  "tell",
  "retry",
  "start",
  "stop",
  "restart",
  "signal",
  "reread",
  "plan",
  "environment",
  "status",
  "history",
  "shutdown",
  "version"
]

const ordersByHand = ["start", "stop", "restart"]

const own = (object: object, key: string): unknown =>
  Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined

const isAbsentOr = (params: object, name: string, is: (value: unknown) => boolean): boolean =>
  !Object.hasOwn(params, name) || is(own(params, name))

const isBoolean = (value: unknown) => typeof value === "boolean"

/** Of watching, which takes the connection for itself, there are tests of its own. */
const isClient = (value: unknown) =>
  isObject(value) && Number.isSafeInteger(own(value, "pid")) &&
  ["user", "command"].every((name) => isAbsentOr(value, name, (text) => typeof text === "string"))

const readCall = (method: string, input: unknown): Call | undefined => {
  const params = input ?? {}
  if (!isObject(params)) return undefined
  const takesWait = ["tell", "retry", ...ordersByHand, "reread", "shutdown"].includes(method)
  if (takesWait && !isAbsentOr(params, "wait", isBoolean)) return undefined
  if ((takesWait || method === "signal") && !isAbsentOr(params, "client", isClient)) return undefined
  if (method === "history") {
    const isLimit = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0
    if (!isAbsentOr(params, "limit", isLimit)) return undefined
  }
  if (method === "reread" && !isAbsentOr(params, "apply", isBoolean)) return undefined
  if (method === "plan") {
    if (!isAbsentOr(params, "group", isName) || !isAbsentOr(params, "level", isName)) return undefined
    if (Object.hasOwn(params, "level") && !Object.hasOwn(params, "group")) return undefined
  }
  if (method === "tell" && !(isName(own(params, "group")) && isName(own(params, "level")))) return undefined
  if (method === "environment" && !isAbsentOr(params, "secrets", isBoolean)) return undefined
  if (method === "signal") {
    const signal = own(params, "signal")
    if (typeof signal !== "string" || signal === "") return undefined
  }
  if (
    ["environment", "signal", ...ordersByHand].includes(method) ||
    (["retry", "history", "status"].includes(method) && Object.hasOwn(params, "name"))
  ) {
    const name = own(params, "name")
    if (typeof name !== "string" || name === "") return undefined
  }
  return { method: method as Rpcs.Method, params }
}

/** What an order by hand is answered, and what it changes. */
const orderByHand = (method: string, name: string, { byHand, stopped, told }: Known) => {
  const group = WorldCltab.groups.find((each) => name === each || name.startsWith(`${each}/`))!
  const isWhole = name === group
  if (!told.has(group) || (stopped.has(group) && !isWhole)) return method === "stop" ? "result" : "NeverTold"
  byHand.add(group)
  if (isWhole && method === "stop") stopped.add(group)
  else if (isWhole) stopped.delete(group)
  return "result"
}

/** What the call is answered, and what it changes about the daemon. */
const carryOut = ({ method, params }: Call, known: Known): Expectation["answer"] => {
  if (["tell", "retry", "reread", "signal", ...ordersByHand].includes(method)) {
    if (known.isShuttingDown) return "ShuttingDown"
    if (known.isBroken) return "InvalidCltab"
  }
  if (method === "plan") {
    if (known.isBroken) return "InvalidCltab"
    if (known.isShuttingDown) return "ShuttingDown"
    if (!Object.hasOwn(params, "group")) return "result"
    const group = own(params, "group") as string
    if (!WorldCltab.groups.includes(group)) return "UnknownGroup"
    return Object.hasOwn(params, "level") || (known.told.has(group) && !known.stopped.has(group))
      ? "result"
      : "NeverTold"
  }
  if (method === "signal" && !/^(SIG)?CONT$/i.test(own(params, "signal") as string)) return "UnknownSignal"
  if (method === "tell") {
    if (!WorldCltab.groups.includes(own(params, "group") as string)) return "UnknownGroup"
    const group = own(params, "group") as string
    known.told.set(group, own(params, "level") as string)
    known.stopped.delete(group)
    known.byHand.delete(group)
  }
  if (
    ["environment", "signal", ...ordersByHand].includes(method) ||
    (["retry", "history", "status"].includes(method) && Object.hasOwn(params, "name"))
  ) {
    const name = own(params, "name") as string
    if (!WorldCltab.names.includes(name)) return name.includes("/") ? "UnknownEntry" : "UnknownGroup"
    const isGroup = WorldCltab.groups.includes(name)
    if (isGroup && (method === "environment" || method === "signal")) return "UnknownEntry"
    if (method === "signal") return "NotRunning"
    if (ordersByHand.includes(method)) return orderByHand(method, name, known)
  }
  if (method === "shutdown") {
    known.isShuttingDown = true
    known.told.clear()
    known.stopped.clear()
    known.byHand.clear()
  }
  return "result"
}

const refusal = (answer: number, id: unknown = null): Expectation => ({
  isNotification: false,
  id,
  answer,
  method: undefined,
  mayBeSuperseded: false,
  mayBeTold: false,
  statusOf: undefined
})

/** What this line is answered; what it orders is noted. */
export const expect = (line: string, known: Known): Expectation => {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch {
    return refusal(JsonRpc.Code.parse)
  }
  if (!isObject(json)) return refusal(JsonRpc.Code.invalidRequest)
  const id = own(json, "id")
  const method = own(json, "method")
  const isId = id === null || typeof id === "string" || (typeof id === "number" && Number.isFinite(id))
  if (own(json, "jsonrpc") !== "2.0" || typeof method !== "string" || !(isId || !Object.hasOwn(json, "id"))) {
    return refusal(JsonRpc.Code.invalidRequest)
  }
  const isNotification = !Object.hasOwn(json, "id")
  // Where the answer is all that comes.
  if (method === "watch") return { ...refusal(JsonRpc.Code.busy, id), isNotification }
  if (!methods.includes(method)) return { ...refusal(JsonRpc.Code.methodNotFound, id), isNotification }
  const call = readCall(method, own(json, "params"))
  if (call === undefined) return { ...refusal(JsonRpc.Code.invalidParams, id), isNotification }
  return {
    isNotification,
    id,
    answer: carryOut(call, known),
    method: call.method,
    mayBeSuperseded: known.isShared && ["tell", "retry", "reread", ...ordersByHand].includes(call.method),
    mayBeTold: known.isShared,
    statusOf: method === "status" ? own(call.params, "name") as string | undefined : undefined
  }
}

/** Requests after which what runs is certain again. */
export const tellsAgain = ({ byHand, isBroken, told }: Known): ReadonlyArray<string> =>
  isBroken ?
    [] :
    [...byHand].map((group) =>
      JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tell", params: { group, level: told.get(group) } })
    )

const isResponse = Schema.is(JsonRpc.Response)
const decodeRefusal = Schema.decodeUnknownResult(Rpcs.Refusal)
const isResult: Record<Rpcs.Method, (value: unknown) => boolean> = {
  tell: Schema.is(Rpcs.calls.tell.result),
  retry: Schema.is(Rpcs.calls.retry.result),
  start: Schema.is(Rpcs.calls.start.result),
  stop: Schema.is(Rpcs.calls.stop.result),
  restart: Schema.is(Rpcs.calls.restart.result),
  signal: Schema.is(Rpcs.calls.signal.result),
  reread: Schema.is(Rpcs.calls.reread.result),
  plan: Schema.is(Rpcs.calls.plan.result),
  environment: Schema.is(Rpcs.calls.environment.result),
  status: Schema.is(Rpcs.calls.status.result),
  history: Schema.is(Rpcs.calls.history.result),
  watch: Schema.is(Rpcs.calls.watch.result),
  shutdown: Schema.is(Rpcs.calls.shutdown.result),
  version: Schema.is(Rpcs.calls.version.result)
}

const checkStatus = (result: unknown, name: string | undefined) => {
  const { groups } = result as Rpcs.Result<"status">
  if (name !== undefined) {
    return claim(groups.length === 1, () => `the status of ${name} has ${groups.length} groups`)
  }
  const names = groups.map(({ group }) => group).sort()
  claim(
    JSON.stringify(names) === JSON.stringify([...WorldCltab.groups].sort()),
    () => `the daemon has the groups ${JSON.stringify(names)}`
  )
}

/** Fails unless the answer is what was expected. */
export const checkAnswer = (answer: string | undefined, expected: Expectation) => {
  if (expected.isNotification) return claim(answer === undefined, "a notification is answered")
  claim(answer !== undefined, "no answer")
  claim(
    !/\p{Cc}/u.test(answer.replaceAll(/[\x7f-\x9f]/g, "")) && answer.isWellFormed(),
    "the answer has a control character or is not UTF-8"
  )
  const response = JSON.parse(answer) as unknown
  claim(isResponse(response), "the answer is no JSON-RPC response")
  claim(
    JSON.stringify(response.id) === JSON.stringify(expected.id),
    () => `the id is ${JSON.stringify(response.id)}, was ${JSON.stringify(expected.id)}`
  )
  if ("result" in response) {
    const isTold = expected.answer === "NeverTold" && expected.mayBeTold
    // Whether an entry runs at the moment is not known here.
    const mayRun = expected.answer === "NotRunning"
    claim(
      expected.answer === "result" || isTold || mayRun,
      () => `carried out, should be refused: ${expected.answer}`
    )
    claim(
      isResult[expected.method!](response.result),
      () => `no result of ${expected.method}: ${answer.slice(0, 300)}`
    )
    if (expected.method === "status") checkStatus(response.result, expected.statusOf)
    return
  }
  const { code, data, message } = response.error
  if (code === JsonRpc.Code.refused) {
    const decoded = decodeRefusal(data)
    claim(Result.isSuccess(decoded), () => `no refusal: ${answer.slice(0, 300)}`)
    const tag = decoded.success._tag
    // An entry that is not started may not be shown.
    const isUnshown = tag === "UnknownEntry" && WorldCltab.names.includes(expected.statusOf ?? "")
    // Others may have stopped the group by hand.
    const isStopped = tag === "NeverTold" && expected.mayBeTold && expected.answer === "result"
    claim(
      tag === expected.answer || (tag === "Superseded" && expected.mayBeSuperseded) || isUnshown || isStopped,
      () => `refused with ${tag}, expected ${expected.answer}`
    )
  } else {claim(code === expected.answer, () =>
      `error ${code} ${message.slice(0, 300)}, expected ${expected.answer}`)}
}
