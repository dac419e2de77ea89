import type { ChildExit } from "@clinit/protocol/Status"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Signal } from "../Spawner.ts"
import { Spawner, SpawnError } from "../Spawner.ts"
import { Trace } from "./Trace.ts"

/** What one run of a command does. Without anything: it runs until it gets any signal, and dies of that. */
export interface Script {
  /** The operating system refuses to start it, for this reason. */
  readonly refused?: string
  /** The operating system takes this long to start it. */
  readonly forks?: Duration.Input
  /** It ends by itself after this time. */
  readonly runs?: Duration.Input
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
}

/** The scripts of a command's runs in order; the last one serves all further runs. */
export type Scripts = Readonly<Record<string, Script | readonly [Script, ...ReadonlyArray<Script>]>>

const text = (end: ChildExit) =>
  end._tag === "Exited"
    ? `exited ${end.code}`
    : end._tag === "Signaled"
    ? `died of ${end.signal}`
    : "vanished"

/**
 * Processes that exist on the clock only. Each start, signal and end is written to the trace under the entry's tag.
 * A command without a script runs until it is signalled.
 */
export const layer = (scripts: Scripts = {}): Layer.Layer<Spawner, never, Trace> =>
  Layer.effect(
    Spawner,
    Effect.gen(function*() {
      const trace = yield* Trace
      const scope = yield* Effect.scope
      const runs = new Map<string, number>()
      let lastPid = 1000

      const nextScript = (command: string): Script => {
        const script = Object.hasOwn(scripts, command) ? scripts[command]! : {}
        if (!("length" in script)) return script
        const run = runs.get(command) ?? 0
        runs.set(command, run + 1)
        return script[Math.min(run, script.length - 1)]!
      }

      const later = (delay: Duration.Input | undefined, work: Effect.Effect<unknown>) =>
        delay === undefined ?
          work :
          Effect.forkIn(Effect.delay(work, delay), scope, { startImmediately: true })

      return {
        containment: "group",
        adopt: () => Effect.die("not yet"),
        find: () => Effect.succeed([]),
        spawn: Effect.fnUntraced(function*({ command, tag }) {
          const script = nextScript(command)
          if (script.forks !== undefined) yield* Effect.sleep(script.forks)
          if (script.refused !== undefined) {
            yield* trace.add(`${tag} refused`)
            return yield* new SpawnError({ reason: script.refused })
          }
          const pid = ++lastPid
          const exit = yield* Deferred.make<ChildExit>()
          const extinct = yield* Deferred.make<void>()
          const end = (how: ChildExit) =>
            Effect.gen(function*() {
              if (Deferred.isDoneUnsafe(exit)) return
              yield* trace.add(`${tag} ${text(how)}`)
              // Who hears of the exit finds the group extinct already, if it had no other process.
              if (script.survivors === undefined) yield* Deferred.succeed(extinct, void 0)
              yield* Deferred.succeed(exit, how)
              yield* later(script.survivors, Deferred.succeed(extinct, void 0))
            })

          yield* trace.add(`${tag} started`)
          if (script.runs !== undefined) {
            yield* later(
              script.runs,
              end(
                script.dieOf
                  ? { _tag: "Signaled", signal: script.dieOf }
                  : { _tag: "Exited", code: script.exits ?? 0 }
              )
            )
          }
          return {
            identity: { pid, containment: "group" },
            exit: Deferred.await(exit),
            isExtinct: () => Deferred.isDoneUnsafe(extinct),
            extinct: Deferred.await(extinct),
            signal: Effect.fnUntraced(function*(signal) {
              if (Deferred.isDoneUnsafe(extinct)) return
              yield* trace.add(`${tag} ${signal}`)
              if (script.ignores?.includes(signal) === true) return
              yield* later(script.dies, end({ _tag: "Signaled", signal }))
            })
          }
        })
      }
    })
  )
