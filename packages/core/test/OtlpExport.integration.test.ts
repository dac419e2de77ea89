import { LoadedCltab } from "@clinit/core/LoadedCltab"
import * as Metrics from "@clinit/core/Metrics"
import * as NodeTelemetry from "@clinit/core/node/NodeTelemetry"
import * as OtlpExport from "@clinit/core/node/OtlpExport"
import * as Spans from "@clinit/core/Spans"
import * as EditableCltab from "@clinit/core/testing/EditableCltab"
import { Trouble } from "@clinit/core/Trouble"
import { GroupName, Level, Tag } from "@clinit/protocol/Names"
import { assert, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import { eventually } from "./support/Peer.ts"

/** A collector of OpenTelemetry: what it was sent, by path, and how it answers. */
const collector = (answer: (response: http.ServerResponse) => void) =>
  Effect.acquireRelease(
    Effect.promise(() =>
      new Promise<
        { readonly url: string; readonly sent: Map<string, Array<any>>; readonly server: http.Server }
      >((resolve) => {
        const sent = new Map<string, Array<any>>()
        const server = http.createServer((request, response) => {
          let text = ""
          request.setEncoding("utf8").on("data", (chunk) => (text += chunk)).on("end", () => {
            sent.set(request.url!, [...(sent.get(request.url!) ?? []), JSON.parse(text)])
            answer(response)
          })
        }).listen(
          0,
          "127.0.0.1",
          () => resolve({ sent, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
        )
      })
    ),
    ({ server }) =>
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      })
  )

// A busy machine takes its time for a first export; what is given up is tried again only after a second.
const times: OtlpExport.Times = {
  metrics: Duration.minutes(10),
  traces: Duration.minutes(10),
  logs: Duration.minutes(10),
  patience: Duration.seconds(30),
  last: Duration.seconds(30)
}

/** Runs a test in the context of an exporter on a registry of its own. */
const exporting = <A, E>(
  url: string,
  test: Effect.Effect<A, E, Scope.Scope | Trouble>,
  own: Partial<OtlpExport.Times> = {}
) =>
  Effect.scoped(Effect.gen(function*() {
    const context = yield* Layer.build(OtlpExport.layer({ url, version: "1.2.3" }))
    return yield* Effect.provideContext(test, context)
  })).pipe(
    Effect.provideService(Metric.MetricRegistry, new Map()),
    Effect.provideService(OtlpExport.Times, { ...times, ...own }),
    Effect.provide(Logger.layer([])),
    Effect.provide(Trouble.layer)
  )

const attributes = (list: ReadonlyArray<{ key: string; value: object }>) =>
  Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]]))

const group = GroupName.make("web")
const tag = Tag.make("a")

it.live("metrics, spans and logs arrive at a collector as what they are, at the end at the latest", () =>
  Effect.scoped(Effect.gen(function*() {
    const { sent, url } = yield* collector((response) => response.end("{}"))
    yield* exporting(
      `${url}/`,
      Effect.gen(function*() {
        const context = yield* Effect.context<never>()
        Metrics.counter("pauses", { group, tag }).updateUnsafe(3, context)
        Metrics.histogram("stop", { group }).updateUnsafe(7, context)
        const spans = Spans.make(context)!
        const life = { group, tag, run: 0, beganNanos: 0n }
        const transition = { group, to: Level.make("1"), beganNanos: 0n }
        spans.record({ _tag: "Began", transition })
        spans.record({ _tag: "Starting", life, again: false })
        spans.record({ _tag: "Running", life, pid: 17, seconds: 0 })
        spans.record({ _tag: "Step", life, number: 1, means: "SIGTERM" })
        spans.record({ _tag: "Down", life, end: { _tag: "Exited", code: 3 }, failed: true })
        spans.record({ _tag: "Settled", transition, outcome: "superseded", seconds: 1 })
        yield* Effect.annotateLogs(Effect.logWarning("web/a exited 3"), { group, tag })
        assert.deepStrictEqual([...sent.keys()], [])
      })
    )
    assert.deepStrictEqual([...sent.keys()].sort(), ["/v1/logs", "/v1/metrics", "/v1/traces"])

    const [{ resourceMetrics: [ofMetrics] }] = sent.get("/v1/metrics") as any
    const { "service.name": name, "service.version": version } = attributes(ofMetrics.resource.attributes)
    assert.deepStrictEqual([name, version], ["clinit", "1.2.3"])
    const points = ofMetrics.scopeMetrics[0].metrics.map(({ histogram, name, sum, unit }: any) => {
      const [{ asDouble, attributes: own, count, sum: total }] = (sum ?? histogram).dataPoints
      return {
        name,
        unit,
        value: asDouble ?? [count, total],
        monotonic: sum?.isMonotonic,
        ...attributes(own)
      }
    })
    assert.deepStrictEqual(points, [
      { name: "clinit_process_pauses_total", unit: "1", value: 3, monotonic: true, group: "web", tag: "a" },
      { name: "clinit_process_stop_seconds", unit: "s", value: [1, 7], monotonic: undefined, group: "web" }
    ])

    const [{ resourceSpans: [ofSpans] }] = sent.get("/v1/traces") as any
    const [process, transition] = ofSpans.scopeSpans[0].spans
    assert.deepStrictEqual(
      [
        process.name,
        attributes(process.attributes),
        process.status.code,
        process.events.map((each: any) => each.name)
      ],
      [
        "clinit.process",
        {
          "clinit.group": "web",
          "clinit.tag": "a",
          "clinit.run": 0,
          "process.pid": 17,
          "clinit.end": "exited 3"
        },
        2,
        ["running", "stop", "exception"]
      ]
    )
    assert.strictEqual(process.links[0].spanId, transition.spanId)
    assert.deepStrictEqual(
      [transition.name, transition.parentSpanId, attributes(transition.attributes)],
      ["clinit.transition", undefined, {
        "clinit.group": "web",
        "clinit.level.to": "1",
        "clinit.outcome": "superseded",
        "effect.fiber.interrupted": true
      }]
    )

    const [{ resourceLogs: [ofLogs] }] = sent.get("/v1/logs") as any
    const [record] = ofLogs.scopeLogs[0].logRecords
    assert.deepStrictEqual([record.severityText, record.body.stringValue], ["Warn", "web/a exited 3"])
    assert.include(attributes(record.attributes), { group: "web", tag: "a" })
  })))

it.live("a collector that nobody runs is a trouble until it answers", () =>
  Effect.scoped(Effect.gen(function*() {
    const { server, url } = yield* collector((response) => response.end("{}"))
    const { port } = server.address() as AddressInfo
    yield* Effect.promise(() => new Promise<void>((resolve) => void server.close(() => resolve())))
    yield* exporting(
      url,
      Effect.gen(function*() {
        const trouble = yield* Trouble
        yield* Effect.logInfo("hello")
        yield* eventually("the trouble is known", () => trouble.all().length > 0)
        assert.deepStrictEqual(trouble.all(), [
          `otlp logs: ${url}: connect ECONNREFUSED 127.0.0.1:${port}`
        ])
        server.listen(port, "127.0.0.1")
        yield* eventually("the trouble is over", () => trouble.all().length === 0)
      }),
      { logs: Duration.millis(100) }
    )
  })))

it.live("what cannot be set up is a trouble, too", () =>
  Effect.scoped(Effect.gen(function*() {
    const trouble = yield* Trouble
    const build = (settings: string) =>
      Layer.build(
        NodeTelemetry.layer({ version: "1.2.3" }).pipe(
          Layer.provide(LoadedCltab.layer),
          Layer.provide(EditableCltab.layer(settings))
        )
      )
    yield* build("")
    assert.deepStrictEqual(trouble.all(), [])
    yield* build(":::otlp:http://127.0.0.1:4318\n")
    assert.deepStrictEqual(trouble.all(), [
      "otlp: it could not be set up: ConfigError(SchemaError(Expected object at [\"OTEL_RESOURCE_ATTRIBUTES\"] " +
      "Expected a valid URI component at [\"OTEL_RESOURCE_ATTRIBUTES\"][\"host.name\"]))"
    ])
  })).pipe(
    Effect.provide(Trouble.layer),
    Effect.provide(Logger.layer([])),
    Effect.provideService(
      ConfigProvider.ConfigProvider,
      ConfigProvider.fromEnv({ env: { OTEL_RESOURCE_ATTRIBUTES: "host.name=%zz" } })
    )
  ))

for (
  const [what, answer, words, own = {}] of [
    ["never answers", () => {}, "no answer within 300ms", { patience: Duration.millis(300) }],
    ["answers without an end", (response: http.ServerResponse) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write("x".repeat(1_000)), 10)
      response.on("close", () => clearInterval(timer))
    }, undefined],
    ["refuses", (response: http.ServerResponse) => void response.writeHead(503).end(), "answered 503"]
  ] as const
) {
  it.live(`a collector that ${what} holds up the end no longer than it may`, () =>
    Effect.scoped(Effect.gen(function*() {
      const { url } = yield* collector(answer)
      let ended = 0
      const troubles = yield* exporting(
        url,
        Effect.gen(function*() {
          const trouble = yield* Trouble
          const context = yield* Effect.context<never>()
          Metrics.counter("pauses", { group, tag }).updateUnsafe(3, context)
          const spans = Spans.make(context)!
          const life = { group, tag, run: 0, beganNanos: 0n }
          spans.record({ _tag: "Starting", life, again: false })
          spans.close()
          yield* Effect.logInfo("hello")
          if (words !== undefined) yield* eventually("the trouble is known", () => trouble.all().length > 0)
          else yield* Effect.sleep(300)
          ended = Date.now()
          return trouble.all()
        }),
        { logs: Duration.millis(100), last: Duration.millis(500), ...own }
      )
      assert.isBelow(Date.now() - ended, 3 * 500 + 500)
      assert.deepStrictEqual(troubles, words === undefined ? [] : [`otlp logs: ${url}: ${words}`])
    })))
}
