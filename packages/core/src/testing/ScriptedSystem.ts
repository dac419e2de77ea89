import type { ChildExit, Stream } from "@clinit/protocol/Status"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import type { Entry } from "../Cltab.ts"
import * as CltabSettings from "../CltabSettings.ts"
import * as EntryLogger from "../EntryLogger.ts"
import * as OutputTarget from "../OutputTarget.ts"
import type { Signal } from "../Signal.ts"
import type { Mark, ProcessChild, ProcessIdentity } from "../Spawner.ts"
import { Spawner, SpawnError } from "../Spawner.ts"
import { boot } from "./LedgerDisk.ts"
import { Trace } from "./Trace.ts"
import type { Happening } from "./TraceRecord.ts"

/** What one run of a command does. Without anything: it runs until it gets any signal, and dies of that. */
export interface Script {
  /** The operating system refuses to start it, for this reason. */
  readonly refused?: string
  /** The operating system takes this long to start it. */
  readonly forks?: Duration.Input
  /** It ends by itself after this time. */
  readonly runs?: Duration.Input
  /** What it does while it runs, each `after` its time from the start on. */
  readonly does?: ReadonlyArray<Act>
  /** With this code; 0 unless given. */
  readonly exits?: number
  /** Or of this signal, which somebody else sent. */
  readonly dieOf?: Signal
  /** Signals that it ignores. With KILL among them it stands for a process that hangs in the kernel. */
  readonly ignores?: ReadonlyArray<Signal>
  /** How long after a deadly signal it takes to be gone. */
  readonly dies?: Duration.Input
  /** Processes of its group outlive the leader for this long. */
  readonly survivors?: Duration.Input
  /** A logger that goes on at the end of its input; others end in order, after `dies`. */
  readonly deaf?: boolean
  /** It ends, with `exits`, in answer to these commands, each after its time. */
  readonly obeys?: Readonly<Record<string, Duration.Input>>
}

/**
 * Something that a process does of its own accord: it writes a line, at once unless a time is given, as its output unless that is
 * said, too.
 */
export interface Act {
  readonly after?: Duration.Input
  readonly writes: string
  readonly to?: Stream
}

/** The scripts of a command's runs in order; the last one serves all further runs. */
export type Scripts = Readonly<Record<string, Script | readonly [Script, ...ReadonlyArray<Script>]>>

/**
 * By what names a script is that of an entry, best first: `GROUP/TAG`, its tag, its command. That of a logger: the same
 * with the output behind it, as `TAG/output`, or its command.
 */
export const namesOf = ({ command, group, logs, tag }: Entry): ReadonlyArray<string> => {
  const output = logs === undefined ? "" : `/${logs}`
  return [`${group}/${tag}${output}`, `${tag}${output}`, command]
}

/** A live process as the system sees it, whoever started it. */
export interface LiveProcess {
  readonly pid: number
  readonly entry: Entry
}

/** One daemon's hold on the system. */
export interface Hold {
  readonly spawner: Spawner["Service"]
  /**
   * As if the daemon were killed: what it started lives on, and whatever it still does has no effect. Everything that
   * it waits for comes at once, so that its fibers end.
   */
  readonly sever: Effect.Effect<void>
}

/** An operating system whose processes exist on the clock only. It outlives the daemons that hold on to it. */
export class ScriptedSystem extends Context.Service<ScriptedSystem, {
  readonly hold: Effect.Effect<Hold>
  /** Every process whose leader or whose tree lives, in the order of their starts. */
  readonly processes: () => ReadonlyArray<LiveProcess>
}>()("@clinit/core/testing/ScriptedSystem") {}

/** A command that was run as a further process of a tree. */
interface Helper {
  readonly script: Script
}

interface Process extends LiveProcess {
  readonly identity: ProcessIdentity
  readonly mark: Mark
  readonly script: Script
  readonly exit: Deferred.Deferred<ChildExit>
  readonly extinct: Deferred.Deferred<void>
  readonly helpers: Set<Helper>
  /** Whether nothing is left but the helpers. */
  isLeft: boolean
}

const unknown = { _tag: "Unknown" } as const

/** What a pipe is known by: the entry that writes to it, and what of its output. */
const pipeOf = ({ group, logs, tag }: Entry): string => `${group}:${tag}:${logs}`

/** The logger that reads what the entry writes there, if there is one. */
const readerOf = (entry: Entry, to: Stream): EntryLogger.LoggerEntry | undefined => {
  const loggers = EntryLogger.of(entry)
  const own = loggers.find(({ logs }) => logs === to)
  const { "error-output": errors, output } = entry.settings ?? {}
  const isShared = errors === undefined || (output !== undefined && OutputTarget.isSame(errors, output))
  return own ?? (isShared ? loggers.find(({ logs }) => logs === "output") : undefined)
}

/** A process that is no more. */
const gone = (identity: ProcessIdentity): ProcessChild => ({
  identity,
  exit: Effect.succeed(unknown),
  hasEnded: () => true,
  isExtinct: () => true,
  extinct: Effect.void,
  signal: () => Effect.void,
  run: () => Effect.void
})

/**
 * A system whose commands do what their scripts say; one without a script runs until it is signalled. Each start,
 * signal, line and end is written to the trace under the entry's tag. CONT is not: nothing here is ever stopped. A command
 * that is run in a tree is written as `a runs COMMAND`; it does what its script says, silently, and ends at once
 * without one. A logger appears as `a/output`. It reads each line as soon as it is written; what is written while no logger
 * runs waits for the next one.
 */
export const layer = (scripts: Scripts = {}): Layer.Layer<ScriptedSystem, never, Trace> =>
  Layer.effect(
    ScriptedSystem,
    Effect.gen(function*() {
      const trace = yield* Trace
      const scope = yield* Effect.scope
      const runs = new Map<string, number>()
      const processes = new Map<number, Process>()
      /** How many daemons hold each pipe open. */
      const pipes = new Map<string, number>()
      /** What was written to each pipe while nobody read. */
      const unread = new Map<string, ReadonlyArray<string>>()
      let lastPid = 1000

      const happens = ({ group, logs, tag }: Entry, what: Happening) =>
        trace.add({ group, tag, ...(logs === undefined ? {} : { logs }), what })

      const nextScript = (names: ReadonlyArray<string>): Script => {
        const name = names.find((each) => Object.hasOwn(scripts, each))
        const script = name === undefined ? {} : scripts[name]!
        if (name === undefined || !("length" in script)) return script as Script
        const run = runs.get(name) ?? 0
        runs.set(name, run + 1)
        return script[Math.min(run, script.length - 1)]!
      }

      const later = (delay: Duration.Input | undefined, work: Effect.Effect<unknown>) =>
        delay === undefined ?
          work :
          Effect.forkIn(Effect.delay(work, delay), scope, { startImmediately: true })

      /** Loggers that nobody can write to any more come to the end of their input. */
      const endInputs: Effect.Effect<void> = Effect.suspend(() => {
        const live = [...processes.values()]
        const atEnd = live.filter(({ entry: { group, logs, tag }, entry, script }) =>
          logs !== undefined && script.deaf !== true && (pipes.get(pipeOf(entry)) ?? 0) === 0 &&
          !live.some((other) => other.entry.group === group && other.entry.tag === tag && !other.entry.logs)
        )
        return Effect.forEach(
          atEnd,
          (logger) => later(logger.script.dies, end(logger, { _tag: "Exited", code: 0 })),
          { discard: true }
        )
      })

      const vanishIfLast = (process: Process) =>
        Effect.suspend(() => {
          if (!process.isLeft || process.helpers.size > 0) return Effect.void
          processes.delete(process.pid)
          return Effect.andThen(Deferred.succeed(process.extinct, void 0), endInputs)
        })

      const vanish = (process: Process) =>
        Effect.suspend(() => {
          process.isLeft = true
          return vanishIfLast(process)
        })

      const endHelper = (process: Process, helper: Helper) =>
        Effect.suspend(() => {
          process.helpers.delete(helper)
          return vanishIfLast(process)
        })

      const end = (process: Process, how: ChildExit) =>
        Effect.gen(function*() {
          const { entry, exit, script } = process
          if (Deferred.isDoneUnsafe(exit)) return
          yield* happens(entry, { _tag: "Ended", end: how })
          // Who hears of the exit finds the tree extinct already, if it had no other process.
          if (script.survivors === undefined) yield* vanish(process)
          yield* Deferred.succeed(exit, how)
          yield* later(script.survivors, vanish(process))
        })

      const isReading = (process: Process, pipe: string) =>
        process.entry.logs !== undefined && pipeOf(process.entry) === pipe &&
        !Deferred.isDoneUnsafe(process.exit)

      /** The first live logger of the pipe, if there is one, reads what is in it. */
      const empty = Effect.fnUntraced(function*(pipe: string) {
        const reader = [...processes.values()].find((process) => isReading(process, pipe))
        if (reader === undefined) return
        const lines = unread.get(pipe) ?? []
        unread.delete(pipe)
        yield* Effect.forEach(lines, (line) => happens(reader.entry, { _tag: "Read", line }), {
          discard: true
        })
      })

      const write = Effect.fnUntraced(function*(process: Process, { to = "output", writes: line }: Act) {
        if (Deferred.isDoneUnsafe(process.exit)) return
        yield* happens(process.entry, { _tag: "Wrote", line, to })
        const reader = readerOf(process.entry, to)
        if (reader === undefined) return
        const pipe = pipeOf(reader)
        unread.set(pipe, [...unread.get(pipe) ?? [], line])
        yield* empty(pipe)
      })

      const begin = Effect.fnUntraced(function*(entry: Entry, mark: Mark, script: Script) {
        const pid = ++lastPid
        const process: Process = {
          pid,
          entry,
          mark,
          script,
          identity: {
            pid,
            startTime: String(yield* Clock.currentTimeMillis),
            boot,
            containment: "group"
          },
          exit: yield* Deferred.make<ChildExit>(),
          extinct: yield* Deferred.make<void>(),
          helpers: new Set(),
          isLeft: false
        }
        processes.set(pid, process)
        yield* happens(entry, { _tag: "Started" })
        if (entry.logs !== undefined) yield* empty(pipeOf(entry))
        for (const act of script.does ?? []) yield* later(act.after, write(process, act))
        if (script.runs !== undefined) {
          yield* later(
            script.runs,
            end(
              process,
              script.dieOf
                ? { _tag: "Signaled", signal: script.dieOf }
                : { _tag: "Exited", code: script.exits ?? 0 }
            )
          )
        }
        return process
      })

      const signal = Effect.fnUntraced(function*(process: Process, signal: Signal) {
        const { entry, extinct, script } = process
        if (signal === "SIGCONT" || Deferred.isDoneUnsafe(extinct)) return
        yield* happens(entry, { _tag: "Signalled", signal })
        for (const helper of process.helpers) {
          const { dies, ignores } = helper.script
          if (ignores?.includes(signal) !== true) yield* later(dies, endHelper(process, helper))
        }
        if (script.ignores?.includes(signal) === true) return
        yield* later(script.dies, end(process, { _tag: "Signaled", signal }))
      })

      const runIn = Effect.fnUntraced(function*(process: Process, command: string) {
        const { entry, extinct, script } = process
        if (Deferred.isDoneUnsafe(extinct)) return
        const own = Object.hasOwn(scripts, command) ? nextScript([command]) : { runs: 0 }
        if (own.refused !== undefined) {
          yield* happens(entry, { _tag: "NotRun", command, reason: own.refused })
          return yield* new SpawnError({ reason: own.refused })
        }
        if (own.forks !== undefined) yield* Effect.sleep(own.forks)
        const helper: Helper = { script: own }
        process.helpers.add(helper)
        yield* happens(entry, { _tag: "Ran", command })
        if (own.runs !== undefined) yield* later(own.runs, endHelper(process, helper))
        const obedience = script.obeys?.[command]
        if (obedience !== undefined) {
          yield* later(obedience, end(process, { _tag: "Exited", code: script.exits ?? 0 }))
        }
      })

      const hold = Effect.gen(function*() {
        const severed = yield* Deferred.make<void>()
        const isSevered = () => Deferred.isDoneUnsafe(severed)
        const held = new Set<string>()

        const close = (pipe: string) =>
          Effect.suspend(() => {
            if (!held.delete(pipe)) return Effect.void
            pipes.set(pipe, pipes.get(pipe)! - 1)
            return endInputs
          })

        const child = (process: Process, exit: Effect.Effect<ChildExit>): ProcessChild => ({
          identity: process.identity,
          exit: Effect.raceFirst(exit, Effect.as(Deferred.await(severed), unknown)),
          hasEnded: () => isSevered() || Deferred.isDoneUnsafe(process.exit),
          isExtinct: () => isSevered() || Deferred.isDoneUnsafe(process.extinct),
          extinct: Effect.raceFirst(Deferred.await(process.extinct), Deferred.await(severed)),
          signal: (name) => Effect.suspend(() => isSevered() ? Effect.void : signal(process, name)),
          run: (command) => Effect.suspend(() => isSevered() ? Effect.void : runIn(process, command))
        })

        /** Plain starts of a group are carried out in the order in which they were asked for. */
        const turns = new Map<string, Semaphore.Semaphore>()
        const turnOf = (group: string) => {
          const turn = turns.get(group) ?? Semaphore.makeUnsafe(1)
          turns.set(group, turn)
          return turn
        }

        const spawn = Effect.fnUntraced(function*(entry: Entry, mark: Mark) {
          if (isSevered()) return yield* new SpawnError({ reason: "killed" })
          const readers = entry.logs === undefined ? EntryLogger.of(entry) : [entry]
          if (readers.some((logger) => !held.has(pipeOf(logger)))) {
            yield* happens(entry, { _tag: "WithoutPipe" })
            return yield* new SpawnError({ reason: "the pipe of its logger is not open" })
          }
          const script = nextScript(namesOf(entry))
          if (script.forks !== undefined) {
            yield* Effect.raceFirst(Effect.sleep(script.forks), Deferred.await(severed))
          }
          if (isSevered()) return yield* new SpawnError({ reason: "killed" })
          if (script.refused !== undefined) {
            yield* happens(entry, { _tag: "Refused", reason: script.refused })
            return yield* new SpawnError({ reason: script.refused })
          }
          const process = yield* begin(entry, mark, script)
          return child(process, Deferred.await(process.exit))
        })

        const spawner = Spawner.of({
          containment: "group",
          // Not at once: the real one asks the file system.
          openPipe: (logger) =>
            Effect.map(Effect.promise(() => Promise.resolve()), () => {
              const pipe = pipeOf(logger)
              if (!isSevered() && !held.has(pipe)) {
                held.add(pipe)
                pipes.set(pipe, (pipes.get(pipe) ?? 0) + 1)
              }
              return { close: close(pipe) }
            }),
          spawn: (entry, mark, urgency = "first") =>
            urgency === "first" && CltabSettings.isPlain(entry)
              ? turnOf(entry.group).withPermit(spawn(entry, mark))
              : spawn(entry, mark),
          environment: ({ settings = {} }) =>
            Effect.succeed(
              CltabSettings.variables(settings).map(([name, value]) => ({ name, value, origin: "setting" }))
            ),
          adopt: (identity, mark) =>
            Effect.sync(() => {
              const process = processes.get(identity.pid)
              return process?.identity.startTime === identity.startTime && process?.mark === mark
                ? child(process!, Effect.as(Deferred.await(process!.exit), unknown))
                : gone(identity)
            }),
          catchUp: Effect.void,
          find: (prefix) =>
            Effect.sync(() =>
              [...processes.values()].filter(({ mark }) => mark.startsWith(prefix)).map((
                { identity, mark }
              ) => ({ mark, identity }))
            )
        })
        const sever = Effect.andThen(
          Deferred.succeed(severed, void 0),
          Effect.suspend(() => Effect.forEach([...held], close, { discard: true }))
        )
        return { spawner, sever }
      })

      return { hold, processes: () => [...processes.values()] }
    })
  )
