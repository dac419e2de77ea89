import type * as Clinit_ from "@clinit/core/Clinit"
import { Clinit } from "@clinit/core/Clinit"
import type { CltabUnreadable } from "@clinit/core/CltabSource"
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
      readonly _: unique symbol
    }
    const onLoaded = () => undefined as unknown as Effect.Effect<void, "locked", Vault>
    type Served = ReturnType<typeof Clinit.serve<{ readonly text: string }, "locked", Vault>>
    const served = () => Clinit.serve({ text: "", onLoaded })
    expectTypeOf(served).returns.toEqualTypeOf<Served>()
    expectTypeOf<Layer.Error<Served>>().extract<"locked">().toEqualTypeOf<"locked">()
    expectTypeOf<Layer.Services<Served>>().toEqualTypeOf<Machine | Premises | Vault>()
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
    expectTypeOf<Effect.Error<Service["status"]>>().toBeNever()
    expectTypeOf<Effect.Error<Service["shutdown"]>>().toBeNever()
  })

  it("streams of changes cannot fail, those of events only by the name of a group", () => {
    expectTypeOf<Service["changes"]>().toEqualTypeOf<Stream.Stream<Change>>()
    expectTypeOf<Stream.Error<ReturnType<Service["events"]>>>().toEqualTypeOf<UnknownGroup>()
  })

  it("a source is one of its kinds", () => {
    // @ts-expect-error there is nothing to supervise
    expectTypeOf(Clinit.layer).toBeCallableWith({})
    // @ts-expect-error a level is a name
    expectTypeOf<Service["tell"]>().toBeCallableWith("web", 3)
  })
})
