// A daemon in small that starts a command, writes its process's identity to a file, and waits to be killed.
import * as NodeSpawner from "@clinit/core/node/NodeSpawner"
import { Spawner } from "@clinit/core/Spawner"
import { Containment } from "@clinit/protocol/Status"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as fs from "node:fs"
import { entryOf } from "./Spawner.contract.ts"

const [containment, name, mark, command, file] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string
]

await Effect.runPromise(
  Effect.gen(function*() {
    const child = yield* (yield* Spawner).spawn(entryOf(command), mark)
    fs.writeFileSync(`${file}.new`, JSON.stringify(child.identity))
    fs.renameSync(`${file}.new`, file)
    setInterval(() => {}, 1_000_000)
    return yield* Effect.never
  }).pipe(
    Effect.provide(
      NodeSpawner.layer({ containment: Schema.decodeUnknownSync(Containment)(containment), name })
    ),
    Effect.provide(Logger.layer([]))
  )
)
