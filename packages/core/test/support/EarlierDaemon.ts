// A daemon in small that starts a command, writes its process's identity to a file, and waits to be killed.
import * as NodeSpawner from "@clinit/core/node/NodeSpawner"
import { Spawner } from "@clinit/core/Spawner"
import { Containment } from "@clinit/protocol/Status"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as fs from "node:fs"
import { entryOf } from "./Spawner.contract.ts"

const [containment, name, mark, command, file, parked] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  "parked"?
]

await Effect.runPromise(
  Effect.gen(function*() {
    const spawner = yield* Spawner
    const start = (number: number) =>
      Effect.tap(
        spawner.spawn(entryOf(command), number === 0 ? mark : `${mark}.${number}`, "again"),
        () => Effect.sleep("50 millis")
      )
    let child = yield* start(0)
    // Until there is a forker, and it has parked shells.
    const isAsWished = () => parked === undefined || /\/p[^/]*$/.test(child.identity!.cgroup!)
    for (let number = 1; !isAsWished(); number++) {
      yield* child.signal("SIGKILL")
      yield* child.extinct
      child = yield* start(number)
    }
    fs.writeFileSync(`${file}.new`, JSON.stringify(child.identity))
    fs.renameSync(`${file}.new`, file)
    setInterval(() => {}, 1_000_000)
    return yield* Effect.never
  }).pipe(
    Effect.provide(
      NodeSpawner.layer({
        containment: Schema.decodeUnknownSync(Containment)(containment),
        name,
        forker: parked !== undefined
      })
    ),
    Effect.provide(Logger.layer([]))
  )
)
