import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import * as http from "node:http"
import * as net from "node:net"
import * as TelemetryAddress from "../TelemetryAddress.ts"
import { Trouble } from "../Trouble.ts"
import * as BoundSocket from "./BoundSocket.ts"

/** How much readers of the metrics may ask of the daemon's patience. */
export interface Limits {
  /** More connections at once are dropped. */
  readonly connections: number
  /** A request that has not come as a whole, or an answer that is not taken, after this time ends the connection. */
  readonly patience: Duration.Duration
  /** Answers are made anew when they are older than this: a flood of requests costs no more. */
  readonly fresh: Duration.Duration
  /** How often it is tried to listen where something stands against it, and looked whether a socket is in its place. */
  readonly retry: Duration.Duration
}

export const Limits = Context.Reference<Limits>("@clinit/core/node/PrometheusLimits", {
  defaultValue: () => ({
    connections: 32,
    patience: Duration.seconds(5),
    fresh: Duration.millis(100),
    retry: Duration.seconds(2)
  })
})

const subject = "metrics"
const path = "/metrics"

const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" }

const refuse = (
  response: http.ServerResponse,
  code: number,
  words: string,
  more: http.OutgoingHttpHeaders = {}
) => {
  // Whatever comes behind the head of such a request is not waited for.
  response.writeHead(code, { "content-type": "text/plain; charset=utf-8", connection: "close", ...more })
  response.end(`${words}\n`)
}

const withoutBrackets = (host: string) => host.replace(/^\[|\]$/g, "")

/**
 * Whether a request's Host is a name that somebody else can have lead here: by it a page in a browser of this machine
 * could read what is only for the machine itself. An address is none, nor is `localhost`.
 */
const isForeign = (host = "") => {
  const name = host.replace(/:\d*$/, "")
  return name.toLowerCase() !== "localhost" && net.isIP(withoutBrackets(name)) === 0
}

const makeServer = (
  text: () => Buffer,
  isLoopback: boolean,
  { connections, patience }: Limits
): http.Server => {
  const millis = Duration.toMillis(patience)
  const server = http.createServer({
    maxHeaderSize: 8_192,
    headersTimeout: millis,
    requestTimeout: millis,
    keepAliveTimeout: millis,
    connectionsCheckingInterval: Math.min(millis, 1_000)
  }, (request, response) => {
    const timer = setTimeout(() => response.destroy(), millis)
    response.on("close", () => clearTimeout(timer))
    if (isLoopback && isForeign(request.headers.host)) {
      return refuse(response, 421, "the metrics are for localhost")
    }
    if (request.url?.split("?")[0] !== path) return refuse(response, 404, `the metrics are at ${path}`)
    if (request.method !== "GET" && request.method !== "HEAD") {
      return refuse(response, 405, "the metrics can only be read", { allow: "GET, HEAD" })
    }
    const body = text()
    response.writeHead(200, { ...headers, "content-length": body.length })
    response.end(request.method === "HEAD" ? undefined : body)
  })
  server.maxConnections = connections
  server.setTimeout(millis)
  return server
}

interface Bound {
  readonly isInPlace: () => boolean
  readonly close: Effect.Effect<void>
}

const listenAt = (
  server: http.Server,
  { host, port }: Extract<TelemetryAddress.Listening, { readonly host: string }>
) =>
  Effect.callback<Bound, Error>((resume) => {
    const failed = (error: Error) => resume(Effect.fail(error))
    server.once("error", failed)
    server.listen({ host: withoutBrackets(host), port }, () => {
      server.off("error", failed)
      resume(Effect.succeed({
        isInPlace: () => (server.address() as net.AddressInfo | null) !== null,
        close: Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
      }))
    })
  })

/**
 * Answers `GET /metrics` at the address with the metrics of the context's registry, while the scope lives. Where it cannot
 * listen that is a trouble, and tried again and again.
 */
export const layer = (address: TelemetryAddress.Listening): Layer.Layer<never, never, Trouble> =>
  Layer.effectDiscard(Effect.gen(function*() {
    const trouble = yield* Trouble
    const limits = yield* Limits
    const context = yield* Effect.context<never>()
    const freshMillis = Duration.toMillis(limits.fresh)
    // Bytes, which all answers share: a client may ask for thousands before it takes the first.
    let made: { readonly text: Buffer; readonly atMillis: number } | undefined
    const text = () => {
      const now = performance.now()
      if (made === undefined || now - made.atMillis > freshMillis) {
        made = { text: Buffer.from(PrometheusMetrics.formatUnsafe(context)), atMillis: now }
      }
      return made.text
    }

    const bind = Effect.suspend(() => {
      const server = makeServer(text, TelemetryAddress.isLoopback(address), limits)
      const bound: Effect.Effect<Bound, Error> = "path" in address
        ? BoundSocket.bind(server, address.path)
        : listenAt(server, address)
      return Effect.map(bound, ({ close, isInPlace }) => {
        // One connection that cannot be accepted is no reason to die.
        server.on("error", () => {})
        const end = Effect.andThen(Effect.sync(() => setImmediate(() => server.closeAllConnections())), close)
        return { isInPlace, close: end }
      })
    })

    const serve = Effect.acquireUseRelease(
      bind,
      ({ isInPlace }) =>
        Effect.gen(function*() {
          yield* trouble.clear(subject)
          while (isInPlace()) yield* Effect.sleep(limits.retry)
        }),
      ({ close }) => close
    )
    const where = TelemetryAddress.print(address)
    yield* serve.pipe(
      Effect.catch(({ message }) =>
        Effect.andThen(
          trouble.set(subject, message.includes(where) ? message : `${where}: ${message}`),
          Effect.sleep(limits.retry)
        )
      ),
      Effect.forever,
      Effect.forkScoped({ startImmediately: true })
    )
  }))
