import type * as Clinit_ from "@clinit/core/Clinit"
import { Clinit } from "@clinit/core/Clinit"
import type { CltabUnreadable } from "@clinit/core/CltabSource"
import * as Entry from "@clinit/core/Entry"
import type { LedgerRefused } from "@clinit/core/LedgerStore"
import type { ContainmentUnavailable, Machine } from "@clinit/core/Machine"
import type * as NodeMachine from "@clinit/core/node/NodeMachine"
import type { LockRefused, Premises } from "@clinit/core/Premises"
import type { SocketRefused } from "@clinit/core/SocketRefused"
import type { Change } from "@clinit/core/StatusBoard"
import type {
  AmbiguousName,
  InvalidCltab,
  Outcome,
  ShuttingDown,
  Superseded,
  UnknownEntry,
  UnknownGroup
} from "@clinit/protocol/ClinitRpcs"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { describe, expectTypeOf, it } from "vitest"

// These are checked by the compiler: `npm run types` fails if one does not hold.

type Service = Clinit["Service"]

describe("the types of Clinit", () => {
  it("a layer requires a machine, and can fail by its cltab or its containment", () => {
    expectTypeOf(Clinit.layer({ text: "" })).toEqualTypeOf<
      Layer.Layer<Clinit, InvalidCltab | ContainmentUnavailable, Machine>
    >()
  })

  it("only a layer of a file can find it unreadable", () => {
    expectTypeOf(Clinit.layer({ cltab: "/etc/cltab" })).toEqualTypeOf<
      Layer.Layer<Clinit, InvalidCltab | CltabUnreadable | ContainmentUnavailable, Machine>
    >()
  })

  it("what serves requires premises as well, and can fail by socket, lock and ledger", () => {
    expectTypeOf(Clinit.serve({ text: "" })).toEqualTypeOf<
      Layer.Layer<
        Clinit,
        InvalidCltab | ContainmentUnavailable | SocketRefused | LockRefused | LedgerRefused,
        Machine | Premises
      >
    >()
  })

  it("what is carried out when the cltab is loaded adds its own errors and requirements", () => {
    interface Vault {
      readonly vault: true
    }
    const onLoaded = () => undefined as unknown as Effect.Effect<void, "locked", Vault>
    const serve = () => Clinit.serve({ text: "", onLoaded })
    expectTypeOf<Extract<Layer.Error<ReturnType<typeof serve>>, string>>().toEqualTypeOf<"locked">()
    expectTypeOf<Layer.Services<ReturnType<typeof serve>>>().toEqualTypeOf<Machine | Premises | Vault>()
  })

  it("entries in code require what their effects need, a scope excepted", () => {
    interface Database {
      readonly database: true
    }
    interface Queue {
      readonly queue: true
    }
    const definition = { levels: ["run"], mode: "respawn" } as const
    const pump = undefined as unknown as Effect.Effect<void, "full", Database | Scope.Scope>
    const drain = undefined as unknown as Effect.Effect<void, never, Queue>
    const layer = () =>
      Clinit.layer({
        entries: [
          Entry.process("web", "app", { ...definition, command: ["node", "app.js"] }),
          Entry.effect("web", "pump", { ...definition, effect: pump }),
          Entry.effect("web", "drain", { ...definition, effect: drain })
        ]
      })
    expectTypeOf<Layer.Services<ReturnType<typeof layer>>>().toEqualTypeOf<Machine | Database | Queue>()
    expectTypeOf<Layer.Error<ReturnType<typeof layer>>>().toEqualTypeOf<
      InvalidCltab | ContainmentUnavailable
    >()
  })

  it("an effect that makes one requires a scope beside the machine", () => {
    const made = Clinit.make({ text: "" })
    expectTypeOf(made).toEqualTypeOf<
      Effect.Effect<Service, InvalidCltab | ContainmentUnavailable, Machine | Scope.Scope>
    >()
  })

  it("this machine gives all that is required", () => {
    expectTypeOf<typeof NodeMachine.layer>().toEqualTypeOf<Layer.Layer<Machine | Premises>>()
  })

  it("orders fail in the ways that are theirs, and require nothing", () => {
    type Refused = UnknownGroup | Clinit_.InvalidLevel | InvalidCltab | ShuttingDown
    expectTypeOf<Service["tell"]>().returns.toExtend<Effect.Effect<unknown, Refused>>()
    expectTypeOf<Service["reach"]>().returns.toEqualTypeOf<
      Effect.Effect<Outcome, Refused | Superseded | Clinit_.LevelFailed>
    >()
    expectTypeOf<Effect.Error<ReturnType<Service["tell"]>>>().toEqualTypeOf<Refused>()
    expectTypeOf<Effect.Error<ReturnType<Service["statusOf"]>>>().toEqualTypeOf<
      UnknownGroup | UnknownEntry | AmbiguousName
    >()
    expectTypeOf<Effect.Error<ReturnType<Service["ending"]>>>().toEqualTypeOf<
      UnknownGroup | UnknownEntry | AmbiguousName | ShuttingDown
    >()
    expectTypeOf<Effect.Error<ReturnType<Service["stop"]>>>().toEqualTypeOf<
      UnknownGroup | UnknownEntry | AmbiguousName | InvalidCltab | ShuttingDown
    >()
    const planAll = (clinit: Service) => clinit.plan()
    expectTypeOf<Effect.Error<ReturnType<typeof planAll>>>().toEqualTypeOf<InvalidCltab | ShuttingDown>()
    expectTypeOf<Effect.Error<Service["status"]>>().toBeNever()
    expectTypeOf<Effect.Error<Service["shutdown"]>>().toBeNever()
  })

  it("every error that a supervisor fails with is exported beside it", () => {
    type Exported = {
      readonly [Name in keyof typeof Clinit_]: (typeof Clinit_)[Name] extends new(...args: any) => infer E
        ? E extends { readonly _tag: string } ? E : never
        : never
    }[keyof typeof Clinit_]
    const serve = () => Clinit.serve({ cltab: "/etc/cltab" })
    const plan = (clinit: Service) => clinit.plan("web")
    type Fails =
      | Layer.Error<ReturnType<typeof serve>>
      | Effect.Error<ReturnType<Service["reach"] | Service["start"] | Service["signal"] | typeof plan>>
    expectTypeOf<Exclude<Fails, Exported>>().toBeNever()
  })

  it("streams of changes cannot fail, those of events only by the name of a group", () => {
    expectTypeOf<Service["changes"]>().toEqualTypeOf<Stream.Stream<Change>>()
    expectTypeOf<Stream.Error<ReturnType<Service["events"]>>>().toEqualTypeOf<UnknownGroup>()
  })

  it("a source is one of its kinds", () => {
    // @ts-expect-error there is nothing to supervise
    expectTypeOf(() => Clinit.layer({})).toBeFunction()
    // @ts-expect-error it is called settings
    expectTypeOf(() => Clinit.layer({ text: "", setings: {} })).toBeFunction()
    // @ts-expect-error a level is a name
    expectTypeOf((clinit: Service) => clinit.tell("web", 3)).toBeFunction()
  })
})
