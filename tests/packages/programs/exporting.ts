/** Exports what can be made of the libraries, as a library on top of them would: its declarations have to be nameable. */
import { Clinit } from "@clinit/core/Clinit"
import * as Cltab from "@clinit/core/Cltab"
import * as Entry from "@clinit/core/Entry"
import * as NodeMachine from "@clinit/core/node/NodeMachine"
import * as ClinitTest from "@clinit/core/testing"
import { ClinitClient } from "@clinit/protocol/ClinitClient"
import * as NodeClinitClient from "@clinit/protocol/node/NodeClinitClient"
import { connect } from "@clinit/protocol/node/PromiseClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"

export const served = Clinit.serve({ cltab: "/etc/cltab" })
export const here = Layer.provide(served, NodeMachine.layer)
export const entry = Entry.process("a", "b", { levels: ["run"], mode: "respawn", command: "x" })
export const effect = Entry.effect("a", "b", { levels: ["run"], mode: "respawn", effect: Effect.never })
export const supervised = Clinit.layer({ entries: [entry, effect] })
export const made = Clinit.make({ text: "" })
export const of = Effect.gen(function*() {
  const c = yield* Clinit
  return {
    tell: c.tell("a", "b"),
    reach: c.reach("a", "b"),
    plan: c.plan("a"),
    status: c.status,
    changes: c.changes,
    events: c.events(),
    start: c.start("a"),
    retry: c.retry(),
    signal: c.signal("a/b", "TERM"),
    reread: c.reread,
    apply: c.apply,
    history: c.history(),
    ending: c.ending("a"),
    statusOf: c.statusOf("a")
  }
})
export const told = Effect.flatMap(Clinit, (c) => c.tell("a", "b"))
export const settled = Effect.flatMap(told, (t) => t.settling)
export const first = Effect.flatMap(Clinit, (c) => Stream.runHead(c.changes))
export const trial = ClinitTest.make({ text: "" })
export const kit = ClinitTest.machine()
export const lines = ClinitTest.records()
export const cltab = Cltab.parse("")
export const client = Effect.flatMap(
  ClinitClient,
  (c) => Effect.succeed({ t: c.status({}), w: c.watch(), k: c.tell })
)
export const layer = NodeClinitClient.layer("x")
export const promise = connect({ socket: "x" })
export const answered = promise.status()
