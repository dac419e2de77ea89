import { ClinitClient } from "@clinit/protocol/ClinitClient"
import { GroupName, Level } from "@clinit/protocol/Names"
import * as NodeClinitClient from "@clinit/protocol/node/NodeClinitClient"
import * as Effect from "effect/Effect"
import type { Scratch } from "./Scratch.ts"

/** Tells the group to go to the level and returns what became of it, without the cost of a client process. */
export const tell = (scratch: Scratch, group: string, level: string): Promise<string | undefined> =>
  Effect.flatMap(
    ClinitClient,
    (client) => client.tell({ group: GroupName.make(group), level: Level.make(level), wait: true })
  ).pipe(
    Effect.map(({ outcome }) => outcome?.state),
    Effect.provide(NodeClinitClient.layer(scratch.socket)),
    Effect.runPromise
  )
