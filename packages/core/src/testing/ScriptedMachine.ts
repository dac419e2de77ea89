import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { CltabSource } from "../CltabSource.ts"
import { HistoryStore } from "../HistoryStore.ts"
import { LedgerStore } from "../LedgerStore.ts"
import { Machine } from "../Machine.ts"
import { LockRefused, Premises } from "../Premises.ts"
import { Spawner } from "../Spawner.ts"
import { Witness } from "../StatusBoard.ts"
import { StatusFileTarget } from "../StatusFile.ts"
import * as EditableCltab from "./EditableCltab.ts"
import * as HistoryDisk from "./HistoryDisk.ts"
import * as LedgerDisk from "./LedgerDisk.ts"
import * as ScriptedSystem from "./ScriptedSystem.ts"
import { Trace } from "./Trace.ts"
import * as TracedBoard from "./TracedBoard.ts"
import * as TraceRecord from "./TraceRecord.ts"

/** A machine whose processes are scripted, as a test sees it. */
export class ScriptedMachine extends Context.Service<ScriptedMachine, {
  /** Every process whose leader or whose tree lives, in the order of their starts. */
  readonly processes: () => ReadonlyArray<ScriptedSystem.LiveProcess>
  /** What the status file at this path holds, if there is one. */
  readonly statusFile: (path: string) => string | undefined
  /**
   * As if the program were killed: whatever its supervisors still do has no effect, and their processes live on. Their
   * scopes have to be closed then, which takes no time.
   */
  readonly crash: Effect.Effect<void>
}>()("@clinit/core/testing/ScriptedMachine") {}

/** What a program leaves at a socket's path to the one that comes after it. */
interface Place {
  readonly ledger: LedgerDisk.LedgerDisk
  readonly history: HistoryDisk.HistoryDisk
  owner: Life | undefined
}

/** A program's life, from one crash to the next. */
interface Life {
  lives: boolean
  readonly severs: Array<Effect.Effect<void>>
}

/** What supervisors need of the machine, and what a test does. */
export type Parts =
  | Machine
  | Premises
  | ScriptedMachine
  | ScriptedSystem.ScriptedSystem
  | EditableCltab.EditableCltab
  | Trace

const begin = (): Life => ({ lives: true, severs: [] })

/** What is wrong in how a test uses the kit. */
export const misused = (words: string): Error => new Error(`@clinit/core/testing: ${words}`)

/** What a live process is called in messages. */
export const describe = ({ entry: { group, tag }, pid }: ScriptedSystem.LiveProcess): string =>
  `${group}/${tag} (pid ${pid})`

const requireTestClock = Clock.clockWith((clock) =>
  "adjust" in clock
    ? Effect.void
    : Effect.die(misused(
      "scripted processes live on the test clock: run the test by it.effect of @effect/vitest, or provide TestClock.layer()"
    ))
)

const make = Effect.gen(function*() {
  const trace = yield* Trace
  const system = yield* ScriptedSystem.ScriptedSystem
  const { source } = yield* EditableCltab.EditableCltab
  const places = new Map<string, Place>()
  const statusFiles = new Map<string, string>()
  let life = begin()
  /** Whether a program was killed and none has come after it: its processes are to be there. */
  let isOrphaned = false

  const placeAt = (socket: string): Place => {
    const place = places.get(socket) ??
      { ledger: LedgerDisk.make(), history: HistoryDisk.make(), owner: undefined }
    places.set(socket, place)
    return place
  }

  const spawner = Layer.effect(
    Spawner,
    Effect.suspend(() => {
      isOrphaned = false
      const { severs } = life
      return Effect.map(system.hold, ({ sever, spawner }) => {
        severs.push(sever)
        return spawner
      })
    })
  )

  const statusFile = (path: string, { lives }: { readonly lives: () => boolean }) =>
    Layer.succeed(StatusFileTarget, {
      replace: (text) => Effect.sync(() => void (lives() && statusFiles.set(path, text))),
      remove: Effect.sync(() => void (lives() && statusFiles.delete(path)))
    })

  const premises = Premises.of({
    telemetry: () => Layer.empty,
    claim: Effect.fnUntraced(function*(socket) {
      const place = placeAt(socket)
      const own = life
      if (place.owner?.lives === true) {
        return yield* new LockRefused({ file: `${socket}.lock`, reason: "another supervisor has it" })
      }
      place.owner = own
      yield* Effect.addFinalizer(() => Effect.sync(() => void (place.owner = undefined)))
      const lives = () => own.lives
      return {
        pid: 999,
        name: "test",
        pipes: `${socket}.pipes`,
        ledger: Layer.succeed(LedgerStore, place.ledger.store(lives)),
        history: Layer.succeed(HistoryStore, place.history.store(lives)),
        statusFile: (path) => statusFile(path, { lives }),
        listen: () => Effect.void
      }
    })
  })

  /** Not of one that was killed: what it still publishes nobody sees. */
  const witness: typeof Witness["Service"] = (board) => {
    const own = life
    const add: typeof trace.add = (occurrence) =>
      Effect.suspend(() => own.lives ? trace.add(occurrence) : Effect.void)
    return TracedBoard.traced(board, { ...trace, add }, { pauses: true })
  }

  const machine = ScriptedMachine.of({
    processes: system.processes,
    statusFile: (path) => statusFiles.get(path),
    crash: Effect.suspend(() => {
      const killed = life
      killed.lives = false
      life = begin()
      isOrphaned = true
      return Effect.all(killed.severs, { discard: true })
    })
  })

  // What went wrong already need not be said twice.
  yield* Effect.addFinalizer((exit) => {
    const left = system.processes().map(describe)
    if (Exit.isFailure(exit) || isOrphaned || left.length === 0) return Effect.void
    return Effect.die(misused(
      `these processes are left at the machine's end: ${
        left.join(", ")
      }; is the supervisor's scope closed before?`
    ))
  })
  yield* Effect.addFinalizer((exit) => {
    const illegal = trace.records().filter(({ what }) => what._tag === "Illegal").map(TraceRecord.print)
    return Exit.isFailure(exit) || illegal.length === 0
      ? Effect.void
      : Effect.die(misused(illegal.join(", ")))
  })

  return Context.make(ScriptedMachine, machine).pipe(
    Context.add(Machine, {
      spawner: () => spawner,
      cltab: (file) => Layer.succeed(CltabSource, source(file))
    }),
    Context.add(Premises, premises),
    Context.add(Witness, witness)
  )
})

/**
 * A machine whose processes do what their scripts say, on the test clock, and whose every cltab is the one that
 * `EditableCltab` holds. At its end nothing may live, and no state may have followed another that the tables of legal
 * successors do not have; otherwise it dies.
 */
export const layer = (
  scripts: ScriptedSystem.Scripts,
  text: string
): Layer.Layer<Parts> =>
  Layer.effectDiscard(requireTestClock).pipe(
    Layer.provideMerge(Layer.effectContext(make)),
    Layer.provideMerge(Layer.mergeAll(ScriptedSystem.layer(scripts), EditableCltab.layer(text))),
    Layer.provideMerge(Trace.layer)
  )
