import { describeEnd } from "@clinit/protocol/Status"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"
import type { Life, Occurrence, Transition } from "./Observation.ts"

/** Makes spans of what happens. */
export interface Spans {
  readonly record: (occurrence: Occurrence) => void
  /** Ends the spans that are still open as interrupted. */
  readonly close: () => void
}

/** The spans' names: a group's way to a level, one run of an entry. */
export const names = { transition: "clinit.transition", process: "clinit.process" } as const

/**
 * Spans by the context's tracer; nothing without one. Each is the root of a trace of its own: what a daemon does lasts
 * for years and must not hang on a span that has ended. A process's span is linked by number only to that of the transition
 * that it was started in, so that nothing that has ended is kept.
 */
export const make = (context: Context.Context<never>): Spans | undefined => {
  const tracer = Context.get(context, Tracer.Tracer)
  if (tracer === Tracer.nativeTracer || !Context.get(context, References.TracerEnabled)) return undefined
  const clock = Context.get(context, Clock.Clock)
  const annotations = Context.get(context, References.TracerSpanAnnotations)
  const transitions = new Map<Transition, Tracer.Span>()
  const lives = new Map<Life, Tracer.Span>()
  /** The transition that is under way, by group. */
  const current = new Map<string, Tracer.Span>()

  const open = (
    name: string,
    attributes: Readonly<Record<string, unknown>>,
    links: Array<Tracer.SpanLink> = [],
    startTime = clock.currentTimeNanosUnsafe()
  ) => {
    const span = tracer.span({
      name,
      parent: Option.none(),
      annotations: Context.empty(),
      links,
      startTime,
      kind: "internal",
      root: true,
      sampled: true
    })
    for (const [key, value] of Object.entries({ ...annotations, ...attributes })) {
      if (value !== undefined) span.attribute(key, value)
    }
    return span
  }

  const end = (span: Tracer.Span, exit: Exit.Exit<unknown, unknown>) =>
    span.end(clock.currentTimeNanosUnsafe(), exit)

  const startedBy = (group: string): Array<Tracer.SpanLink> => {
    const span = current.get(group)
    if (span === undefined) return []
    const { sampled, spanId, traceId } = span
    return [{ span: Tracer.externalSpan({ spanId, traceId, sampled }), attributes: {} }]
  }

  const openLife = (life: Life) => {
    const { group, run, sinceMillis, tag } = life
    const span = open(
      names.process,
      {
        "clinit.group": group,
        "clinit.tag": tag,
        "clinit.run": run,
        "clinit.adopted": sinceMillis === undefined ? undefined : true
      },
      startedBy(group),
      sinceMillis === undefined ? undefined : BigInt(sinceMillis) * 1_000_000n
    )
    lives.set(life, span)
    return span
  }

  return {
    record(occurrence) {
      switch (occurrence._tag) {
        case "Began": {
          const { from, group, to } = occurrence.transition
          const span = open(names.transition, {
            "clinit.group": group,
            "clinit.level.from": from,
            "clinit.level.to": to
          })
          transitions.set(occurrence.transition, span)
          current.set(group, span)
          return
        }
        case "Settled": {
          const { outcome, transition } = occurrence
          const span = transitions.get(transition)
          if (span === undefined) return
          transitions.delete(transition)
          current.delete(transition.group)
          span.attribute("clinit.outcome", outcome)
          return end(
            span,
            outcome === "superseded"
              ? Exit.interrupt()
              : outcome === "FAILED"
              ? Exit.fail(`${transition.group} ${transition.to} FAILED`)
              : Exit.void
          )
        }
        case "Starting":
          return void openLife(occurrence.life)
        case "Running": {
          const { life, pid } = occurrence
          const span = lives.get(life) ?? openLife(life)
          if (pid !== undefined) span.attribute("process.pid", pid)
          return span.event("running", clock.currentTimeNanosUnsafe())
        }
        case "Step": {
          const { life, means, number } = occurrence
          return lives.get(life)?.event("stop", clock.currentTimeNanosUnsafe(), {
            "clinit.stop.step": number,
            [means === "command" ? "clinit.stop.command" : "clinit.stop.signal"]: means === "command"
              ? true
              : means
          })
        }
        case "Ended":
          return lives.get(occurrence.life)?.event("ended", clock.currentTimeNanosUnsafe(), {
            "clinit.end": describeEnd(occurrence.end)
          })
        case "Down": {
          const { end: how, failed, life } = occurrence
          const span = lives.get(life)
          if (span === undefined) return
          lives.delete(life)
          const words = how === undefined ? undefined : describeEnd(how)
          if (words !== undefined) span.attribute("clinit.end", words)
          return end(span, failed ? Exit.fail(words ?? "failed") : Exit.void)
        }
        default:
          return
      }
    },
    close() {
      for (const span of [...transitions.values(), ...lives.values()]) end(span, Exit.interrupt())
      transitions.clear()
      lives.clear()
      current.clear()
    }
  }
}
