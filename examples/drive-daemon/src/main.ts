/** Takes a group to a level, waits, and prints what runs: `main.ts SOCKET GROUP LEVEL`. */
import { ClinitClient } from "@clinit/protocol/ClinitClient"
import * as NodeClinitClient from "@clinit/protocol/node/NodeClinitClient"
import * as Effect from "effect/Effect"

const [socket = "/var/run/clinit/clinit.s", group = "shop", level = "run"] = process.argv.slice(2)

const drive = Effect.gen(function*() {
  const client = yield* ClinitClient
  const { outcome } = yield* client.tell({ group, level, wait: true })
  const { groups } = yield* client.status({ name: group })
  const processes = groups.flatMap(({ processes }) => processes)
  for (const { state, tag } of processes) console.log(`${group}/${tag} ${state._tag}`)
  return outcome?.state === "FAILED" ? 1 : 0
}).pipe(
  Effect.provide(NodeClinitClient.layer(socket)),
  Effect.catch((error) =>
    Effect.sync(() => {
      console.error(error.message)
      return error._tag === "NoDaemon" || error._tag === "ConnectionLost" ? 3 : 1
    })
  )
)

process.exitCode = await Effect.runPromise(drive)
