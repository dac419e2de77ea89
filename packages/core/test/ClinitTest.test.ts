import { Clinit } from "@clinit/core/Clinit"
import * as Entry from "@clinit/core/Entry"
import * as ClinitTest from "@clinit/core/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"

/** The text of a cltab with these lines. */
const cltab = (...lines: ReadonlyArray<string>): string => lines.map((line) => `${line}\n`).join("")

/** What an effect dies of. */
const deathOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.exit(effect), (exit) => {
    const [reason] = Exit.isFailure(exit) ? exit.cause.reasons : []
    return reason !== undefined && Cause.isDieReason(reason) && reason.defect instanceof Error
      ? reason.defect.message
      : `no death: ${exit._tag}`
  })

describe("a script says", () => {
  /** One entry `a` that runs `a`, told level 1; what happens in the minute from then on, and while it is stopped. */
  const story = (
    script: ClinitTest.Scripts[string],
    { lines = [] as ReadonlyArray<string>, mode = "once" } = {}
  ) =>
    Effect.gen(function*() {
      const test = yield* ClinitTest.make({
        text: cltab(`web:a:1:${mode}:a`, ...lines),
        scripts: { a: script }
      })
      yield* test.tell("web", "1")
      yield* test.after("1 minute")
      yield* test.tell("web", "2")
      yield* test.after("1 minute")
      return test.lines({ tag: "a" })
    })

  it.effect("nothing: it runs until it gets any signal, and dies of that", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* story({}), ["0s a started", "60s a SIGINT", "60s a died of SIGINT"])
    }))

  it.effect("how long it runs, and with what code it ends", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* story({ runs: "3 seconds", exits: 2 }), [
        "0s a started",
        "3s a exited 2"
      ])
    }))

  it.effect("of what signal it dies that nobody here sent", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* story({ runs: "3 seconds", dieOf: "SIGSEGV" }), [
        "0s a started",
        "3s a died of SIGSEGV"
      ])
    }))

  it.effect("what signals it ignores, and how long it takes to die of the others", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* story({ ignores: ["SIGINT"], dies: "2 seconds" }), [
        "0s a started",
        "60s a SIGINT",
        "65s a SIGTERM",
        "67s a died of SIGTERM"
      ])
    }))

  it.effect("that it cannot be started, and a respawn entry is tried again after a pause", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* story([{ refused: "out of processes" }, {}], { mode: "respawn" }),
        [
          "0s a refused",
          "0s a pauses for 1s",
          "1s a started",
          "60s a SIGINT",
          "60s a died of SIGINT"
        ]
      )
    }))

  it.effect("how long it takes to be started", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* story({ forks: "2 seconds" }), [
        "2s a started",
        "60s a SIGINT",
        "60s a died of SIGINT"
      ])
    }))

  it.effect("how long others of its tree outlive it: they are stopped as it is", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* story({ survivors: "7 seconds" }), [
        "0s a started",
        "60s a SIGINT",
        "60s a died of SIGINT",
        "65s a SIGTERM"
      ])
    }))

  it.effect("what it writes, and when", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* story({
          runs: "3 seconds",
          does: [
            { writes: "hello" },
            { after: "2 seconds", writes: "cannot go on", to: "error-output" },
            { after: "3 seconds", writes: "bye" },
            { after: "4 seconds", writes: "it is over by then" }
          ]
        }),
        [
          "0s a started",
          "0s a wrote hello",
          "2s a wrote to error-output: cannot go on",
          "3s a wrote bye",
          "3s a exited 0"
        ]
      )
    }))

  it.effect("which command of a stop schedule it obeys", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* story({ obeys: { "a stop": "1 second" }, exits: 0 }, {
          lines: [":::web/a/stop:\"a stop\" 5s, KILL"]
        }),
        ["0s a started", "60s a runs a stop", "61s a exited 0"]
      )
    }))

  it.effect("one thing for each run, the last for all further ones", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* story([{ runs: "5 seconds", exits: 1 }, { runs: "20 seconds" }], { mode: "respawn" }),
        [
          "0s a started",
          "5s a exited 1",
          "5s a started",
          "25s a exited 0",
          "25s a started",
          "45s a exited 0",
          "45s a started",
          "60s a SIGINT",
          "60s a died of SIGINT"
        ]
      )
    }))
})

it.effect("what an entry writes reaches its logger, or the next one if none runs at the moment", () =>
  Effect.gen(function*() {
    const test = yield* ClinitTest.make({
      text: cltab("web:a:1:once:a", ":::web/a/output:pipe:log"),
      scripts: {
        a: {
          does: [
            { after: "1 second", writes: "one" },
            { after: "3 seconds", writes: "two" },
            { after: "4 seconds", writes: "three", to: "error-output" }
          ]
        },
        "a/output": [{ runs: "2 seconds", exits: 1 }, { forks: "3 seconds" }]
      }
    })
    yield* test.tell("web", "1")
    yield* test.expect("1 minute", [
      "0s web 1 STARTING",
      "0s a/output started",
      "0s a started",
      "0s web 1 CHECKING",
      "0s web 1 DONE",
      "1s a wrote one",
      "1s a/output read one",
      "2s a/output exited 1",
      "3s a wrote two",
      "4s a wrote to error-output: three",
      "5s a/output started",
      "5s a/output read two",
      "5s a/output read three"
    ])
  }))

it.effect("errors that go elsewhere do not reach the logger of the output", () =>
  Effect.gen(function*() {
    const test = yield* ClinitTest.make({
      text: cltab("web:a:1:once:a", ":::web/a/output:pipe:log", ":::web/a/error-output:null"),
      scripts: { a: { does: [{ writes: "oh", to: "error-output" }] } }
    })
    yield* test.tell("web", "1")
    assert.deepStrictEqual(test.lines({ tag: "a" }), [
      "0s a/output started",
      "0s a started",
      "0s a wrote to error-output: oh"
    ])
  }))

it.effect("a script is named by a tag, by GROUP/TAG or by a command, and the nearer name goes first", () =>
  Effect.gen(function*() {
    const test = yield* ClinitTest.make({
      text: cltab("web:a:1:once:serve", "web:b:1:once:serve", "web:c:1:once:serve"),
      scripts: {
        "web/a": { runs: "1 second", exits: 1 },
        a: { runs: "1 second", exits: 2 },
        b: { runs: "1 second", exits: 3 },
        serve: { runs: "1 second", exits: 4 }
      }
    })
    yield* test.tell("web", "1")
    yield* test.expect("1 second", ["1s a exited 1", "1s b exited 3", "1s c exited 4"], { kind: "Ended" })
  }))

describe("the trace", () => {
  const told = Effect.gen(function*() {
    const test = yield* ClinitTest.make({
      text: cltab("web:a:1:respawn:a", "db:b:1:once:b"),
      scripts: { a: [{ runs: "2 seconds", exits: 1 }, {}] }
    })
    yield* test.tell("web", "1")
    yield* test.tell("db", "1")
    yield* test.after("10 seconds")
    return test
  })

  it.effect("is data", () =>
    Effect.gen(function*() {
      const test = yield* told
      assert.deepStrictEqual(test.records({ tag: "a" }), [
        { atMillis: 0, group: "web", tag: "a", what: { _tag: "Started" } },
        {
          atMillis: 2_000,
          group: "web",
          tag: "a",
          what: { _tag: "Ended", end: { _tag: "Exited", code: 1 } }
        },
        { atMillis: 2_000, group: "web", tag: "a", what: { _tag: "Started" } }
      ])
    }))

  it.effect("can be written as JSON and read again", () =>
    Effect.gen(function*() {
      const records = (yield* told).records()
      const codec = Schema.fromJsonString(Schema.Array(ClinitTest.TraceRecord))
      const text = yield* Schema.encodeEffect(codec)(records)
      assert.deepStrictEqual(yield* Schema.decodeEffect(codec)(text), [...records])
    }))

  it.effect("is looked at by group, by tag and by kind", () =>
    Effect.gen(function*() {
      const test = yield* told
      assert.deepStrictEqual(test.lines({ group: "db" }), [
        "0s db 1 STARTING",
        "0s b started",
        "0s db 1 CHECKING",
        "0s db 1 DONE"
      ])
      assert.deepStrictEqual(test.lines({ kind: "Ended" }), ["2s a exited 1"])
      assert.deepStrictEqual(test.lines({ group: "web", kind: ["Ended", "Started"] }), [
        "0s a started",
        "2s a exited 1",
        "2s a started"
      ])
    }))

  it.effect("has what a test notes in it", () =>
    Effect.gen(function*() {
      const test = yield* ClinitTest.make({ text: "web:a:1:once:a" })
      yield* test.after("2 seconds")
      yield* test.note("edited")
      yield* test.expect("0 seconds", ["2s edited"], { kind: "Noted" })
    }))

  it.effect("is expected as a table in which a line without a time has that of the line above", () =>
    Effect.gen(function*() {
      const test = yield* told
      yield* test.tell("web", "2")
      yield* test.expect(
        "1 minute",
        ClinitTest.timeline`
          10s   web 1 STOPPING
                a SIGINT
                a died of SIGINT
                web ${2} STARTING
                web 2 CHECKING
                web 2 DONE
        `
      )
    }))

  it.effect("that is another one than was expected is shown line by line", () =>
    Effect.gen(function*() {
      const test = yield* ClinitTest.make({ text: "web:a:1:once:a" })
      yield* test.tell("web", "1")
      assert.strictEqual(
        yield* deathOf(test.expect("1 second", ["0s web 1 STARTING", "0s a exited 1", "0s web 1 CHECKING"])),
        `the trace is another one (- expected, + what happened):
  0s web 1 STARTING
- 0s a exited 1
+ 0s a started
  0s web 1 CHECKING
+ 0s web 1 DONE`
      )
    }))

  it.effect("that is another one is reported where it was expected", () =>
    Effect.gen(function*() {
      const test = yield* ClinitTest.make({ text: "web:a:1:once:a" })
      const exit = yield* Effect.exit(test.expect("1 second", ["1s a started"]))
      const [reason] = Exit.isFailure(exit) ? exit.cause.reasons : []
      const { stack = "" } = reason !== undefined && Cause.isDieReason(reason) ? reason.defect as Error : {}
      assert.match(stack.split("\n").find((line) => line.includes(" at ")) ?? "", /ClinitTest\.test\.ts/)
    }))
})

describe("a supervisor under test", () => {
  it.effect("runs effects of the program for what they are, and traces them as it traces processes", () =>
    Effect.gen(function*() {
      const levels = ["run"]
      const test = yield* ClinitTest.make({
        entries: [
          Entry.process("app", "proxy", { levels, mode: "respawn", command: "proxy" }),
          Entry.effect("app", "tick", {
            levels,
            mode: "respawn",
            effect: Effect.delay(Effect.fail("worn out"), "2 seconds")
          }),
          Entry.effect("app", "slow", {
            levels,
            mode: "once",
            effect: Effect.ensuring(Effect.never, Effect.sleep("6 seconds"))
          })
        ]
      })
      yield* test.tell("app", "run")
      yield* test.expect("3 seconds", [
        "0s app run STARTING",
        "0s proxy started",
        "0s tick started",
        "0s slow started",
        "0s app run CHECKING",
        "0s app run DONE",
        "2s tick exited 1",
        "2s tick started"
      ])
      yield* test.stop("app")
      yield* test.expect("10 seconds", [
        "3s app run HALTING",
        "3s proxy SIGINT",
        "3s proxy died of SIGINT",
        "3s tick SIGINT",
        "3s tick died of SIGINT",
        "3s slow SIGINT",
        "8s slow SIGTERM",
        "9s slow died of SIGINT",
        "9s app run CONFIGURED"
      ])
    }))

  it.effect("is Clinit itself: its plan, its status and its outcomes are those of any other", () =>
    Effect.gen(function*() {
      const test = yield* ClinitTest.make({
        text: cltab("web:check:1:test:check", "web:a:1,2:respawn:a"),
        scripts: { check: { runs: "3 seconds", exits: 1 } }
      })
      const error = yield* Effect.flip(test.reach("web", "1"))
      assert.strictEqual(error.message, "web 1 FAILED: check exited 1")
      const { groups: [plan] } = yield* test.clinit().plan("web", "2")
      assert.deepStrictEqual(plan?.stop.map(({ tag }): string => tag), ["check"])
      const { groups } = yield* test.clinit().status
      assert.deepStrictEqual(groups[0]?.processes.map(({ state }) => state._tag), ["Failed", "Running"])
    }))

  it.effect("is stopped with its scope, however long that takes", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const test = yield* Scope.provide(
        ClinitTest.make({
          text: "web:a:1:respawn:a",
          scripts: { a: { ignores: ["SIGINT", "SIGTERM"], dies: "1 second" } }
        }),
        scope
      )
      yield* test.tell("web", "1")
      yield* test.after("1 second")
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(test.lines({ tag: "a" }), [
        "0s a started",
        "1s a SIGINT",
        "6s a SIGTERM",
        "16s a SIGKILL",
        "17s a died of SIGKILL"
      ])
      assert.deepStrictEqual(test.processes(), [])
    }))

  it.effect("follows its cltab, which a test can edit", () =>
    Effect.gen(function*() {
      const test = yield* ClinitTest.make({ text: "web:a:1:once:a" })
      yield* test.tell("web", "1")
      test.edit(cltab("web:a:1:once:a", "web:b:1:once:b"))
      yield* test.apply
      assert.deepStrictEqual(test.lines({ kind: "Started" }), ["0s a started", "0s b started"])
    }))

  it.effect("takes over what runs when it is a daemon and was killed", () =>
    Effect.gen(function*() {
      const test = yield* ClinitTest.make({
        text: cltab("web:a:1:respawn:a", "web:b:1:respawn:b"),
        scripts: { b: { runs: "10 seconds", exits: 1 } },
        serve: true
      })
      yield* test.tell("web", "1")
      yield* test.after("5 seconds")
      yield* test.crash
      assert.deepStrictEqual(test.processes().map(({ entry: { tag } }): string => tag), ["a", "b"])
      yield* test.after("10 seconds")
      yield* test.boot
      yield* test.after("1 second")
      assert.deepStrictEqual(test.lines().filter((line) => !line.startsWith("0s")), [
        "10s b exited 1",
        "15s web 1 STARTING",
        "15s b started",
        "15s web 1 CHECKING",
        "15s web 1 DONE"
      ])
      const { groups } = yield* test.clinit().status
      assert.deepStrictEqual(groups[0]?.processes.map(({ adopted }) => adopted), [true, undefined])
    }))

  it.effect("knows nothing of a program that was killed before it when it is none", () =>
    Effect.gen(function*() {
      const test = yield* ClinitTest.make({ text: "web:a:1:respawn:a", scripts: { a: { runs: "1 minute" } } })
      yield* test.tell("web", "1")
      yield* test.crash
      yield* test.boot
      assert.deepStrictEqual(test.lines({ kind: "Started" }), ["0s a started"])
      yield* test.tell("web", "1")
      assert.deepStrictEqual(test.processes().length, 2)
      // The first one is nobody's: it has to come to its end before the test does.
      yield* test.after("1 minute")
    }))
})

describe("the scripted machine", () => {
  const layer = Clinit.layer({ text: "web:a:1:respawn:serve" }).pipe(
    Layer.provideMerge(ClinitTest.machine({ scripts: { a: { runs: "10 seconds" } } }))
  )

  it.effect("carries Clinit.layer unchanged, and what depends on that", () =>
    Effect.gen(function*() {
      const { tell } = yield* Clinit
      yield* tell("web", "1")
      yield* ClinitTest.expect(
        "15 seconds",
        ClinitTest.timeline`
          0s   web 1 STARTING
               a started
               web 1 CHECKING
               web 1 DONE
          10s  a exited 0
               a started
        `
      )
      assert.deepStrictEqual(yield* ClinitTest.lines({ kind: "Ended" }), ["10s a exited 0"])
      assert.deepStrictEqual((yield* ClinitTest.records({ kind: "Ended" })).map(({ atMillis }) => atMillis), [
        10_000
      ])
    }).pipe(Effect.provide(layer)))

  it.effect("has one cltab for all files, which a test can edit or make unreadable", () =>
    Effect.gen(function*() {
      const cltab = yield* ClinitTest.EditableCltab
      const clinit = yield* Clinit.make({ cltab: "/etc/cltab" })
      cltab.write("web:b:1:respawn:b")
      yield* clinit.tell("web", "1")
      yield* ClinitTest.expect("1 second", ["0s b started"], { kind: "Started" })
      cltab.makeUnreadable("permission denied")
      const { warnings } = yield* clinit.reread
      assert.deepStrictEqual(warnings, ["permission denied: /etc/cltab (the last cltab stays in force)"])
    }).pipe(Effect.scoped, Effect.provide(ClinitTest.machine({ cltab: "web:a:1:respawn:a" }))))

  it.effect("carries any number of supervisors, each with a state of its own", () =>
    Effect.gen(function*() {
      const one = yield* Clinit.make({ text: "web:a:1:respawn:a" })
      const other = yield* Clinit.make({ text: "web:a:1,2:respawn:a" })
      yield* one.tell("web", "1")
      yield* other.tell("web", "2")
      yield* TestClock.adjust(0)
      const all = yield* Effect.all([one.status, other.status])
      assert.deepStrictEqual(
        all.map(({ groups }): string | undefined => groups[0]?.level),
        ["1", "2"]
      )
    }).pipe(Effect.scoped, Effect.provide(ClinitTest.machine())))

  it.effect("refuses a socket's path that another supervisor has, and keeps a status file", () =>
    Effect.gen(function*() {
      const options = { text: "web:a:1:respawn:a", socket: "/run/test", clstat: "/run/clstat" }
      const { statusFile } = yield* ClinitTest.ScriptedMachine
      const context = yield* Layer.build(Clinit.serve(options))
      const error = yield* Effect.flip(Layer.build(Layer.fresh(Clinit.serve(options))))
      assert.strictEqual(error.message, "/run/test.lock: another supervisor has it")
      yield* Effect.flatMap(Clinit, ({ tell }) => tell("web", "1")).pipe(Effect.provideContext(context))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(statusFile("/run/clstat"), "Cluster::Init::Group web 1 DONE\n")
    }).pipe(Effect.scoped, Effect.provide(ClinitTest.machine())))

  it.effect("dies at its end of what lives then", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const elsewhere = yield* Scope.make()
      const context = yield* Layer.buildWithScope(ClinitTest.machine(), scope)
      const clinit = yield* Clinit.make({ text: "web:a:1:respawn:a" }).pipe(
        Effect.provideContext(context),
        Scope.provide(elsewhere)
      )
      yield* clinit.tell("web", "1")
      yield* TestClock.adjust(0)
      assert.strictEqual(
        yield* deathOf(Scope.close(scope, Exit.void)),
        "@clinit/core/testing: these processes are left at the machine's end: web/a (pid 1001); is the supervisor's scope closed before?"
      )
    }))

  it.effect("dies at its end of a state that may not follow the one before", () =>
    Effect.gen(function*() {
      const death = yield* deathOf(Effect.scoped(
        Effect.gen(function*() {
          const { add } = yield* ClinitTest.Trace
          yield* add({ group: "web", what: { _tag: "Illegal", from: "DONE", to: "CHECKING" } })
        }).pipe(Effect.provide(ClinitTest.machine()))
      ))
      assert.strictEqual(death, "@clinit/core/testing: 0s web ILLEGAL DONE -> CHECKING")
    }))
})

describe("misuse is told clearly:", () => {
  const text = cltab("web:worker:1:respawn:node worker.js", ":::web/worker/output:pipe:log")
  const refusal = (scripts: ClinitTest.Scripts) => deathOf(Effect.scoped(ClinitTest.make({ text, scripts })))

  it.effect("a script that no entry has, with what was probably meant", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        yield* refusal({ wroker: {} }),
        "@clinit/core/testing: a script is named \"wroker\", but no entry has that tag or command (did you mean \"worker\"?)"
      )
      assert.strictEqual(
        yield* refusal({ "node worker": {}, "worker/output": {}, log: {} }),
        "@clinit/core/testing: a script is named \"node worker\", but no entry has that tag or command (did you mean \"node worker.js\"?)"
      )
    }))

  it.effect("a script of an effect, which is run as it is", () =>
    Effect.gen(function*() {
      const entries = [Entry.effect("web", "a", { levels: ["1"], mode: "once", effect: Effect.void })]
      assert.match(
        yield* deathOf(Effect.scoped(ClinitTest.make({ entries, scripts: { a: { runs: "1 second" } } }))),
        /a script is named "a", which is an effect of the program: that is run as it is$/
      )
    }))

  it.effect("a supervisor whose process no signal ends: its end fails, and does not wait for ever", () =>
    Effect.gen(function*() {
      const scripts: ClinitTest.Scripts = { a: { ignores: ["SIGINT", "SIGTERM", "SIGKILL"] } }
      const make = ClinitTest.make({ text: "web:a:1:respawn:a", scripts })
      const test = Effect.flatMap(make, ({ tell }) => tell("web", "1"))
      assert.match(
        yield* deathOf(Effect.scoped(test)),
        /the supervisor is not shut down \(web\/a \(pid 1001\) lives\) after 16h 40m$/
      )
    }))

  it.effect("a script that says how it ends, but not when, or two ends", () =>
    Effect.gen(function*() {
      assert.strictEqual(
        yield* refusal({ worker: { exits: 1 } }),
        "@clinit/core/testing: the script \"worker\" says how it ends, but not when: give it `runs` or `obeys`"
      )
      assert.strictEqual(
        yield* refusal({ worker: [{}, { runs: 0, exits: 1, dieOf: "SIGHUP" }] }),
        "@clinit/core/testing: the script \"worker\" has both `exits` and `dieOf`"
      )
    }))

  it.live("a clock on which time passes by itself", () =>
    Effect.gen(function*() {
      assert.match(
        yield* deathOf(Effect.scoped(ClinitTest.make({ text }))),
        /scripted processes live on the test clock: .* provide TestClock\.layer\(\)$/
      )
    }))

  it.effect("a program that is started while it runs, or asked while it does not", () =>
    Effect.gen(function*() {
      const test = yield* ClinitTest.make({ text })
      assert.match(yield* deathOf(test.boot), /it runs already: crash it before$/)
      yield* test.crash
      assert.match(
        yield* deathOf(test.tell("web", "1")),
        /no program runs: it was shut down or killed, and boot starts the next$/
      )
    }))

  it.effect("but a script of a stop command that comes from the settings of the whole is none", () =>
    Effect.gen(function*() {
      const test = yield* ClinitTest.make({
        text: "web:a:1:once:a",
        settings: { stop: [{ command: "halt it", grace: "5 seconds" }, "TERM"] },
        scripts: { a: { obeys: { "halt it": "1 second" } }, "halt it": { runs: "2 seconds" } }
      })
      yield* test.tell("web", "1")
      yield* test.tell("web", "2")
      yield* test.after("1 minute")
      assert.deepStrictEqual(test.lines({ tag: "a" }), ["0s a started", "0s a runs halt it", "1s a exited 0"])
    }))

  it.effect("a cltab with errors is refused as it is outside of tests, whatever the scripts are", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(
        Effect.scoped(ClinitTest.make({ text: "web:a:1:repsawn:a", scripts: { a: {} } }))
      )
      assert.strictEqual(error._tag, "InvalidCltab")
      assert.match(error.message, /did you mean respawn/)
    }))
})

it("no runner is needed, as in the docstring of `make`: a promise is enough", () =>
  Effect.runPromise(
    Effect.gen(function*() {
      const clinit = yield* ClinitTest.make({
        text: "shop:worker:run,:respawn:node worker.js",
        scripts: { worker: { ignores: ["SIGINT"] } }
      })
      yield* clinit.tell("shop", "run")
      yield* clinit.stop("shop/worker")
      yield* clinit.expect("1 minute", ["0s worker SIGINT", "5s worker SIGTERM"], { kind: "Signalled" })
    }).pipe(Effect.scoped, Effect.provide(TestClock.layer()), Effect.provide(Logger.layer([])))
  ))
