import * as Rpcs from "@clinit/protocol/ClinitRpcs"
import type * as Event from "@clinit/protocol/Event"
import * as JsonRpc from "@clinit/protocol/JsonRpc"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Ordered } from "./Daemon.ts"
import { Daemon } from "./Daemon.ts"
import type { Feed } from "./EventFeed.ts"
import * as Metrics from "./Metrics.ts"
import * as Requester from "./Requester.ts"
import { conceal } from "./Secret.ts"
import * as StatusOf from "./StatusOf.ts"

/** Who answers: what `version` and `status` say of the daemon's program. */
export interface Identity {
  readonly version: string
  readonly pid: number
}

/** Takes what is to follow the answer, and has to close it. */
export type Follow = (feed: Feed) => void

type Handlers = {
  readonly [M in Rpcs.Method]: (
    params: Rpcs.Params<M>,
    follow: Follow
  ) => Effect.Effect<Rpcs.Result<M>, Rpcs.RefusalOf<M>>
}

const byHand = <E>(order: (name: string) => Effect.Effect<Ordered, E>) =>
  Effect.fnUntraced(function*({ name, wait }: Rpcs.Params<"start">) {
    const { group, level, message, settling, tags, warnings } = yield* order(name)
    const answer = { message, warnings, ...(level === undefined ? {} : { level }) }
    return wait === true
      ? { ...answer, ...(yield* Effect.interruptible(settling)) }
      : { ...answer, entries: tags.map((tag) => ({ group, tag })) }
  })

const handlers = (daemon: Daemon["Service"], { pid, version }: Identity): Handlers => ({
  tell: Effect.fnUntraced(function*({ group, level, wait }) {
    const { settling, ...told } = yield* daemon.tell(group, level)
    const answer = { message: "level transition started", ...told }
    return wait === true ? { ...answer, outcome: yield* Effect.interruptible(settling) } : answer
  }),
  retry: Effect.fnUntraced(function*({ name, wait }) {
    const { retrials, warnings } = yield* daemon.retry(name)
    const retried = retrials.flatMap(({ group, tags }) => tags.map((tag) => ({ group, tag })))
    const message = retried.length === 0 ? "nothing to retry" : "level transition started"
    const answer = { message, warnings, retried }
    if (wait !== true) return answer
    const outcomes = yield* Effect.forEach(
      retrials,
      ({ group, level, settling }) => Effect.map(settling, (outcome) => ({ group, level, outcome })),
      { concurrency: "unbounded" }
    ).pipe(Effect.interruptible)
    return { ...answer, outcomes }
  }),
  start: byHand((name) => daemon.order("start", name)),
  stop: byHand((name) => daemon.order("stop", name)),
  restart: byHand((name) => daemon.order("restart", name)),
  signal: ({ name, signal }) => daemon.signal(name, signal),
  reread: Effect.fnUntraced(function*({ apply, wait }) {
    const message = "cltab read"
    if (apply !== true) return { message, ...(yield* daemon.reread) }
    const { applied, ...reread } = yield* daemon.apply
    const settled = ({ settling, ...told }: typeof applied[number]) =>
      wait === true
        ? Effect.map(Effect.interruptible(settling), (outcome) => ({ ...told, outcome }))
        : Effect.succeed(told)
    return { message, ...reread, applied: yield* Effect.forEach(applied, settled) }
  }),
  plan: ({ group, level }) => daemon.plan(group, level),
  environment: Effect.fnUntraced(function*({ name, secrets }) {
    const { variables, warnings } = yield* daemon.environment(name)
    if (secrets === true) return { warnings, variables }
    const shown = variables.map((variable) => ({
      ...variable,
      value: conceal(variable.name, variable.value)
    }))
    return { warnings, variables: shown }
  }),
  status: Effect.fnUntraced(function*({ name }) {
    const { cltab, containment, groups, modified, shuttingDown, warnings } = yield* daemon.status
    const status = { version, pid, cltab, modified, shuttingDown, containment, warnings, groups }
    return name === undefined ? status : { ...status, groups: yield* StatusOf.select(status.groups, name) }
  }),
  history: ({ limit = Infinity, name }) => daemon.history(name, limit),
  watch: Effect.fnUntraced(function*(params, follow) {
    const { feed, seq, sequence } = yield* daemon.watch(params)
    const { after, renumbered } = feed
    follow(feed)
    return { seq, sequence, after, ...(renumbered === true ? { renumbered } : {}) }
  }),
  shutdown: Effect.fnUntraced(function*({ wait }) {
    yield* daemon.shutdown
    if (wait === true) yield* Effect.interruptible(daemon.down)
    return { message: wait === true ? "all groups halted" : "all groups halting" }
  }),
  version: () => Effect.succeed({ version, protocol: 1 as const })
})

const decodeRequest = Schema.decodeUnknownResult(JsonRpc.Request)

/** The line for an answer without a request that it could name. */
export const failure = (code: number, message: string, id: JsonRpc.Id = null, data?: unknown): string =>
  JSON.stringify({ jsonrpc: "2.0", id, error: { code, message, ...(data === undefined ? {} : { data }) } })

/**
 * A function from a request's line to its answer's line. It never fails: what is wrong with a line becomes its
 * answer. A notification (a request without an id) is carried out and has no answer. Interrupting it only gives up
 * the waiting of a `wait`: the order stands. What has to follow the answer goes to `follow`; whoever cannot take that
 * leaves it out, and `watch` is refused.
 */
export const make = Effect.fnUntraced(function*(identity: Identity) {
  const handle = handlers(yield* Daemon, identity)
  const context = yield* Effect.context<never>()
  /** The reason is the name of an error: there are few. */
  const refused = (method: Rpcs.Method, reason: string) =>
    Metrics.counter("callRefusals", { method, reason }).updateUnsafe(1, context)

  const call = <M extends Rpcs.Method>(
    method: M,
    id: JsonRpc.Id,
    input: unknown,
    follow: Follow
  ): Effect.Effect<string> => {
    Metrics.counter("calls", { method }).updateUnsafe(1, context)
    const { params, result } = Rpcs.calls[method]
    const decoded = Schema.decodeUnknownResult(params)(input ?? {}, { errors: "all" })
    if (Result.isFailure(decoded)) {
      refused(method, "InvalidParams")
      return Effect.succeed(failure(JsonRpc.Code.invalidParams, decoded.failure.message, id))
    }
    // Calls that are no orders may take anything by that name.
    const isOrder = "fields" in params && "client" in params.fields
    const { client } = (isOrder ? decoded.success : {}) as { readonly client?: Event.Client }
    return handle[method](decoded.success as Rpcs.Params<M>, follow).pipe(
      Effect.provideService(Requester.Requester, Requester.ofClient(client)),
      // A status is plain JSON that its schema leaves as it is. To find that out of 500 entries takes 7 ms the first time, a
      // fifth of what a client takes as a whole.
      Effect.flatMap((answer) =>
        method === "status" ? Effect.succeed(answer) : Schema.encodeUnknownEffect(result)(answer)
      ),
      Effect.map((encoded) => JSON.stringify({ jsonrpc: "2.0", id, result: encoded })),
      Effect.catch((error) =>
        Schema.isSchemaError(error) ? Effect.die(error) : Effect.map(
          Effect.orDie(Schema.encodeEffect(Rpcs.Refusal)(error)), // our own error always fits its own schema
          (data) => {
            refused(method, error._tag)
            return failure(JsonRpc.Code.refused, error.message, id, data)
          }
        )
      ),
      Effect.catchDefect((defect) =>
        Effect.as(
          Effect.logError(`internal error in ${method}`, defect),
          failure(JsonRpc.Code.internal, "internal error; the daemon's log has the details", id)
        )
      )
    )
  }

  return Effect.fnUntraced(function*(
    line: string,
    follow?: Follow
  ): Effect.fn.Return<string | undefined> {
    const json = Result.try(() => JSON.parse(line) as unknown)
    if (Result.isFailure(json)) return failure(JsonRpc.Code.parse, "not JSON: one request a line is expected")
    if (Array.isArray(json.success)) {
      return failure(JsonRpc.Code.invalidRequest, "no batches: one request a line is expected")
    }
    const request = decodeRequest(json.success)
    if (Result.isFailure(request)) {
      return failure(JsonRpc.Code.invalidRequest, `not a JSON-RPC 2.0 request: ${request.failure.message}`)
    }
    const { id, method, params } = request.success
    // It has nothing else to tell than what follows an answer.
    if (method === "watch" && (id === undefined || follow === undefined)) {
      return id === undefined
        ? undefined
        : failure(JsonRpc.Code.busy, "nothing can follow an answer here", id)
    }
    const answer = Rpcs.isMethod(method) ?
      yield* call(method, id ?? null, params, follow ?? ((feed) => feed.close())) :
      failure(JsonRpc.Code.methodNotFound, `no such method: ${method}`, id ?? null)
    return id === undefined ? undefined : answer
  }, Effect.uninterruptible)
})
