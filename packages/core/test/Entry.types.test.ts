import * as CltabInCode from "@clinit/core/CltabInCode"
import * as CltabSettings from "@clinit/core/CltabSettings"
import * as Entry from "@clinit/core/Entry"
import * as FiberSpawner from "@clinit/core/FiberSpawner"
import * as SettingInCode from "@clinit/core/SettingInCode"
import type { Spawner } from "@clinit/core/Spawner"
import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Result from "effect/Result"

class Database extends Context.Service<Database, number>()("test/Database") {}
class Mail extends Context.Service<Mail, number>()("test/Mail") {}

const levels = ["run"]
const app = Entry.process("web", "app", { levels, mode: "respawn", command: "app" })
const worker = Entry.effect("web", "worker", { levels, mode: "respawn", effect: Database })
const mailer = Entry.effect("web", "mailer", {
  levels,
  mode: "wait",
  effect: Effect.andThen(Effect.addFinalizer(() => Effect.void), Effect.andThen(Mail, Effect.fail("no luck")))
})

describe("entries in code need", () => {
  it("nothing of the program if they are processes", () => {
    expectTypeOf<Entry.Services<typeof app>>().toEqualTypeOf<never>()
  })

  it("what their effects need, but for a scope, which each run has of its own", () => {
    expectTypeOf<Entry.Services<typeof worker>>().toEqualTypeOf<Database>()
    expectTypeOf<Entry.Services<typeof mailer>>().toEqualTypeOf<Mail>()
    const read = CltabInCode.toCltab([app, worker, mailer])
    expectTypeOf(read).toExtend<Result.Result<CltabInCode.Written<Database | Mail>, unknown>>()
    expectTypeOf(read).not.toExtend<Result.Result<CltabInCode.Written<Mail>, unknown>>()
    const layer = FiberSpawner.layer(Result.getOrThrow(read).effects)
    expectTypeOf(layer).toEqualTypeOf<Layer.Layer<Spawner, never, Spawner | Database | Mail>>()
  })

  it("the same if they were put into an array before", () => {
    const entries = [app, worker, mailer, Entry.group("web", { nice: 5 })]
    const { effects } = Result.getOrThrow(CltabInCode.toCltab(entries))
    expectTypeOf(FiberSpawner.layer(effects)).toEqualTypeOf<
      Layer.Layer<Spawner, never, Spawner | Database | Mail>
    >()
  })
})

describe("the settings in code", () => {
  it("are all that a cltab has, each with a form of its own", () => {
    expectTypeOf<Exclude<keyof Entry.Settings, `env.${string}`>>().toEqualTypeOf<
      keyof typeof CltabSettings.values
    >()
    expectTypeOf<Exclude<keyof Entry.EntrySettings, `env.${string}`>>().toEqualTypeOf<
      keyof typeof CltabSettings.inherited
    >()
    expectTypeOf<keyof Entry.EffectSettings>().toEqualTypeOf<
      Exclude<keyof typeof CltabSettings.supervision, "tree">
    >()
    expect(Object.keys(SettingInCode.forms)).toEqual(CltabSettings.names)
  })

  it("that fit a fiber by their types are those that are kept for it", () => {
    const kept = CltabSettings.inheritedNames.filter(CltabSettings.fitsFiber)
    expectTypeOf<keyof Entry.EffectSettings>().toExtend<typeof kept[number]>()
    expect(kept).toEqual(Object.keys(CltabSettings.supervision).filter((name) => name !== "tree"))
  })

  it("are refused by their types if they are misspelt, or something else than they can be", () => {
    const of = (settings: Entry.EntrySettings) => settings
    // @ts-expect-error there is no such setting
    of({ timeuot: "5 seconds" })
    // @ts-expect-error it is for the daemon as a whole
    of({ socket: "/run/socket" })
    // @ts-expect-error it is no time
    of({ timeout: "5 parsecs" })
    // @ts-expect-error there is no such signal
    of({ stop: ["FOO"] })
    // @ts-expect-error only the last may be a bare signal
    of({ stop: ["INT", "KILL"] })
    // @ts-expect-error a variable is text
    of({ "env.PORT": 8080 })
    // @ts-expect-error it is a share
    of({ "respawn.jitter": 10 })
    of({ stop: [{ signal: "INT", grace: "5 seconds" }, "KILL"], "env.PORT": "8080", "respawn.jitter": "10%" })
    expectTypeOf(of).parameter(0).toEqualTypeOf<Entry.EntrySettings>()
  })

  it("of an effect are those of its supervision, and it is stopped by signals alone", () => {
    const of = (settings: Entry.EffectSettings) => settings
    // @ts-expect-error it is the program's user
    of({ user: "www" })
    // @ts-expect-error it is the program's environment
    of({ "env.PORT": "8080" })
    // @ts-expect-error its output is the program's
    of({ output: "null" })
    // @ts-expect-error it leaves nothing
    of({ tree: "strict" })
    // @ts-expect-error there is no process for a command to act on
    of({ stop: [{ command: "bin/stop", grace: "5 seconds" }, "KILL"] })
    of({ stop: [{ signal: "INT", grace: "5 seconds" }, "TERM"], timeout: "1 minute", "respawn.hits": 3 })
    expectTypeOf(of).parameter(0).toEqualTypeOf<Entry.EffectSettings>()
  })
})

describe("an entry in code", () => {
  it("has one of the modes, its levels as words, and a command or an effect", () => {
    // @ts-expect-error there is no such mode
    Entry.process("web", "a", { levels, mode: "respwan", command: "a" })
    // @ts-expect-error levels are a list of words
    Entry.process("web", "a", { levels: "run", mode: "once", command: "a" })
    // @ts-expect-error a process has a command
    Entry.process("web", "a", { levels, mode: "once" })
    // @ts-expect-error an effect has none
    Entry.effect("web", "a", { levels, mode: "once", command: "a" })
    expectTypeOf(Entry.process).parameter(2).toEqualTypeOf<Entry.ProcessDefinition>()
  })
})
