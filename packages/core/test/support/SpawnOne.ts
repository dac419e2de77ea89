import * as InheritedDescriptors from "@clinit/core/node/InheritedDescriptors"
import * as NodeSpawner from "@clinit/core/node/NodeSpawner"
import { Spawner } from "@clinit/core/Spawner"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { entryOf } from "./Spawner.contract.ts"

// A daemon in small, to be run by itself: starts one command and prints its pid; kills it when standard input ends.

InheritedDescriptors.close()
const command = process.argv[2]!

await Effect.runPromise(
  Effect.gen(function*() {
    const child = yield* (yield* Spawner).spawn(entryOf(command), "one")
    process.stdout.write(`${child.identity!.pid}\n`)
    yield* Effect.callback<void>((resume) =>
      void process.stdin.resume().once("end", () => resume(Effect.void))
    )
    yield* child.signal("SIGKILL")
    yield* child.extinct
  }).pipe(
    Effect.provide(NodeSpawner.layer({ name: `spawn-one-${process.pid}` })),
    Effect.provide(Logger.layer([]))
  )
)
