import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { createHash } from "node:crypto"
import * as path from "node:path"
import { Machine } from "../Machine.ts"
import { Premises } from "../Premises.ts"
import * as NodeCltabSource from "./NodeCltabSource.ts"
import * as NodeHistoryStore from "./NodeHistoryStore.ts"
import * as NodeLedgerStore from "./NodeLedgerStore.ts"
import * as NodeSocketServer from "./NodeSocketServer.ts"
import * as NodeSpawner from "./NodeSpawner.ts"
import * as NodeStatusFile from "./NodeStatusFile.ts"
import * as NodeTelemetry from "./NodeTelemetry.ts"

/** A word for everything of the system that belongs to the daemon at this socket. */
const nameOf = (socket: string) =>
  createHash("sha256").update(path.resolve(socket)).digest("hex").slice(0, 16)

const machine = Layer.succeed(Machine, { spawner: NodeSpawner.layer, cltab: NodeCltabSource.layer })

const premises = Layer.succeed(Premises, {
  telemetry: NodeTelemetry.layer,
  claim: (socket) =>
    Effect.map(NodeSocketServer.claim(socket), (claim) => ({
      pid: process.pid,
      name: nameOf(socket),
      pipes: `${socket}.pipes`,
      ledger: NodeLedgerStore.layer(`${socket}.ledger`, claim.lock.isInPlace),
      history: NodeHistoryStore.layer(`${socket}.history`, claim.lock.isInPlace),
      statusFile: (file) =>
        NodeStatusFile.layer(file, claim.lock.isInPlace, path.dirname(file) === path.dirname(socket)),
      listen: (answer) => NodeSocketServer.listen(claim, answer)
    }))
})

/** The machine that this process runs on, and its file system as premises. */
export const layer: Layer.Layer<Machine | Premises> = Layer.merge(machine, premises)
