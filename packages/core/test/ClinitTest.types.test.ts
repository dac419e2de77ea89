import * as Entry from "@clinit/core/Entry"
import * as ClinitTest from "@clinit/core/testing"
import type { InvalidCltab } from "@clinit/protocol/ClinitRpcs"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { describe, expectTypeOf, it } from "vitest"

// These are checked by the compiler: `npm run types` fails if one does not hold.

class Mail extends Context.Service<Mail, { readonly send: Effect.Effect<void> }>()("test/Mail") {}

describe("the types of the test kit", () => {
  it("a supervisor under test requires a scope, and can fail by its cltab only", () => {
    const make = () => ClinitTest.make({ text: "" })
    expectTypeOf<ReturnType<typeof make>>().toEqualTypeOf<
      Effect.Effect<ClinitTest.Trial, InvalidCltab, Scope.Scope>
    >()
  })

  it("it requires what the effects among its entries need", () => {
    const effect = Effect.flatMap(Mail, ({ send }) => send)
    const entry = Entry.effect("app", "mail", { levels: ["run"], mode: "respawn", effect })
    const make = () => ClinitTest.make({ entries: [entry] })
    expectTypeOf<Effect.Services<ReturnType<typeof make>>>().toEqualTypeOf<Scope.Scope | Mail>()
  })

  it("the scripted machine requires nothing and cannot fail", () => {
    const machine = () => ClinitTest.machine()
    expectTypeOf<Layer.Error<ReturnType<typeof machine>>>().toEqualTypeOf<never>()
    expectTypeOf<Layer.Services<ReturnType<typeof machine>>>().toEqualTypeOf<never>()
  })

  it("what is expected of a trace dies if it is not so: a test has nothing to catch", () => {
    expectTypeOf(ClinitTest.expect("1 second", [])).toEqualTypeOf<
      Effect.Effect<void, never, ClinitTest.Trace>
    >()
  })

  it("a script's signals, kinds and times are checked", () => {
    // @ts-expect-error no signal is called so
    void ({ ignores: ["SIGHALT"] } satisfies ClinitTest.Script)
    // @ts-expect-error nothing happens that is called so
    void ({ kind: "Start" } satisfies ClinitTest.Selection)
    // @ts-expect-error no time is written so
    void ({ runs: "a while" } satisfies ClinitTest.Script)
  })
})
