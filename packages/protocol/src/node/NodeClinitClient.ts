import * as Layer from "effect/Layer"
import { ClinitClient } from "../ClinitClient.ts"
import * as UnixSocket from "./UnixSocket.ts"

/** The client of the daemon whose socket is at this path. Nothing is opened before it is used, and nothing stays open. */
export const layer = (socket: string): Layer.Layer<ClinitClient> =>
  Layer.provide(ClinitClient.layer, UnixSocket.layer(socket))
