import type { Entry } from "@clinit/core/Cltab"
import * as Cltab from "@clinit/core/Cltab"
import type { Signal } from "@clinit/core/Signal"
import type { Child, SpawnError } from "@clinit/core/Spawner"
import { Spawner } from "@clinit/core/Spawner"
import { assert } from "@effect/vitest"
import type { Vitest } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"

/** A kind of process that the claims are made about. */
export interface Subject {
  readonly command: string
  /** Completes when the process does what is said of it. */
  readonly ready?: (child: Child) => Effect.Effect<void>
}

let marks = 0

export type Needs = Spawner | Scope.Scope

/** One spawner under test, and the world it works in. */
export interface World {
  readonly it: Vitest.Tester<Scope.Scope>
  readonly provide: <A, E>(test: Effect.Effect<A, E, Needs>) => Effect.Effect<A, E, Scope.Scope>
  /** Lets so much time pass that the effect completes. */
  readonly completes: <A>(effect: Effect.Effect<A>) => Effect.Effect<A>
  readonly subjects: {
    /** Ends by itself with code 3. */
    readonly exits3: Subject
    /** Ends by itself with code 0 and leaves a process of its group behind. */
    readonly leavesSurvivor: Subject
    /** Two processes that run until any signal. */
    readonly runs: Subject
    /** Runs on whatever signal comes but KILL. */
    readonly stubborn: Subject
  }
}

/** An entry with this command. */
export const entryOf = (command: string): Entry => ({
  ...Cltab.parse("test:entry:1:once:command").entries[0]!,
  command
})

/** Starts a process that is gone when the test ends. */
export const spawn = ({ command, ready }: Subject): Effect.Effect<Child, SpawnError, Needs> =>
  Effect.acquireRelease(
    Effect.flatMap(Spawner, (spawner) => spawner.spawn(entryOf(command), `contract.${++marks}`)),
    (child) => Effect.andThen(child.signal("SIGKILL"), child.extinct)
  ).pipe(Effect.tap((child) => ready?.(child) ?? Effect.void))

const isPending = Effect.fnUntraced(function*(effect: Effect.Effect<unknown>) {
  const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
  const pending = fiber.pollUnsafe() === undefined
  yield* Fiber.interrupt(fiber)
  return pending
})

/** What everything above a spawner relies on. */
export const claims = ({ completes, it, provide, subjects }: World) => {
  const claim = <A, E>(title: string, test: () => Effect.Effect<A, E, Needs>) =>
    it(title, () => provide(Effect.suspend(test)))

  claim("a process that ends by itself is reported with its code", () =>
    Effect.gen(function*() {
      const child = yield* spawn(subjects.exits3)
      assert.deepStrictEqual(yield* completes(child.exit), { _tag: "Exited", code: 3 })
      yield* completes(child.extinct)
    }))

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] satisfies ReadonlyArray<Signal>) {
    claim(
      `a process that dies of ${signal} is reported with the signal's name`,
      () =>
        Effect.gen(function*() {
          const child = yield* spawn(subjects.runs)
          yield* child.signal(signal)
          assert.deepStrictEqual(yield* completes(child.exit), { _tag: "Signaled", signal })
        })
    )
  }

  claim("a signal reaches every process of the group", () =>
    Effect.gen(function*() {
      const child = yield* spawn(subjects.runs)
      yield* child.signal("SIGTERM")
      yield* completes(child.extinct)
    }))

  claim("a process that runs has neither ended nor gone extinct", () =>
    Effect.gen(function*() {
      const child = yield* spawn(subjects.runs)
      assert.isTrue(yield* isPending(child.exit))
      assert.isTrue(yield* isPending(child.extinct))
      assert.isFalse(child.isExtinct())
    }))

  claim(
    "a group is extinct when its last process is gone, not when its leader is (D23)",
    () =>
      Effect.gen(function*() {
        const child = yield* spawn(subjects.leavesSurvivor)
        const extinct = yield* Effect.forkChild(child.extinct, { startImmediately: true })
        const leaderFirst = yield* completes(
          Effect.map(child.exit, (end) => [end, extinct.pollUnsafe() === undefined] as const)
        )
        assert.deepStrictEqual(leaderFirst, [{ _tag: "Exited", code: 0 }, true])
        yield* child.signal("SIGKILL")
        yield* completes(Fiber.join(extinct))
      })
  )

  claim("the exit may be awaited any number of times, also when it has come", () =>
    Effect.gen(function*() {
      const child = yield* spawn(subjects.exits3)
      const end = { _tag: "Exited", code: 3 } as const
      assert.deepStrictEqual(yield* completes(Effect.all([child.exit, child.exit], { concurrency: 2 })), [
        end,
        end
      ])
      assert.deepStrictEqual(yield* completes(child.exit), end)
    }))

  claim(
    "to give up waiting for the exit or the extinction is possible at once and changes nothing",
    () =>
      Effect.gen(function*() {
        const child = yield* spawn(subjects.runs)
        for (const waiting of [child.exit, child.extinct]) {
          const fiber = yield* Effect.forkChild(waiting, { startImmediately: true })
          yield* Fiber.interrupt(fiber)
        }
        yield* child.signal("SIGTERM")
        assert.deepStrictEqual(yield* completes(child.exit), { _tag: "Signaled", signal: "SIGTERM" })
        yield* completes(child.extinct)
      })
  )

  claim("a process may survive a signal, but not KILL", () =>
    Effect.gen(function*() {
      const child = yield* spawn(subjects.stubborn)
      yield* child.signal("SIGINT")
      yield* child.signal("SIGTERM")
      assert.isTrue(yield* isPending(child.exit))
      yield* child.signal("SIGKILL")
      assert.deepStrictEqual(yield* completes(child.exit), { _tag: "Signaled", signal: "SIGKILL" })
      yield* completes(child.extinct)
    }))

  claim("a signal after the extinction does nothing (D13)", () =>
    Effect.gen(function*() {
      const child = yield* spawn(subjects.exits3)
      yield* completes(child.extinct)
      yield* child.signal("SIGTERM")
      yield* child.signal("SIGKILL")
      assert.deepStrictEqual(yield* completes(child.exit), { _tag: "Exited", code: 3 })
    }))

  claim("a signal to one group leaves the others alone", () =>
    Effect.gen(function*() {
      const one = yield* spawn(subjects.runs)
      const other = yield* spawn(subjects.runs)
      assert.notStrictEqual(one.identity!.pid, other.identity!.pid)
      yield* one.signal("SIGTERM")
      yield* completes(one.extinct)
      assert.isTrue(yield* isPending(other.exit))
    }))
}
