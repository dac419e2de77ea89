import type { ChildExit } from "@clinit/protocol/Status"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Signal } from "../Signal.ts"
import type { ProcessChild, ProcessIdentity } from "../Spawner.ts"
import type * as ProcessTable from "./ProcessTable.ts"
import type * as ProcessTree from "./ProcessTree.ts"

/** Members of a tree whose leader is gone are nobody's children here: they are looked for this often. */
const pollMillis = { first: 5, longest: 100 }

/** Runs the command as a further process of the tree, unless that is extinct by then. */
export type Run = (
  isExtinct: () => boolean,
  ...command: Parameters<ProcessChild["run"]>
) => ReturnType<ProcessChild["run"]>

/** The process that a tree begins with. */
export interface Leader {
  readonly identity: ProcessIdentity
  readonly exit: Deferred.Deferred<ChildExit>
  /** Whether its exit is told by its parent. */
  readonly isOurs: boolean
  /** Done when an exit has been told that has happened by then. */
  readonly caughtUp: Effect.Effect<void>
  /** Completes the exit if it has happened and nobody has told yet. */
  readonly check: () => void
}

/** The child of a tree with this leader. `onExtinction` is called once, when nothing of it is left. */
export const make = (
  { caughtUp, check, exit, identity, isOurs }: Leader,
  tree: ProcessTree.ProcessTree,
  run: Run,
  onExtinction: () => void
): ProcessChild => {
  let isStruck = false
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
  const strike = (signal: Signal) => {
    if (tree.strike === undefined || Deferred.isDoneUnsafe(exit)) return
    isStruck = true
    tree.strike(signal)
  }
  return {
    identity,
    exit: Deferred.await(exit),
    hasEnded: () => Deferred.isDoneUnsafe(exit),
    isExtinct: () => isExtinct("urgent"),
    extinct: Effect.andThen(Deferred.await(exit), extinctionByPolling),
    signal: (signal) =>
      Effect.suspend(() => {
        if (extinction) return Effect.void
        if (!isStruck) return tree.signal(signal)
        isStruck = false
        // Most trees that were struck are gone then, and nothing has to be read to find whom else to signal.
        return Effect.andThen(
          caughtUp,
          Effect.suspend(() => isExtinct("urgent") ? Effect.void : tree.signal(signal))
        )
      }).pipe(
        Effect.catch((error) =>
          Effect.logWarning(`process tree of ${identity.pid}: ${signal} failed: ${error.message}`)
        )
      ),
    ...(isOurs ? { strike } : {}),
    run: (command, entry) => run(() => isExtinct("urgent"), command, entry)
  }
}

/** What a command is run by of which nothing is left. */
export const runNothing: Run = () => Effect.void
