import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"

/** A Node process that runs a script of this directory and takes orders; it is killed with the scope. */
export interface ChildNode {
  /** Sends an order and waits for the reply; the script sends one for each order. */
  readonly order: (message: unknown) => Effect.Effect<unknown>
  readonly signal: (signal: NodeJS.Signals) => void
  /** Kills it with SIGKILL; done when it is gone. */
  readonly kill: Effect.Effect<void>
}

export const start = Effect.fnUntraced(
  function*(script: string): Effect.fn.Return<ChildNode, never, Scope.Scope> {
    const child = fork(fileURLToPath(new URL(script, import.meta.url)), {
      execArgv: ["--conditions=@clinit/source", "--disable-warning=ExperimentalWarning"]
    })
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()))
    const kill = Effect.promise(() => {
      child.kill("SIGKILL")
      return gone
    })
    yield* Effect.addFinalizer(() => kill)
    const next = () =>
      new Promise<unknown>((resolve, reject) => {
        child.once("message", resolve)
        void gone.then(() => reject(new Error(`${script} died`)))
      })
    yield* Effect.promise(next) // it says hello once it takes orders
    return {
      order: (message) =>
        Effect.promise(() => {
          const reply = next()
          child.send(message as object)
          return reply
        }),
      signal: (signal) => void child.kill(signal),
      kill
    }
  }
)
