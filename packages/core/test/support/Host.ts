// A program that supervises groups through the layer, until its main fiber is interrupted: by TERM. Its arguments are
// the socket, or nothing to have none, and the cltab.
import { Clinit } from "@clinit/core/Clinit"
import * as NodeMachine from "@clinit/core/node/NodeMachine"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"

const [socket = "", text = ""] = process.argv.slice(2)
const layer = socket === ""
  ? Clinit.layer({ text })
  : Clinit.serve({ text, socket, clstat: `${socket}.clstat` })

const main = Effect.runFork(
  Effect.gen(function*() {
    const clinit = yield* Clinit
    const { groups } = yield* clinit.status
    if (groups.every(({ level }) => level === undefined)) yield* clinit.reach("web", "run")
    process.stdout.write("up\n")
    return yield* Effect.never
  }).pipe(
    Effect.provide(Layer.provide(layer, NodeMachine.layer)),
    Effect.ensuring(Effect.sync(() => process.stdout.write("down\n"))),
    Effect.provide(Logger.layer([]))
  )
)
process.once("SIGTERM", () => void Effect.runFork(Fiber.interrupt(main)))
