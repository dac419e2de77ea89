import type { ChildExit, Stream } from "@clinit/protocol/Status"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import * as os from "node:os"
import * as path from "node:path"
import type { Entry } from "../Cltab.ts"
import type { LoggerEntry } from "../EntryLogger.ts"
import type { Child, Found, Mark, ProcessIdentity } from "../Spawner.ts"
import type { SpawnError } from "../Spawner.ts"
import { Spawner } from "../Spawner.ts"
import * as Adoption from "./Adoption.ts"
import * as ContainmentChoice from "./ContainmentChoice.ts"
import * as ControlGroup from "./ControlGroup.ts"
import * as Launch from "./Launch.ts"
import * as LaunchScript from "./LaunchScript.ts"
import * as LeaderWatch from "./LeaderWatch.ts"
import type { Root } from "./Membership.ts"
import * as OpenFiles from "./OpenFiles.ts"
import * as OutputPipes from "./OutputPipes.ts"
import * as ProcessStat from "./ProcessStat.ts"
import * as ProcessTable from "./ProcessTable.ts"
import * as ProcessTree from "./ProcessTree.ts"
import * as Refusal from "./Refusal.ts"
import * as TreeDirectories from "./TreeDirectories.ts"
import * as TreeMark from "./TreeMark.ts"
import * as TreesFound from "./TreesFound.ts"

export { ContainmentUnavailable } from "./ContainmentChoice.ts"

const endOf = ({ exitCode: code, signalCode: signal }: ChildProcess): ChildExit =>
  signal !== null
    ? { _tag: "Signaled", signal }
    : code !== null
    ? { _tag: "Exited", code }
    : { _tag: "Unknown" }

/** Members of a tree whose leader is gone are nobody's children here: they are looked for this often. */
const pollMillis = { first: 5, longest: 100 }

/** Runs the command as a further process of the tree, unless that is extinct by then. */
type Run = (isExtinct: () => boolean, ...command: Parameters<Child["run"]>) => ReturnType<Child["run"]>

interface Leader {
  readonly identity: ProcessIdentity
  readonly exit: Deferred.Deferred<ChildExit>
  /** Completes the exit if it has happened and nobody has told yet. */
  readonly check: () => void
}

const makeChild = (
  { check, exit, identity }: Leader,
  tree: ProcessTree.ProcessTree,
  run: Run,
  onExtinction: () => void
): Child => {
  // Latched: once the tree is gone its numbers may become somebody else's.
  let extinction = false
  const isExtinct = (urgency: ProcessTable.Urgency) => {
    if (extinction) return true
    check()
    if (!Deferred.isDoneUnsafe(exit) || tree.isAlive(urgency)) return false
    extinction = true
    onExtinction()
    return true
  }
  const extinctionByPolling = Effect.callback<void>((resume) => {
    let timer: NodeJS.Timeout | undefined
    const look = (delay: number) => {
      // Most trees are gone a moment after their leader; those that are not can wait for a turn.
      if (isExtinct(delay < pollMillis.longest ? "urgent" : "polling")) return resume(Effect.void)
      timer = setTimeout(() => look(Math.min(2 * delay, pollMillis.longest)), delay)
    }
    look(pollMillis.first)
    return Effect.sync(() => clearTimeout(timer))
  })
  return {
    identity,
    exit: Deferred.await(exit),
    isExtinct: () => isExtinct("urgent"),
    extinct: Effect.andThen(Deferred.await(exit), extinctionByPolling),
    signal: (signal) =>
      Effect.suspend(() => extinction ? Effect.void : tree.signal(signal)).pipe(
        Effect.catch((error) =>
          Effect.logWarning(`process tree of ${identity.pid}: ${signal} failed: ${error.message}`)
        )
      ),
    run: (command, entry) => run(() => isExtinct("urgent"), command, entry)
  }
}

/** What a command is run by of which nothing is left. */
const runNothing: Run = () => Effect.void

/**
 * A spawn blocks for about a millisecond. More than this many in one turn of the event loop would leave clients, and
 * deaths of other processes, waiting for as long as a whole level takes to start.
 */
const spawnsPerTurn = 8

const makeTurns = () => {
  let spawned = 0
  /** Waits for the next turn of the event loop if this one has had its share. */
  return Effect.callback<void>((resume) => {
    const take = () => {
      if (spawned === 0) setImmediate(() => void (spawned = 0))
      spawned++
      resume(Effect.void)
    }
    const wait = () => spawned < spawnsPerTurn ? take() : void setImmediate(wait)
    wait()
  })
}

export interface Options extends ContainmentChoice.Options {
  /**
   * The directory for the pipes of loggers, which no other daemon may have; it is made when it is needed. Unless given
   * it is one for temporary files, and whoever empties that cuts a logger off from a daemon that comes after a killed one.
   */
  readonly pipes?: string | undefined
}

/**
 * Processes of this machine, each the leader of an own session and process group, with default signal dispositions and
 * no descriptors but the standard ones. The streams themselves, environment and working directory are the daemon's
 * unless the entry's settings say otherwise.
 */
export const layer = (
  options: Options
): Layer.Layer<Spawner, ContainmentChoice.ContainmentUnavailable> =>
  Layer.effect(
    Spawner,
    Effect.gen(function*() {
      const { base, containment, place, procTrouble } = yield* ContainmentChoice.choose(options)
      const { name } = options
      const table = procTrouble === undefined ? ProcessTable.make() : undefined
      const host: Adoption.Host = { boot: table && Adoption.bootId(), place, name }
      const turn = makeTurns()
      const leaders = LeaderWatch.make()
      const runs = yield* TreeDirectories.make(base)
      yield* Effect.addFinalizer(() => Effect.sync(leaders.close))

      const own = (directory: string): ProcessTree.OwnControlGroup => ({
        directory,
        containsUs: place !== undefined && ControlGroup.isWithin(place.own, directory)
      })

      const treeOf = (identity: ProcessIdentity, parts: ProcessTree.Parts): ProcessTree.ProcessTree =>
        identity.cgroup !== undefined
          ? ProcessTree.controlGroup(own(identity.cgroup), parts)
          : identity.containment === "descendants" && table !== undefined
          ? ProcessTree.descendants({ ...parts, table })
          : ProcessTree.group(parts)

      const child = (leader: Leader, mark: Mark, bornAt: number) => {
        const { identity } = leader
        const helpers: Array<ProcessTree.Helper> = []
        const root: Root = { pid: identity.pid, startTime: identity.startTime, mark }
        const standing = ProcessTree.standingOf(
          root,
          table !== undefined,
          () => Deferred.isDoneUnsafe(leader.exit)
        )
        return makeChild(
          leader,
          treeOf(identity, { root, standing, bornAt, helpers, table }),
          helperIn(leader, identity.cgroup, mark, helpers),
          () => runs.ended(identity.cgroup)
        )
      }

      const started = (forked: ChildProcess, pid: number, mark: Mark, cgroup: string | undefined) => {
        const exit = Deferred.makeUnsafe<ChildExit>()
        forked.once("exit", () => {
          runs.left(cgroup)
          Deferred.doneUnsafe(exit, Effect.succeed(endOf(forked)))
        })
        const identity: ProcessIdentity = {
          pid,
          ...startTimeOf(table && pid),
          ...(host.boot === undefined ? {} : { boot: host.boot }),
          containment,
          ...(cgroup === undefined ? {} : { cgroup })
        }
        return child({ identity, exit, check: () => {} }, mark, performance.now())
      }

      // By it a later daemon would tell what is being set up.
      const { [LaunchScript.variable]: _launch, ...environment } = process.env
      const daemon: Launch.Inheritance = { environment, directory: Launch.ownDirectory(environment["PWD"]) }
      /** Forks what the launch says into the tree; `use` has the process before it can end. */
      const fork = <A>(
        launch: Launch.Launch,
        { cgroup, mark }: Placement,
        use: (forked: ChildProcess, pid: number) => A
      ) =>
        Effect.callback<A, SpawnError>((resume) => {
          const refused = (error: unknown) => resume(Effect.fail(Refusal.of(error)))
          try {
            const { directory, file, operands, option, script, stdio } = launch
            if (stdio.includes("pipe")) OpenFiles.ensureRoomForPipes()
            const entrance = cgroup === undefined ? "" : ControlGroup.entrance(cgroup)
            const forked = spawn(file, [option, `${entrance}${script}`, ...operands], {
              cwd: directory,
              detached: true,
              stdio,
              env: {
                ...launch.environment,
                [TreeMark.variable]: TreeMark.add(environment[TreeMark.variable], mark)
              }
            })
            if (forked.pid === undefined) forked.once("error", refused)
            else resume(Effect.succeed(use(forked, forked.pid)))
          } catch (error) {
            refused(error)
          }
        })

      const pipes = OutputPipes.make(options.pipes ?? path.join(os.tmpdir(), `clinit-${name}.pipes`))
      const openPipes = new Map<string, OutputPipes.OutputPipe>()
      yield* Effect.addFinalizer(() => Effect.sync(pipes.end))
      const openPipesOf = (entry: Entry) => (stream: Stream) => openPipes.get(pipeName(entry, stream))

      const openPipe = (logger: LoggerEntry) => {
        const name = pipeName(logger, logger.logs)
        const opened = (pipe: OutputPipes.OutputPipe) => {
          openPipes.set(name, pipe)
          return {
            close: Effect.sync(() => {
              openPipes.delete(name)
              pipe.close()
            })
          }
        }
        return Effect.tryPromise({ try: () => pipes.open(name), catch: Refusal.of }).pipe(Effect.map(opened))
      }

      /** The files of its output stay open until it is forked. */
      const launched = <A>(entry: Entry, use: (launch: Launch.Launch) => Effect.Effect<A, SpawnError>) =>
        Launch.isPlain(entry)
          ? use(Launch.plain(entry.command, environment))
          : Effect.scoped(Effect.flatMap(Launch.prepare(entry, daemon, openPipesOf(entry)), use))

      const start = (entry: Entry, mark: Mark) =>
        launched(
          entry,
          Effect.fnUntraced(function*(launch) {
            yield* turn
            const cgroup = containment === "cgroup"
              ? yield* Effect.try({ try: () => runs.make(mark), catch: Refusal.of })
              : undefined
            const { child, forked } = yield* Effect.tapError(
              fork(launch, { cgroup, mark }, (forked, pid) => ({
                forked,
                child: started(forked, pid, mark, cgroup)
              })),
              () => Effect.sync(() => runs.ended(cgroup))
            )
            return yield* launch.admit(forked, child)
          })
        )

      const helperIn = (
        { exit, identity }: Leader,
        cgroup: string | undefined,
        mark: Mark,
        helpers: Array<ProcessTree.Helper>
      ): Run =>
      (isExtinct, command, { settings, ...entry }) => {
        const leader = Deferred.isDoneUnsafe(exit) ? "" : String(identity.pid)
        return launched(
          { ...entry, command, settings: { ...settings, "env.CLINIT_PID": leader } },
          Effect.fnUntraced(function*(launch) {
            yield* turn
            if (isExtinct()) return
            const { forked, ...helper } = yield* fork(launch, { cgroup, mark }, (forked, pid) => {
              const end = Deferred.makeUnsafe<ChildExit>()
              forked.once("exit", () => void Deferred.doneUnsafe(end, Effect.succeed(endOf(forked))))
              const hasEnded = () => Deferred.isDoneUnsafe(end)
              const root: Root = { pid, ...startTimeOf(table && pid), mark }
              const standing = ProcessTree.standingOf(root, table !== undefined, hasEnded)
              const bornAt = performance.now()
              const group = ProcessTree.group({ root, standing, bornAt, helpers: [], table })
              helpers.push({ pid, hasEnded, group, bornAt })
              const exit = Deferred.await(end)
              return { forked, identity: { pid }, exit, extinct: Effect.asVoid(exit) }
            })
            yield* launch.admit(forked, helper)
          })
        )
      }

      const adoptLive = (recorded: ProcessIdentity, mark: Mark, startTime: string): Child => {
        const cgroup = Adoption.recordedControlGroup(recorded, mark, host)
        const { boot, containment, pid } = recorded
        const identity: ProcessIdentity = {
          pid,
          startTime,
          ...(boot === undefined ? {} : { boot }),
          containment: containment === "cgroup" && cgroup === undefined ? "descendants" : containment,
          ...(cgroup === undefined ? {} : { cgroup })
        }
        const exit = Deferred.makeUnsafe<ChildExit>()
        const died = () => {
          if (Deferred.doneUnsafe(exit, Effect.succeed({ _tag: "Unknown" }))) runs.left(cgroup)
        }
        const leader = { pid, startTime }
        leaders.watch(leader, died)
        const check = () => {
          if (!Deferred.isDoneUnsafe(exit) && !LeaderWatch.isAlive(leader)) died()
        }
        return child({ identity, exit, check }, mark, -Infinity)
      }

      const adoptRemains = (identity: ProcessIdentity, mark: Mark): Child => {
        const exit = Deferred.makeUnsafe<ChildExit>()
        Deferred.doneUnsafe(exit, Effect.succeed({ _tag: "Unknown" }))
        const leader: Leader = { identity, exit, check: () => {} }
        if (table === undefined || Adoption.isOfAnotherBoot(identity, host)) {
          return makeChild(leader, ProcessTree.none, runNothing, () => {})
        }
        const cgroup = Adoption.recordedControlGroup(identity, mark, host)
        const helpers: Array<ProcessTree.Helper> = []
        runs.left(cgroup)
        const root: Root = { pid: identity.pid, mark }
        return makeChild(
          leader,
          ProcessTree.remains(cgroup === undefined ? undefined : own(cgroup), {
            root,
            standing: () => "unproven",
            bornAt: -Infinity,
            helpers,
            table
          }),
          helperIn(leader, cgroup, mark, helpers),
          () => runs.ended(cgroup)
        )
      }

      const adopt = (identity: ProcessIdentity, mark: Mark): Effect.Effect<Child> =>
        Effect.try({
          try: () => {
            // A daemon that was started by one of the tree's processes starts others, which are not of the tree.
            environment[TreeMark.variable] = TreeMark.remove(environment[TreeMark.variable], mark)
            return table === undefined || Adoption.isOfAnotherBoot(identity, host)
              ? undefined
              : Adoption.proveLeader(identity, mark, host)
          },
          catch: (error) => error as Error
        }).pipe(
          // It cannot be told for want of something. To take a live one for dead would start it a second time.
          Effect.tapError(({ message }) => Effect.logWarning(`does ${identity.pid} still run? ${message}`)),
          Effect.retry(Schedule.spaced("1 second")),
          Effect.orDie,
          Effect.map((leader) =>
            leader === undefined ? adoptRemains(identity, mark) : adoptLive(identity, mark, leader.startTime)
          )
        )

      const find = (prefix: string): Effect.Effect<ReadonlyArray<Found>> =>
        table === undefined
          ? Effect.succeed([])
          : Effect.map(wholeSnapshot(table), (snapshot) => TreesFound.find(snapshot, prefix, host))

      return {
        containment,
        openPipe,
        spawn: start,
        environment: (entry) => Launch.environment(entry, daemon),
        adopt,
        find
      }
    })
  )

const pipeName = ({ group, tag }: Entry, stream: Stream) => `${group}:${tag}:${stream}`

/** Where a process is started: in the tree with this mark and control group. */
interface Placement {
  readonly mark: Mark
  readonly cgroup: string | undefined
}

/** So often it is tried, at 100 ms each, to see all processes at once before some is believed to be all. */
const patience = 50

/** A snapshot that shows every process: to miss one would be to start it a second time. */
const wholeSnapshot = Effect.fnUntraced(function*(table: ProcessTable.ProcessTable) {
  for (let attempt = 1;; attempt++) {
    const snapshot = yield* table.next
    if (snapshot?.isComplete === true) return snapshot
    if (attempt === patience) yield* Effect.logWarning("the processes of this machine cannot all be listed")
    if (attempt >= patience && snapshot !== undefined) return snapshot
    yield* Effect.sleep("100 millis")
  }
})

/** The start time of the process, where there is /proc. */
const startTimeOf = (pid: number | undefined) => {
  try {
    const stat = pid === undefined ? undefined : ProcessStat.read(pid)
    return stat === undefined ? {} : { startTime: stat.startTime }
  } catch {
    return {}
  }
}
