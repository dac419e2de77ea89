import { ClinitClient } from "@clinit/protocol/ClinitClient"
import { GroupName, Level } from "@clinit/protocol/Names"
import * as NodeClinitClient from "@clinit/protocol/node/NodeClinitClient"
import type { DaemonStatus } from "@clinit/protocol/Status"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** No daemon, or it went away before it answered: whether the call was carried out is not known. */
export class Lost extends Error {}

type Calls = typeof ClinitClient.Service

/** Calls of a daemon, each over a connection of its own. */
export class Client {
  private readonly layer: Layer.Layer<ClinitClient, unknown>

  constructor(socket: string) {
    this.layer = NodeClinitClient.layer(socket)
  }

  private call<A, E>(use: (calls: Calls) => Effect.Effect<A, E>): Promise<A> {
    return Effect.flatMap(ClinitClient, use).pipe(
      Effect.provide(this.layer),
      Effect.catch((error) => {
        const { _tag, message } = error as { readonly _tag: string; readonly message: string }
        const isLost = _tag === "NoDaemon" || _tag === "ConnectionLost"
        return Effect.fail(isLost ? new Lost(message) : new Error(message))
      }),
      Effect.runPromise
    )
  }

  readonly status = (): Promise<DaemonStatus> => this.call((calls) => calls.status({}))
  readonly reread = async (): Promise<void> => void await this.call((calls) => calls.reread({}))
  readonly apply = async (): Promise<void> => void await this.call((calls) => calls.reread({ apply: true }))
  readonly retry = async (name: string): Promise<void> =>
    void await this.call((calls) => calls.retry({ name }))
  readonly order = async (verb: "start" | "stop" | "restart", name: string): Promise<void> =>
    void await this.call((calls) => calls[verb]({ name }))
  readonly tell = async (group: string, level: string, wait = false): Promise<void> =>
    void await this.call((calls) =>
      calls.tell({ group: GroupName.make(group), level: Level.make(level), ...(wait ? { wait } : {}) })
    )

  /** What the call returns, or nothing if there was no daemon to carry it out. */
  async attempt<A>(call: () => Promise<A>): Promise<A | undefined> {
    try {
      return await call()
    } catch (error) {
      if (error instanceof Lost) return undefined
      throw error
    }
  }
}
