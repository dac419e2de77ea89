import * as Metrics from "@clinit/core/Metrics"
import * as PrometheusEndpoint from "@clinit/core/node/PrometheusEndpoint"
import type * as TelemetryAddress from "@clinit/core/TelemetryAddress"
import { Trouble } from "@clinit/core/Trouble"
import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Scope from "effect/Scope"
import * as fs from "node:fs"
import * as http from "node:http"
import * as net from "node:net"
import { eventually, scratch } from "./support/Peer.ts"

const quick: PrometheusEndpoint.Limits = {
  connections: 4,
  patience: Duration.millis(500),
  fresh: Duration.millis(0),
  retry: Duration.millis(50)
}

/** An endpoint on a registry of its own, which has one counter, and what is wrong with it. */
const start = Effect.fnUntraced(function*(
  address: TelemetryAddress.Listening,
  limits: Partial<PrometheusEndpoint.Limits> = {}
) {
  const trouble = yield* Effect.map(Layer.build(Trouble.layer), (context) => Context.get(context, Trouble))
  const registry = Context.make(Metric.MetricRegistry, new Map())
  const counter = Metrics.counter("pauses", { group: "web", tag: "a\"b" })
  counter.updateUnsafe(3, registry)
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
  yield* Layer.buildWithScope(PrometheusEndpoint.layer(address), scope).pipe(
    Effect.provideContext(registry),
    Effect.provideService(PrometheusEndpoint.Limits, { ...quick, ...limits }),
    Effect.provideService(Trouble, trouble)
  )
  return {
    trouble,
    registry,
    close: Scope.close(scope, Exit.void),
    count: () => counter.updateUnsafe(1, registry)
  }
}, Effect.provide(Logger.layer([])))

/** A port of the loopback interface that nobody listens at for now. */
const freePort = Effect.promise(() =>
  new Promise<number>((resolve) => {
    const probe = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as net.AddressInfo
      probe.close(() => resolve(port))
    })
  })
)

const ask = (options: http.RequestOptions) =>
  Effect.promise(() =>
    new Promise<
      { readonly status: number; readonly text: string; readonly headers: http.IncomingHttpHeaders }
    >(
      (resolve, reject) => {
        const request = http.request({ agent: false, path: "/metrics", ...options }, (response) => {
          let text = ""
          response.setEncoding("utf8").on("data", (chunk) => (text += chunk)).on(
            "end",
            () => resolve({ status: response.statusCode!, text, headers: response.headers })
          )
        })
        request.on("error", reject).end()
      }
    )
  )

/** Whether somebody listens there. */
const listens = (options: net.NetConnectOpts) =>
  Effect.promise(() =>
    new Promise<boolean>((resolve) => {
      const client = net.connect(options)
      client.once("connect", () => (client.destroy(), resolve(true)))
      client.once("error", () => resolve(false))
    })
  )

const up = Effect.fnUntraced(function*(options: net.NetConnectOpts) {
  const deadline = Date.now() + 10_000
  while (!(yield* listens(options))) {
    if (Date.now() > deadline) assert.fail("nobody listens")
    yield* Effect.sleep(20)
  }
})

const metrics = [
  "# HELP clinit_process_pauses_total Pauses before the next start, as the entry ended or was refused too often.",
  "# TYPE clinit_process_pauses_total counter",
  "clinit_process_pauses_total{group=\"web\",tag=\"a\\\"b\"} 3",
  ""
].join("\n")

it.live("the endpoint answers GET and HEAD of /metrics, and nothing else", () =>
  Effect.scoped(Effect.gen(function*() {
    const port = yield* freePort
    yield* start({ host: "127.0.0.1", port })
    yield* up({ host: "127.0.0.1", port })
    const get = yield* ask({ port })
    assert.deepStrictEqual([get.status, get.text], [200, metrics])
    assert.strictEqual(get.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
    const head = yield* ask({ port, method: "HEAD", path: "/metrics?name=x" })
    assert.deepStrictEqual([head.status, head.text, head.headers["content-length"]], [
      200,
      "",
      String(Buffer.byteLength(metrics))
    ])
    const post = yield* ask({ port, method: "POST" })
    assert.deepStrictEqual([post.status, post.headers.allow], [405, "GET, HEAD"])
    assert.strictEqual((yield* ask({ port, path: "/" })).status, 404)
    assert.strictEqual((yield* ask({ port, path: "/metrics/../etc" })).status, 404)
  })))

it.live("at a loopback address answers whoever calls it by that, and no page that has a name of its own lead there", () =>
  Effect.scoped(Effect.gen(function*() {
    const port = yield* freePort
    yield* start({ host: "127.0.0.1", port })
    yield* up({ host: "127.0.0.1", port })
    const status = (host: string) =>
      Effect.map(ask({ host: "127.0.0.1", port, headers: { host } }), ({ status }) => status)
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, "LOCALHOST", `[::1]:${port}`]) {
      assert.strictEqual(yield* status(host), 200, host)
    }
    for (const host of ["rebound.example", `rebound.example:${port}`, "localhost.rebound.example"]) {
      assert.strictEqual(yield* status(host), 421, host)
    }
  })))

it.live("what is no HTTP, comes slowly or takes no answer is cut off, and others are served meanwhile", () =>
  Effect.scoped(Effect.gen(function*() {
    const port = yield* freePort
    yield* start({ host: "127.0.0.1", port })
    yield* up({ host: "127.0.0.1", port })
    const clients = [
      "garbage\r\n\r\n",
      "GET /metr",
      "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n"
    ].map((text) => {
      const client = net.connect({ port, host: "127.0.0.1" })
      const state = { closed: false }
      client.on("error", () => {}).on("close", () => (state.closed = true)).resume()
      client.write(text)
      return state
    })
    assert.strictEqual((yield* ask({ port })).status, 200)
    yield* eventually("all are cut off", () => clients.every(({ closed }) => closed))
    // More than there is room for: the rest is dropped, and there is room again later.
    const many = Array.from({ length: 20 }, () => {
      const client = net.connect({ port, host: "127.0.0.1" })
      const state = { closed: false }
      client.on("error", () => {}).on("close", () => (state.closed = true)).resume()
      return state
    })
    yield* eventually("most are dropped, the others cut off", () => many.every(({ closed }) => closed))
    assert.strictEqual((yield* ask({ port })).status, 200)
  })))

it.live("a port that is taken is a trouble until it is free, and the port is free again after the end", () =>
  Effect.scoped(Effect.gen(function*() {
    const port = yield* freePort
    const other = net.createServer()
    yield* Effect.promise(() => new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve)))
    const { close, trouble } = yield* start({ host: "127.0.0.1", port })
    yield* eventually("the trouble is known", () => trouble.all().length > 0)
    assert.deepStrictEqual(trouble.all(), [
      `metrics: listen EADDRINUSE: address already in use 127.0.0.1:${port}`
    ])
    yield* Effect.promise(() => new Promise<void>((resolve) => void other.close(() => resolve())))
    yield* eventually("the trouble is over", () => trouble.all().length === 0)
    assert.strictEqual((yield* ask({ port })).text, metrics)
    yield* close
    assert.isFalse(yield* listens({ host: "127.0.0.1", port }))
  })))

it.live("a UNIX socket is its owner's alone, is made again when it was removed, and is gone at the end", () =>
  Effect.scoped(Effect.gen(function*() {
    const path = `${yield* scratch}/metrics`
    const { close } = yield* start({ path })
    yield* up({ path })
    assert.strictEqual(fs.statSync(path).mode & 0o777, 0o600)
    assert.strictEqual((yield* ask({ socketPath: path })).text, metrics)
    fs.rmSync(path)
    yield* up({ path })
    assert.strictEqual((yield* ask({ socketPath: path })).text, metrics)
    yield* close
    assert.isFalse(fs.existsSync(path))
  })))

it.live("a thousand requests at once for answers that nobody takes cost the memory of a few", () =>
  Effect.scoped(Effect.gen(function*() {
    const port = yield* freePort
    const { registry } = yield* start({ host: "127.0.0.1", port }, { fresh: Duration.seconds(1) })
    yield* up({ host: "127.0.0.1", port })
    const megabyte = 1024 * 1024
    Metric.gauge("long", { description: "x".repeat(megabyte) }).updateUnsafe(1, registry)
    const before = process.memoryUsage().arrayBuffers
    const client = net.connect({ port, host: "127.0.0.1" })
    let isAnswered = false
    client.on("error", () => {}).once("data", () => {
      client.pause()
      isAnswered = true
    })
    client.write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1_000))
    yield* eventually("the first answer begins", () => isAnswered)
    assert.isBelow(process.memoryUsage().arrayBuffers - before, 50 * megabyte)
    client.destroy()
  })))

it.live("an answer that nobody takes does not hold up the end", () =>
  Effect.scoped(Effect.gen(function*() {
    const port = yield* freePort
    const { close } = yield* start({ host: "127.0.0.1", port })
    yield* up({ host: "127.0.0.1", port })
    const client = net.connect({ port, host: "127.0.0.1" })
    client.on("error", () => {})
    client.write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\nGET /metrics HTT")
    yield* Effect.sleep(50)
    const began = Date.now()
    yield* close
    assert.isBelow(Date.now() - began, 2_000)
    client.destroy()
  })))
