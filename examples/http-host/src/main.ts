/** An HTTP service with two workers: `main.ts [PORT]`. TERM and INT end it in order. */
import { Clinit } from "@clinit/core/Clinit"
import * as Entry from "@clinit/core/Entry"
import * as NodeMachine from "@clinit/core/node/NodeMachine"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as path from "node:path"
import * as Server from "./Server.ts"

const program = path.join(import.meta.dirname, `worker${path.extname(import.meta.filename)}`)

const worker = (name: string) =>
  Entry.process("workers", name, {
    levels: ["run"],
    mode: "respawn",
    command: [process.execPath, program, name]
  })

const workers = Clinit.layer({ entries: [worker("resize"), worker("mail")] })

const service = Effect.gen(function*() {
  const clinit = yield* Clinit
  yield* clinit.reach("workers", "run")
  const status = Effect.map(clinit.status, ({ groups }) =>
    groups.map(({ group, processes, state }) => ({
      group,
      state,
      workers: processes.map(({ state, tag }) => ({ tag, state: state._tag }))
    })))
  const port = yield* Server.serve(Number(process.argv[2] ?? 0), { "/status": status })
  console.log(`http://127.0.0.1:${port}/status`)
  return yield* Effect.never
}).pipe(Effect.scoped, Effect.provide(workers.pipe(Layer.provide(NodeMachine.layer))))

/** Completes at the first of these signals. */
const asked = Effect.callback<void>((resume) => {
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => resume(Effect.void))
})

// Whichever way the service ends, its server is closed and its workers are stopped before the program goes on.
await Effect.runPromise(Effect.raceFirst(service, asked))
console.log("ended in order")
