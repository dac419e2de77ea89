import { Daemon } from "@clinit/core/Daemon"
import * as DaemonServer from "@clinit/core/DaemonServer"
import { Spawner } from "@clinit/core/Spawner"
import * as EditableCltab from "@clinit/core/testing/EditableCltab"
import * as ScriptedSystem from "@clinit/core/testing/ScriptedSystem"
import { Trace } from "@clinit/core/testing/Trace"
import * as TracedBoard from "@clinit/core/testing/TracedBoard"
import * as TraceRecord from "@clinit/core/testing/TraceRecord"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import { claim } from "./Failure.ts"
import * as WorldCltab from "./WorldCltab.ts"

/** A daemon on scripted processes, on the real clock. */
export interface World {
  readonly answer: (line: string) => Effect.Effect<string | undefined>
  /** The answer's line, once there is one. */
  readonly ask: (line: string) => string | undefined | Promise<string | undefined>
  readonly cltab: EditableCltab.EditableCltab["Service"]
  /** The tags of what runs, sorted. */
  readonly processes: () => ReadonlyArray<string>
  readonly down: () => Promise<void>
  /** Fails if the daemon has logged an error, or went through a state that may not follow the one before. */
  readonly check: () => void
  readonly close: () => Promise<void>
}

export const open = async (): Promise<World> => {
  const troubles: Array<string> = []
  // Keeps nothing: a trace of the whole run would look like a leak of the daemon.
  const trace = Layer.succeed(Trace, {
    add: (occurrence) =>
      Effect.sync(() => {
        if (occurrence.what._tag === "Illegal") troubles.push(TraceRecord.describe(occurrence))
      }),
    note: () => Effect.void,
    records: () => [],
    newRecords: () => [],
    lines: () => [],
    news: () => []
  })
  const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
    if (logLevel === "Error" || logLevel === "Fatal") troubles.push(`logs ${String(message).slice(0, 500)}`)
  })
  const spawner = Layer.effect(
    Spawner,
    Effect.flatMap(ScriptedSystem.ScriptedSystem, ({ hold }) => Effect.map(hold, ({ spawner }) => spawner))
  )
  const layer = Daemon.volatile.pipe(
    Layer.provideMerge(Layer.mergeAll(spawner, TracedBoard.layer)),
    Layer.provideMerge(
      Layer.mergeAll(EditableCltab.layer(WorldCltab.text), ScriptedSystem.layer(WorldCltab.scripts))
    ),
    Layer.provideMerge(Layer.mergeAll(trace, Logger.layer([logger])))
  )
  const scope = Effect.runSync(Scope.make())
  const context = await Effect.runPromise(Layer.buildWithScope(layer, scope))
  const inContext = Effect.runForkWith(context)
  const answer = await Effect.runPromiseWith(context)(DaemonServer.make({ version: "9", pid: 4711 }))
  return {
    answer: (line) => Effect.provideContext(answer(line), context),
    ask(line) {
      const fiber = inContext(answer(line))
      const unwrap = (exit: Exit.Exit<string | undefined>) => {
        claim(Exit.isSuccess(exit), () => `the answer failed: ${String(exit)}`)
        return exit.value
      }
      const exit = fiber.pollUnsafe()
      if (exit !== undefined) return unwrap(exit)
      return new Promise<Exit.Exit<string | undefined>>((resume) => fiber.addObserver(resume)).then(unwrap)
    },
    cltab: Context.get(context, EditableCltab.EditableCltab),
    processes: () =>
      Context.get(context, ScriptedSystem.ScriptedSystem).processes().map(({ entry }) => entry.tag).sort(),
    down: () => Effect.runPromise(Context.get(context, Daemon).down),
    check: () => claim(troubles.length === 0, () => troubles.splice(0).join("; ")),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

/** Waits, for so long at most, until what runs is what should. */
export const settled = async (world: World, expected: ReadonlyArray<string>, withinMillis = 20_000) => {
  const deadline = performance.now() + withinMillis
  const wanted = expected.join(" ")
  while (world.processes().join(" ") !== wanted) {
    claim(performance.now() < deadline, () => `runs ${world.processes().join(" ")}, should run ${wanted}`)
    await new Promise((resume) => setTimeout(resume, 2))
  }
  world.check()
}
