import * as StatusOf from "@clinit/core/StatusOf"
import { ClinitClient, Transport } from "@clinit/protocol/ClinitClient"
import type { DaemonStatus, GroupStatus } from "@clinit/protocol/Status"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** A client whose daemon has given this answer. */
const clientOf = (answer: string) =>
  Layer.provide(
    ClinitClient.layer,
    Layer.succeed(Transport, {
      connect: Effect.succeed({ send: () => Effect.void, receive: Effect.succeed(answer) })
    })
  )

/** What a line that answers a request for the status says, checked by its schema, or why it says nothing. */
export const decode = (
  answer: string
): Promise<{ readonly status: DaemonStatus } | { readonly message: string }> =>
  Effect.flatMap(ClinitClient, (client) => client.status({})).pipe(
    Effect.provide(clientOf(answer)),
    Effect.match({
      onFailure: ({ message }) => ({ message }),
      onSuccess: (status) => ({ status })
    }),
    Effect.runPromise
  )

/** Why there is not exactly one thing of this name in what these groups show. */
export const refusal = (groups: ReadonlyArray<GroupStatus>, name: string): Promise<string> =>
  Effect.flip(StatusOf.select(groups, name)).pipe(
    Effect.map(({ message }) => message),
    Effect.runPromise
  )
