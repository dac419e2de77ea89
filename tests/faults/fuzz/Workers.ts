import { fork } from "node:child_process"
import * as path from "node:path"
import type { Failure } from "./Failure.ts"
import type { Plan, Result } from "./Run.ts"
import * as Watchdog from "./Watchdog.ts"

/** What a target's process left: its result, or why it has none. */
export type Outcome = { readonly target: string } & ({ readonly result: Result } | { readonly died: string })

/** A result on its way between processes: JSON has no bytes. */
export type Sent = Omit<Result, "failures"> & {
  readonly failures: ReadonlyArray<Omit<Failure, "input"> & { readonly input: string }>
}

const execArgv = [
  "--conditions=@clinit/source",
  "--disable-warning=ExperimentalWarning",
  "--expose-gc",
  // The young generation would grow at some time or other, and look like a leak.
  "--min-semi-space-size=16",
  "--max-semi-space-size=16"
]

/** Runs the target in a process of its own. `directory` is for what it may leave behind. */
export const run = (target: string, { from, inputs, seed }: Plan, directory: string): Promise<Outcome> =>
  new Promise((resume) => {
    const hangFile = path.join(directory, `${target.replaceAll(" ", "-")}.hang`)
    const child = fork(
      path.join(import.meta.dirname, "worker.ts"),
      [target, String(seed), String(from), String(inputs), hangFile],
      { execArgv }
    )
    let outcome: Outcome | undefined
    child.on("message", (message: Sent) => {
      const failures = message.failures.map((failure) => ({
        ...failure,
        input: Buffer.from(failure.input, "base64")
      }))
      outcome = { target, result: { ...message, failures } }
    })
    child.on("exit", (code, signal) => {
      const hung = Watchdog.read(hangFile)
      const died = hung === undefined
        ? `the process ended: ${signal ?? `exit ${code}`}`
        : `hangs at input ${hung}: replay with --target "${target}" --seed ${seed} --from ${hung} --inputs 1`
      resume(outcome ?? { target, died })
    })
  })
