/**
 * Tests of how entries are supervised, without a process and without waiting: what the entries run is a script, time is the
 * test clock, and what happens is a trace that a test compares as a whole.
 */
import type { InvalidCltab } from "@clinit/protocol/ClinitRpcs"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { Clinit } from "../Clinit.ts"
import * as Cltab from "../Cltab.ts"
import * as CltabInCode from "../CltabInCode.ts"
import type { InCode, Services } from "../Entry.ts"
import { withSettings } from "../LoadedCltab.ts"
import type { Machine } from "../Machine.ts"
import type { Premises } from "../Premises.ts"
import type * as Supervision from "../Supervision.ts"
import { EditableCltab } from "./EditableCltab.ts"
import * as ScriptedMachine from "./ScriptedMachine.ts"
import type { LiveProcess, Scripts } from "./ScriptedSystem.ts"
import * as ScriptSlips from "./ScriptSlips.ts"
import * as Timeline from "./Timeline.ts"
import { Trace } from "./Trace.ts"
import * as TraceRecord from "./TraceRecord.ts"

export { EditableCltab } from "./EditableCltab.ts"
export type { Parts } from "./ScriptedMachine.ts"
export { ScriptedMachine } from "./ScriptedMachine.ts"
export type { Act, LiveProcess, Script, Scripts } from "./ScriptedSystem.ts"
export { timeline, TraceMismatch } from "./Timeline.ts"
export { Trace } from "./Trace.ts"
export { Happening, TraceRecord } from "./TraceRecord.ts"
export type { Kind, Occurrence, Selection } from "./TraceRecord.ts"

/** What a test supervises, and how the machine behaves. */
export type Options = Supervision.Options & {
  /** What the processes do; one without a script runs until it gets a signal. See `machine`. */
  readonly scripts?: Scripts
  /**
   * Whether it is a daemon (`Clinit.serve`), with a ledger and a history that are there after a crash; there are no clients.
   * False unless given.
   */
  readonly serve?: boolean
}

/** A supervisor under test. Its orders let everything happen that happens at once, before they return. */
export interface Trial
  extends
    Pick<Clinit["Service"], "tell" | "start" | "stop" | "restart" | "retry" | "signal" | "reread" | "apply">
{
  /** The supervisor itself; after a crash the one that came after. Dies while there is none. */
  readonly clinit: () => Clinit["Service"]
  /** Tells the level and lets time pass until the group has settled at it. */
  readonly reach: Clinit["Service"]["reach"]
  /** Stops everything and lets time pass until the last process is gone. What its scope's end does otherwise. */
  readonly shutdown: Effect.Effect<void>
  /** As `after` of the module. */
  readonly after: (
    time: Duration.Input,
    selection?: TraceRecord.Selection
  ) => Effect.Effect<ReadonlyArray<string>>
  /** As `expect` of the module. */
  readonly expect: (
    time: Duration.Input,
    lines: ReadonlyArray<string>,
    selection?: TraceRecord.Selection
  ) => Effect.Effect<void>
  /** What has happened so far, or what of it is selected. */
  readonly records: (selection?: TraceRecord.Selection) => ReadonlyArray<TraceRecord.TraceRecord>
  /** The same as lines. */
  readonly lines: (selection?: TraceRecord.Selection) => ReadonlyArray<string>
  /** Adds these words to the trace, as a record of the kind `Noted`. */
  readonly note: (words: string) => Effect.Effect<void>
  /** Every process whose leader or whose tree lives, in the order of their starts. */
  readonly processes: () => ReadonlyArray<LiveProcess>
  /** Makes this the text of the cltab, which each order reads anew. Of use only if it was given as a text. */
  readonly edit: (text: string) => void
  /** Kills the program, as SIGKILL does: its processes go on. */
  readonly crash: Effect.Effect<void>
  /** Starts it again after a crash; one that serves goes on with what runs. Dies if it cannot be started. */
  readonly boot: Effect.Effect<void>
}

/** Where a daemon under test is; nothing is made there. */
const paths = { socket: "/test/socket", clstat: "/test/clstat" }

const fileOfText = "/test/cltab"

/**
 * What a supervisor needs to run on scripted processes: `Clinit.layer(options)` runs on it unchanged. A script is that of the
 * entries with this tag, `GROUP/TAG` or command (a logger's is `TAG/output` or `TAG/error-output`), or of a command of a stop
 * schedule; if it is an array it has a script for each run, the last one for all further ones. `cltab` is the text that every
 * cltab has that is given as a file.
 *
 * The trace, the machine and the cltab (`EditableCltab`) can be had as services. At the end nothing may live, and no published state may have followed one
 * that it must not: otherwise the scope's end dies.
 */
export const machine = (
  options: { readonly scripts?: Scripts; readonly cltab?: string } = {}
): Layer.Layer<ScriptedMachine.Parts> => ScriptedMachine.layer(options.scripts ?? {}, options.cltab ?? "")

/** The trace so far, or what of it is selected, as lines. */
export const lines = (
  selection: TraceRecord.Selection = {}
): Effect.Effect<ReadonlyArray<string>, never, Trace> =>
  Effect.map(Trace, (trace) => select(trace.records(), selection).map(TraceRecord.print))

/** The trace so far, or what of it is selected. */
export const records = (
  selection: TraceRecord.Selection = {}
): Effect.Effect<ReadonlyArray<TraceRecord.TraceRecord>, never, Trace> =>
  Effect.map(Trace, (trace) => select(trace.records(), selection))

const select = (records: ReadonlyArray<TraceRecord.TraceRecord>, selection: TraceRecord.Selection) =>
  records.filter((record) => TraceRecord.isOf(selection, record))

/** Lets time pass and returns what happened since the last look, of what is selected, as lines. */
export const after = (
  time: Duration.Input,
  selection: TraceRecord.Selection = {}
): Effect.Effect<ReadonlyArray<string>, never, Trace> =>
  Effect.gen(function*() {
    const trace = yield* Trace
    yield* TestClock.adjust(time)
    return select(trace.newRecords(), selection).map(TraceRecord.print)
  })

/**
 * Lets time pass and dies of a `TraceMismatch` unless just this happened since the last look, of what is selected. The lines
 * may be written as `timeline` allows.
 */
export const expect = (
  time: Duration.Input,
  lines: ReadonlyArray<string>,
  selection: TraceRecord.Selection = {}
): Effect.Effect<void, never, Trace> => {
  // What carries an effect out knows of the test's line no more.
  const here = new Error()
  return Effect.flatMap(after(time, selection), (happened) => {
    const mismatch = Timeline.compare(lines, happened, here)
    return mismatch === undefined ? Effect.void : Effect.die(mismatch)
  })
}

/** How long something is waited for before it is taken for endless. */
const patience = Duration.minutes(1_000)

/** Carries the effect out while time passes, and dies if it takes too long of what `overdue` says. */
const patiently = <A, E, R>(effect: Effect.Effect<A, E, R>, overdue: () => string): Effect.Effect<A, E, R> =>
  Effect.gen(function*() {
    // Detached, since who gives up must not wait for it as for a child.
    const fiber = yield* Effect.forkDetach(effect, { startImmediately: true })
    return yield* Effect.gen(function*() {
      yield* TestClock.adjust(0)
      for (let seconds = 0; fiber.pollUnsafe() === undefined;) {
        if (seconds > Duration.toSeconds(patience)) {
          fiber.interruptUnsafe()
          return yield* Effect.die(ScriptedMachine.misused(`${overdue()} after ${Duration.format(patience)}`))
        }
        const step = seconds < 60 ? 1 : 60
        yield* TestClock.adjust(Duration.seconds(step))
        seconds += step
      }
      return yield* Fiber.join(fiber)
    }).pipe(Effect.onInterrupt(() => Fiber.interrupt(fiber)))
  })

/**
 * Carries the effect out and lets time pass until it is done: a second at a time, after a minute a minute at a time. Dies if
 * that takes more than 1000 minutes. Nobody else should move the clock meanwhile.
 */
export const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  patiently(effect, () => "it is not done")

/** What a test supervises. */
type Source = Exclude<Supervision.Source, { readonly cltab: string }>

/** The cltab that it makes; undefined if that is not valid, which is told elsewhere. */
const cltabOf = ({ settings = {}, ...source }: Source & Options): Cltab.Cltab | undefined => {
  const inCode = CltabInCode.toCltab("entries" in source ? source.entries : [], settings)
  if (Result.isFailure(inCode)) return undefined
  const { cltab } = inCode.success
  return "text" in source ? withSettings(cltab.settings, Cltab.parse(source.text)) : cltab
}

const requireScriptsOf = (scripts: Scripts, cltab: Cltab.Cltab | undefined) => {
  const slips = cltab === undefined || !Cltab.isValid(cltab) ? [] : ScriptSlips.check(scripts, cltab.entries)
  return slips.length === 0 ? Effect.void : Effect.die(ScriptedMachine.misused(slips.join("; ")))
}

/** Makes a supervisor under test of one kind of source. */
export interface Make {
  <const Items extends ReadonlyArray<InCode<any>>>(
    options: { readonly entries: Items } & Options
  ): Effect.Effect<Trial, InvalidCltab, Scope.Scope | Services<Items[number]>>
  (options: { readonly text: string } & Options): Effect.Effect<Trial, InvalidCltab, Scope.Scope>
}

/**
 * A supervisor on scripted processes, for as long as the scope lives: `Clinit.make`, or `Clinit.serve`, of these options. The
 * scope's end shuts it down and lets time pass until the last process is gone. Dies of scripts that no entry has. What
 * chance decides is the same each time.
 *
 * ```ts
 * import * as ClinitTest from "@clinit/core/testing"
 * import * as Effect from "effect/Effect"
 * import * as TestClock from "effect/testing/TestClock"
 *
 * const test = Effect.gen(function*() {
 *   const clinit = yield* ClinitTest.make({
 *     text: "shop:worker:run,:respawn:node worker.js",
 *     scripts: { worker: { ignores: ["SIGINT"] } }
 *   })
 *   yield* clinit.tell("shop", "run")
 *   yield* clinit.stop("shop/worker")
 *   yield* clinit.expect("1 minute", ["0s worker SIGINT", "5s worker SIGTERM"], { kind: "Signalled" })
 * })
 *
 * await Effect.runPromise(test.pipe(Effect.scoped, Effect.provide(TestClock.layer())))
 * ```
 */
export const make = ((options: Source & Options) => trial(options)) as Make

const trial = Effect.fnUntraced(function*(
  { scripts = {}, serve = false, ...given }: Source & Options
): Effect.fn.Return<Trial, InvalidCltab, Scope.Scope> {
  yield* requireScriptsOf(scripts, cltabOf(given))
  const text = "text" in given ? given.text : ""
  // As the machine's file, so that a test can edit it.
  const options = "text" in given ? { ...given, cltab: fileOfText } : given
  const context = yield* Layer.build(Layer.fresh(machine({ scripts, cltab: text })))
  const trace = Context.get(context, Trace)
  const bench = Context.get(context, ScriptedMachine.ScriptedMachine)
  const cltab = Context.get(context, EditableCltab)
  let current: { readonly clinit: Clinit["Service"]; readonly scope: Scope.Closeable } | undefined

  const boot = Effect.gen(function*() {
    const scope = yield* Scope.make()
    const clinit = yield* start(options, serve).pipe(
      Scope.provide(scope),
      Effect.provideContext(context),
      Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
    )
    current = { clinit, scope }
    yield* TestClock.adjust(0)
  }).pipe(Random.withSeed("clinit"))

  const end = Effect.suspend(() => {
    if (current === undefined) return Effect.void
    const { scope } = current
    current = undefined
    return Scope.close(scope, Exit.void)
  })
  const shutdown = patiently(
    end,
    () => {
      const left = bench.processes().map(ScriptedMachine.describe)
      return `the supervisor is not shut down (${left.length === 0 ? "an effect" : left.join(", ")} lives)`
    }
  )
  yield* Effect.addFinalizer(() => shutdown)
  yield* boot

  const clinit = () => {
    if (current === undefined) {
      throw ScriptedMachine.misused("no program runs: it was shut down or killed, and boot starts the next")
    }
    return current.clinit
  }
  /** Carries an order out, with all that happens at once. */
  const now = <A, E>(order: (clinit: Clinit["Service"]) => Effect.Effect<A, E>) =>
    Effect.tap(Effect.suspend(() => order(clinit())), TestClock.adjust(0))

  return {
    clinit,
    tell: (group, level) => now(({ tell }) => tell(group, level)),
    start: (name) => now(({ start }) => start(name)),
    stop: (name) => now(({ stop }) => stop(name)),
    restart: (name) => now(({ restart }) => restart(name)),
    retry: (name) => now(({ retry }) => retry(name)),
    signal: (name, signal) => now((clinit) => clinit.signal(name, signal)),
    reread: now(({ reread }) => reread),
    apply: now(({ apply }) => apply),
    reach: (group, level) => inTime(Effect.suspend(() => clinit().reach(group, level))),
    shutdown,
    after: (time, selection) => Effect.provideService(after(time, selection), Trace, trace),
    expect: (time, lines, selection) => Effect.provideService(expect(time, lines, selection), Trace, trace),
    records: (selection = {}) => select(trace.records(), selection),
    lines: (selection = {}) => select(trace.records(), selection).map(TraceRecord.print),
    note: trace.note,
    processes: bench.processes,
    edit: cltab.write,
    crash: Effect.andThen(bench.crash, end),
    boot: Effect.suspend(() =>
      current === undefined
        ? Effect.orDie(boot)
        : Effect.die(ScriptedMachine.misused("it runs already: crash it before"))
    )
  }
})

/** Starts a supervisor, which lives as long as the scope. The scripted machine refuses nothing but the cltab. */
const start = (
  options: Supervision.Source & Supervision.Options,
  serve: boolean
): Effect.Effect<Clinit["Service"], InvalidCltab, Machine | Premises | Scope.Scope> => {
  // Which kind of source it is makes no difference here but for the types; what its effects need is there.
  const source = options as { readonly cltab: string } & Supervision.Options
  const started = serve
    ? Effect.map(
      Layer.build(Layer.fresh(Clinit.serve({ ...paths, ...source }))),
      (context) => Context.get(context, Clinit)
    )
    : Clinit.make(source)
  return Effect.catchIf(started, (error) => error._tag !== "InvalidCltab", Effect.die)
}
