import * as Meter from "@clinit/core/Meter"
import * as Metrics from "@clinit/core/Metrics"
import * as Spans from "@clinit/core/Spans"
import * as Telemetry from "@clinit/core/Telemetry"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import * as TestClock from "effect/testing/TestClock"
import { metrics, tracing } from "./support/Measured.ts"
import { cltab, withMachine, withNode } from "./support/Node.ts"
import type { Node } from "./support/Node.ts"

const measured = ({ context }: Node) => metrics(context as Context.Context<never>)
const text = ({ context }: Node) => PrometheusMetrics.formatUnsafe(context as Context.Context<never>)

describe("metrics", () => {
  it.effect("starts, restarts, refusals, ends, pauses, transitions, stops and escalations are counted and measured", () =>
    withNode(
      cltab("web:db:1,2:respawn:db", "web:app:1,:respawn:app", "web:job:2,:wait:job", "shop:x:1:once:x"),
      {
        db: { ignores: ["SIGINT"] },
        app: [{ runs: "500 millis", exits: 3 }, { refused: "no such file" }, {}],
        job: { runs: "2 seconds" }
      },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("10 seconds")
        yield* node.tell("web", "2")
        yield* node.after("10 seconds")
        yield* node.tell("web", "off")
        yield* node.after("1 second")
        assert.deepStrictEqual(measured(node), [
          "clinit_group_state{group=\"web\",state=\"STOPPING\"} 1",
          "clinit_groups{state=\"CONFIGURED\"} 1",
          "clinit_groups{state=\"STOPPING\"} 1",
          "clinit_process_ends_total{group=\"web\",tag=\"app\",end=\"failure\"} 1",
          "clinit_process_ends_total{group=\"web\",tag=\"job\",end=\"success\"} 1",
          "clinit_process_pauses_total{group=\"web\",tag=\"app\"} 1",
          "clinit_process_restarts_total{group=\"web\",tag=\"app\"} 2",
          "clinit_process_start_failures_total{group=\"web\",tag=\"app\"} 1",
          "clinit_process_start_seconds_count{group=\"web\"} 4",
          "clinit_process_starts_total{group=\"web\",tag=\"app\"} 3",
          "clinit_process_starts_total{group=\"web\",tag=\"db\"} 1",
          "clinit_process_starts_total{group=\"web\",tag=\"job\"} 1",
          "clinit_process_stop_seconds_count{group=\"web\"} 1",
          "clinit_processes{group=\"web\",state=\"Stopping\"} 1",
          "clinit_transition_seconds_count{group=\"web\",outcome=\"DONE\"} 2",
          "clinit_transition_seconds_sum{group=\"web\",outcome=\"DONE\"} 2"
        ])
        yield* node.after("10 seconds")
        const stops = text(node).split("\n").filter((line) => line.startsWith("clinit_process_stop_seconds"))
        assert.deepStrictEqual(
          [
            stops.find((line) => line.includes("le=\"2.5\"")),
            stops.find((line) => line.includes("le=\"5\""))
          ],
          [
            "clinit_process_stop_seconds_bucket{group=\"web\",le=\"2.5\"} 1",
            "clinit_process_stop_seconds_bucket{group=\"web\",le=\"5\"} 2"
          ]
        )
        assert.include(
          measured(node),
          "clinit_process_escalations_total{group=\"web\",tag=\"db\",signal=\"SIGTERM\"} 1"
        )
      })
    ))

  it.effect("a give-up, a timeout, a death of a signal and a superseded transition are counted", () =>
    withNode(
      cltab(
        "web:app:1:respawn:app",
        "web:slow:2:wait:slow",
        ":::respawn.hits:0",
        ":::respawn.pause:1s",
        ":::respawn.give-up:2",
        ":::timeout:3s"
      ),
      { app: { runs: "10 millis", dieOf: "SIGSEGV" }, slow: {} },
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.after("1 minute")
        yield* node.tell("web", "2")
        yield* node.after("1 second")
        yield* node.tell("web", "off")
        yield* node.tell("web", "2")
        yield* node.after("4 seconds")
        assert.deepStrictEqual(measured(node).filter((line) => /ends|give|pauses|transition/.test(line)), [
          "clinit_process_ends_total{group=\"web\",tag=\"app\",end=\"signal\"} 4",
          "clinit_process_ends_total{group=\"web\",tag=\"slow\",end=\"timeout\"} 1",
          "clinit_process_give_ups_total{group=\"web\",tag=\"app\"} 1",
          "clinit_process_pauses_total{group=\"web\",tag=\"app\"} 1",
          "clinit_transition_seconds_count{group=\"web\",outcome=\"DONE\"} 2",
          "clinit_transition_seconds_count{group=\"web\",outcome=\"FAILED\"} 1",
          "clinit_transition_seconds_count{group=\"web\",outcome=\"superseded\"} 1",
          "clinit_transition_seconds_sum{group=\"web\",outcome=\"FAILED\"} 3",
          "clinit_transition_seconds_sum{group=\"web\",outcome=\"superseded\"} 1"
        ])
      })
    ))

  it.effect("what the cltab no longer has is no longer measured, once it is down", () =>
    withNode(
      cltab("web:a:1:respawn:a", "web:b:1:respawn:b", "shop:c:1:respawn:c"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.tell("shop", "1")
        node.cltab.write(cltab("web:a:1:respawn:a"))
        yield* node.reread
        yield* node.tell("web", "1")
        yield* node.after("1 minute")
        assert.deepStrictEqual(measured(node).filter((line) => !/_seconds/.test(line)), [
          "clinit_group_state{group=\"web\",state=\"DONE\"} 1",
          "clinit_groups{state=\"DONE\"} 1",
          "clinit_process_starts_total{group=\"web\",tag=\"a\"} 1",
          "clinit_processes{group=\"web\",state=\"Running\"} 1"
        ])
        assert.notInclude(text(node), "shop")
      })
    ))

  it.effect("what was down already when the cltab lost it is no longer measured either", () =>
    withNode(
      cltab("web:a:1:respawn:a", "web:b:1,2:respawn:b", "shop:c:1:respawn:c"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        yield* node.tell("shop", "1")
        yield* node.tell("web", "2")
        yield* node.after("1 minute")
        assert.include(text(node), "tag=\"a\"")
        node.cltab.write(cltab("web:b:1,2:respawn:b", "shop:d:1:respawn:d"))
        yield* node.reread
        assert.notInclude(text(node), "tag=\"a\"")
        assert.include(text(node), "tag=\"b\"")
        assert.include(text(node), "tag=\"c\"", "it still runs")
        yield* node.tell("shop", "2")
        yield* node.after("1 minute")
        assert.notInclude(text(node), "tag=\"c\"")
      })
    ))

  it.effect("a daemon that ends takes its gauges along, and leaves what it counted", () =>
    Effect.gen(function*() {
      const node = yield* withNode(
        cltab("web:a:1:respawn:a"),
        {},
        (node) => Effect.as(node.tell("web", "1"), node)
      )
      assert.deepStrictEqual(measured(node).filter((line) => !/_seconds/.test(line)), [
        "clinit_process_starts_total{group=\"web\",tag=\"a\"} 1"
      ])
      assert.notInclude(text(node), "clinit_group")
    }))

  it.effect("daemons that share a registry have names, and those without one numbers from the second on", () =>
    Effect.gen(function*() {
      const registry = Layer.succeed(Metric.MetricRegistry, new Map())
      const context = yield* Layer.build(registry)
      const start = (name?: string) =>
        Effect.map(
          Effect.provideContext(Layer.build(Telemetry.named(name)), context),
          (own) => Meter.make(Context.merge(context, own) as Context.Context<never>)
        )
      for (const meter of [yield* start(), yield* start(), yield* start("shop"), yield* start("shop")]) {
        meter.record({ _tag: "Paused", group: "web" as never, tag: "a" as never })
      }
      const names = () => metrics(context as Context.Context<never>).filter((line) => line.includes("info"))
      yield* Effect.scoped(Effect.tap(start("brief"), () => Effect.sync(() => assert.lengthOf(names(), 5))))
      assert.sameMembers([...metrics(context as Context.Context<never>)], [
        "clinit_info 1",
        "clinit_info{daemon=\"2\"} 1",
        "clinit_info{daemon=\"shop\"} 1",
        "clinit_info{daemon=\"shop-2\"} 1",
        "clinit_process_pauses_total{group=\"web\",tag=\"a\"} 1",
        "clinit_process_pauses_total{group=\"web\",tag=\"a\",daemon=\"2\"} 1",
        "clinit_process_pauses_total{group=\"web\",tag=\"a\",daemon=\"shop\"} 1",
        "clinit_process_pauses_total{group=\"web\",tag=\"a\",daemon=\"shop-2\"} 1"
      ])
    }).pipe(Effect.scoped))

  it("names and labels follow the conventions of Prometheus", () => {
    for (const { labels, name, type } of Object.values(Metrics.definitions)) {
      assert.match(name, /^clinit(_[a-z]+)+$/)
      assert.strictEqual(name.endsWith("_total"), type === "counter", name)
      assert.strictEqual(name.endsWith("_seconds"), type === "histogram", name)
      for (const label of labels) assert.match(label, /^[a-z]+$/)
    }
  })
})

describe("spans", () => {
  it.effect("a superseded transition, the one that comes instead, and the lives of processes are spans of their own", () => {
    const { lines, within } = tracing()
    return within(Effect.gen(function*() {
      yield* withNode(
        cltab("web:db:1,2:respawn:db", "web:job:1,:wait:job", "web:app:2,:respawn:app"),
        {
          db: {},
          job: { ignores: ["SIGINT"], dies: "1 second" },
          app: [{ runs: "30 minutes", exits: 3 }, {}]
        },
        Effect.fnUntraced(function*(node) {
          yield* node.tell("web", "1")
          yield* node.after("10 seconds")
          // The caller's own span ends, what it asked for goes on.
          yield* Effect.withSpan(node.tell("web", "2"), "host")
          yield* node.after("1 hour")
        })
      )
      assert.deepStrictEqual(lines(), [
        "0-10s clinit.transition interrupted group=web level.to=1 outcome=superseded",
        "0-3610s clinit.process ok group=web tag=db run=0 process.pid=1001 end=died of SIGINT link=0 " +
        "[0s running, 3610s stop 1 SIGINT]",
        "0-16s clinit.process ok group=web tag=job run=0 process.pid=1002 end=died of SIGTERM link=0 " +
        "[0s running, 10s stop 1 SIGINT, 15s stop 2 SIGTERM]",
        "10-10s host ok",
        "10-16s clinit.transition ok group=web level.from=1 level.to=2 outcome=DONE",
        "16-1816s clinit.process error group=web tag=app run=0 process.pid=1003 end=exited 3 link=4 " +
        "[16s running, 1816s ended exited 3]",
        "1816-3610s clinit.process ok group=web tag=app run=1 process.pid=1004 end=died of SIGINT " +
        "[1816s running, 3610s stop 1 SIGINT]",
        "3610-3610s clinit.transition ok group=web level.from=2 outcome=halted"
      ])
    }))
  })

  it.effect("years of restarts keep no span that has ended, but for those that a tracer keeps itself", () => {
    const { spans, within } = tracing()
    return within(
      withNode(
        cltab("web:app:1:respawn:app", ":::respawn.window:1ms"),
        { app: { runs: "1 second" } },
        Effect.fnUntraced(function*(node) {
          yield* node.tell("web", "1")
          yield* node.after("5 minutes")
          assert.isAbove(spans.length, 290)
          assert.lengthOf(spans.filter(({ status }) => status._tag === "Started"), 1)
          const linked = spans.flatMap(({ links }) => links.map(({ span }) => span._tag))
          assert.deepStrictEqual(new Set(linked), new Set(["ExternalSpan"]))
        })
      )
    )
  })

  it.effect("a process that is taken over from a killed daemon has been one since it was started", () => {
    const { lines, within } = tracing()
    return within(
      withMachine(
        cltab("web:app:1:respawn:app"),
        {},
        Effect.fnUntraced(function*({ boot, crash }) {
          const first = yield* Effect.orDie(boot())
          yield* TestClock.adjust("5 seconds")
          yield* first.tell("web", "1")
          yield* first.after("10 seconds")
          yield* crash
          yield* TestClock.adjust("1 minute")
          const second = yield* Effect.orDie(boot())
          yield* second.tell("web", "off")
          yield* second.after("1 minute")
          assert.deepStrictEqual(lines().filter((line) => line.includes("adopted")), [
            "5-75s clinit.process ok group=web tag=app run=0 adopted=true process.pid=1001 [75s running, 75s stop 1 SIGINT]"
          ])
        })
      )
    )
  })

  it.effect("without a tracer there are none", () =>
    withNode(
      cltab("web:app:1:respawn:app"),
      {},
      Effect.fnUntraced(function*(node) {
        yield* node.tell("web", "1")
        assert.isUndefined(Spans.make(node.context as Context.Context<never>))
      })
    ))
})
