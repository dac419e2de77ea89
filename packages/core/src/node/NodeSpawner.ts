import type { ChildExit, Stream } from "@clinit/protocol/Status"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as os from "node:os"
import * as path from "node:path"
import type { Entry } from "../Cltab.ts"
import * as CltabSettings from "../CltabSettings.ts"
import type { LoggerEntry } from "../EntryLogger.ts"
import type { ContainmentUnavailable, SpawnerOptions } from "../Machine.ts"
import type { Found, Mark, ProcessChild, ProcessIdentity } from "../Spawner.ts"
import { Spawner, SpawnError } from "../Spawner.ts"
import type * as SpawnQueue from "../SpawnQueue.ts"
import * as Adoption from "./Adoption.ts"
import * as ContainmentChoice from "./ContainmentChoice.ts"
import * as ControlGroup from "./ControlGroup.ts"
import * as Forkers from "./Forkers.ts"
import * as Forking from "./Forking.ts"
import * as Launch from "./Launch.ts"
import * as LeaderWatch from "./LeaderWatch.ts"
import * as LocalPrograms from "./LocalPrograms.ts"
import * as LoopTurn from "./LoopTurn.ts"
import type { Root } from "./Membership.ts"
import * as OutputPipes from "./OutputPipes.ts"
import * as Parking from "./Parking.ts"
import * as ProcessStat from "./ProcessStat.ts"
import * as ProcessTable from "./ProcessTable.ts"
import * as ProcessTree from "./ProcessTree.ts"
import * as Refusal from "./Refusal.ts"
import * as SpawnTurns from "./SpawnTurns.ts"
import * as TreeChild from "./TreeChild.ts"
import * as TreeDirectories from "./TreeDirectories.ts"
import * as TreeMark from "./TreeMark.ts"
import * as TreesFound from "./TreesFound.ts"

/**
 * Processes of this machine, each the leader of an own session and process group, with default signal dispositions and
 * no descriptors but the standard ones. The streams themselves, environment and working directory are the daemon's
 * unless the entry's settings say otherwise.
 */
export const layer = (
  options: SpawnerOptions
): Layer.Layer<Spawner, ContainmentUnavailable> =>
  Layer.effect(
    Spawner,
    Effect.gen(function*() {
      const { base, containment, place, procTrouble } = yield* ContainmentChoice.choose(options)
      const { name } = options
      const table = procTrouble === undefined ? ProcessTable.make() : undefined
      const host: Adoption.Host = { boot: table && Adoption.bootId(), place, name }
      const leaders = LeaderWatch.make()
      const runs = yield* TreeDirectories.make(base)
      yield* Effect.addFinalizer(() => Effect.sync(leaders.close))

      /** It may take its time, and whoever waits for the extinction is not to wait for that. */
      const removeLater = (cgroup: string | undefined) =>
        cgroup === undefined ? undefined : void setImmediate(() => runs.ended(cgroup))

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

      const child = (
        leader: TreeChild.Leader,
        mark: Mark,
        bornAt: number,
        isReaped = () => Deferred.isDoneUnsafe(leader.exit)
      ) => {
        const { identity } = leader
        const helpers: Array<ProcessTree.Helper> = []
        const root: Root = { pid: identity.pid, startTime: identity.startTime, mark }
        const standing = ProcessTree.standingOf(root, table !== undefined, isReaped)
        return TreeChild.make(
          leader,
          treeOf(identity, { root, standing, bornAt, helpers, table, struck: [] }),
          helperIn(leader, identity.cgroup, mark, helpers),
          () => removeLater(identity.cgroup)
        )
      }

      const started = (forked: Forking.Forked, mark: Mark) => {
        const { caughtUp, cgroup, check, exit, isReaped, pid, startTime } = forked
        const identity: ProcessIdentity = {
          pid,
          ...(startTime === undefined ? {} : { startTime }),
          ...(host.boot === undefined ? {} : { boot: host.boot }),
          containment,
          ...(cgroup === undefined ? {} : { cgroup })
        }
        return child({ identity, exit, isOurs: true, caughtUp, check }, mark, performance.now(), isReaped)
      }

      const daemon = Launch.inheritance(process.env)
      const { environment } = daemon
      const run = Effect.runForkWith(yield* Effect.context<never>())
      const forkerMark = TreeMark.ofForker(name)
      const forkers = options.forker !== true || table === undefined ? Forkers.none : Forkers.make({
        environment,
        home: containment === "cgroup" ? place?.own : undefined,
        mark: forkerMark,
        onTrouble: (what) => void run(Effect.logWarning(what))
      })
      const parking = containment === "cgroup" ? Parking.make(forkers, runs) : Parking.none
      yield* Effect.addFinalizer(() =>
        Effect.callback<void>((resume) => {
          parking.close()
          forkers.close(() => resume(Effect.void))
        })
      )
      const told = Effect.callback<void>((resume) => forkers.catchUp(() => resume(Effect.void))).pipe(
        Effect.andThen(LoopTurn.whole),
        Effect.timeoutOption(patience),
        Effect.asVoid
      )
      const fork = Forking.make({
        caughtUp: told,
        environment,
        forkers,
        leaders,
        parking,
        programs: LocalPrograms.make(),
        startTimeOf: (pid) => table && startTimeOf(pid),
        findUntold: (mark, cgroup) =>
          table === undefined ? Effect.undefined : TreesFound.findOne(table, mark, cgroup, host, forkerMark)
      })
      const turns = SpawnTurns.make()
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
        CltabSettings.isPlain(entry)
          ? use(Launch.plain(entry.command, daemon))
          : Effect.scoped(Effect.flatMap(Launch.prepare(entry, daemon, openPipesOf(entry)), use))

      /** Forks in its turn what is launched; what then is waited for holds up nobody else. */
      const forked = (launch: Launch.Launch, mark: Mark, urgency: SpawnQueue.Urgency) =>
        Effect.gen(function*() {
          const cgroup = containment === "cgroup" ? runs.begin(mark) : undefined
          // They are for those that somebody misses: a level starts many, one after the other.
          const mayBeParked = urgency !== "first"
          return yield* Effect.tapError(
            fork(launch, { cgroup, isNew: true, mayBeParked, mark, onEnd: runs.left }, (forked) => {
              runs.taken(forked.cgroup, cgroup)
              return { process: forked.process, child: started(forked, mark) }
            }),
            () => Effect.sync(() => runs.ended(cgroup))
          )
        })

      const start = (entry: Entry, mark: Mark, urgency: SpawnQueue.Urgency = "first") =>
        entry.fiber === true ? Effect.fail(notOurs(entry)) : launched(
          entry,
          (launch) =>
            Effect.flatMap(
              turns.take(urgency, forked(launch, mark, urgency)),
              ({ child, process }) => launch.admit(process, child)
            )
        )

      const helperIn = (
        { exit, identity }: TreeChild.Leader,
        cgroup: string | undefined,
        mark: Mark,
        helpers: Array<ProcessTree.Helper>
      ): TreeChild.Run =>
      (isExtinct, command, { settings, ...entry }) => {
        const leader = Deferred.isDoneUnsafe(exit) ? "" : String(identity.pid)
        return launched(
          { ...entry, command, settings: { ...settings, "env.CLINIT_PID": leader } },
          Effect.fnUntraced(function*(launch) {
            const started = yield* turns.take(
              "again",
              Effect.suspend(() =>
                isExtinct()
                  ? Effect.succeed(undefined)
                  : fork(
                    launch,
                    { cgroup, isNew: false, mayBeParked: false, mark },
                    ({ exit: end, isReaped, pid, process, startTime }) => {
                      const hasEnded = () => Deferred.isDoneUnsafe(end)
                      const root: Root = { pid, startTime, mark }
                      const standing = ProcessTree.standingOf(root, table !== undefined, isReaped)
                      const bornAt = performance.now()
                      const group = ProcessTree.group({
                        root,
                        standing,
                        bornAt,
                        helpers: [],
                        table,
                        struck: []
                      })
                      helpers.push({ pid, hasEnded, group, bornAt })
                      const exit = Deferred.await(end)
                      return { process, identity: { pid }, exit, extinct: Effect.asVoid(exit) }
                    }
                  )
              )
            )
            if (started === undefined) return
            const { process, ...helper } = started
            yield* launch.admit(process, helper)
          })
        )
      }

      const adoptLive = (recorded: ProcessIdentity, mark: Mark, startTime: string): ProcessChild => {
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
        return child({ identity, exit, isOurs: false, caughtUp: LoopTurn.whole, check }, mark, -Infinity)
      }

      const adoptRemains = (identity: ProcessIdentity, mark: Mark): ProcessChild => {
        const exit = Deferred.makeUnsafe<ChildExit>()
        Deferred.doneUnsafe(exit, Effect.succeed({ _tag: "Unknown" }))
        const leader: TreeChild.Leader = {
          identity,
          exit,
          isOurs: false,
          caughtUp: LoopTurn.whole,
          check: () => {}
        }
        if (table === undefined || Adoption.isOfAnotherBoot(identity, host)) {
          return TreeChild.make(leader, ProcessTree.none, TreeChild.runNothing, () => {})
        }
        const cgroup = Adoption.recordedControlGroup(identity, mark, host)
        const helpers: Array<ProcessTree.Helper> = []
        runs.left(cgroup)
        const root: Root = { pid: identity.pid, mark }
        return TreeChild.make(
          leader,
          ProcessTree.remains(cgroup === undefined ? undefined : own(cgroup), {
            root,
            standing: () => "unproven",
            bornAt: -Infinity,
            helpers,
            table,
            struck: []
          }),
          helperIn(leader, cgroup, mark, helpers),
          () => removeLater(cgroup)
        )
      }

      const adopt = (identity: ProcessIdentity, mark: Mark): Effect.Effect<ProcessChild> =>
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
          : TreesFound.find(table, prefix, host, forkerMark)

      return {
        containment,
        openPipe,
        spawn: start,
        environment: (entry) => Launch.environment(entry, daemon),
        adopt,
        catchUp: Effect.sync(leaders.look).pipe(Effect.andThen(told)),
        find
      }
    })
  )

/** No answer waits longer for a forker that hangs. */
const patience = "1 second"

/** A shell must not even see what stands for its command. */
const notOurs = ({ group, tag }: Entry) =>
  new SpawnError({ reason: `${group}/${tag} is an effect of the program, and no process` })

const pipeName = ({ group, tag }: Entry, stream: Stream) => `${group}:${tag}:${stream}`

/** The start time of the process, if that can be read. */
const startTimeOf = (pid: number): string | undefined => {
  try {
    return ProcessStat.read(pid)?.startTime
  } catch {
    return undefined
  }
}
