import type { Containment } from "@clinit/protocol/Status"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { scratch, stays } from "./support/Peer.ts"
import {
  allContainments,
  eventually,
  freshMark,
  killPid,
  pidIn,
  read,
  runs,
  spawner,
  stat,
  withDeadline
} from "./support/RealProcesses.ts"
import { entryOf } from "./support/Spawner.contract.ts"

const listener = path.join(import.meta.dirname, "support/Listener.ts")

/** A command that writes what it hears to the file. */
const listen = (file: string) =>
  `'${process.execPath}' --disable-warning=ExperimentalWarning '${listener}' '${file}'`

/** The processes that listen in this directory, by their names, with what they heard. */
const listeners = (
  directory: string
): ReadonlyMap<string, { readonly pid: number; readonly heard: string }> =>
  new Map(
    fs.readdirSync(directory).flatMap((name) => {
      const [pid, ...heard] = read(`${directory}/${name}`)?.split("\n") ?? []
      return heard.length === 0 ? [] : [[name, { pid: Number(pid), heard: heard.join(" ").trim() }]]
    })
  )

const start = Effect.fnUntraced(function*(containment: Containment, command: string) {
  const directory = yield* scratch
  const child = yield* Effect.acquireRelease(
    Effect.flatMap(
      spawner(containment),
      ({ spawn }) => spawn(entryOf(command.replaceAll("DIR", directory)), freshMark())
    ),
    (child) =>
      Effect.gen(function*() {
        yield* child.signal("SIGKILL")
        yield* withDeadline("the extinction", child.extinct)
        for (const { pid } of listeners(directory).values()) killPid(pid)
      })
  )
  return { child, directory, heard: () => listeners(directory) }
})

const all = (directory: string, count: number) =>
  eventually("everybody listens", () => {
    const found = listeners(directory)
    return found.size === count && found
  })

const hasPython = (() => {
  try {
    execFileSync("python3", ["-c", "import ctypes"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
})()

/** A process whose main thread has ended while another goes on. */
const headless = [
  "import ctypes, threading, time",
  "threading.Thread(target=time.sleep, args=(1000,)).start()",
  "ctypes.CDLL(None).pthread_exit(None)"
].join("; ")

const claims = (containment: Containment) => {
  const isWhole = containment !== "group"

  /** A leader, a process of its group, and those that got away from it in every way there is. */
  const nasty = [
    `${listen("DIR/child")} & `,
    `setsid ${listen("DIR/session")} & `,
    `( ( setsid ${listen("DIR/double")} & ) & ) ; `,
    `setsid -f ${listen("DIR/forked")} ; `,
    `env -i setsid ${listen("DIR/bare")} & `,
    `exec ${listen("DIR/leader")}`
  ].join("")

  it.live.skipIf(!isWhole)(
    "everybody hears a signal exactly once, and nobody survives KILL",
    () =>
      Effect.gen(function*() {
        const { child, directory, heard } = yield* start(containment, nasty)
        const found = yield* all(directory, 6)
        for (const [signal, before] of [["SIGINT", "SIGINT"], ["SIGTERM", "SIGINT SIGTERM"]] as const) {
          yield* child.signal(signal)
          yield* eventually(
            `everybody heard ${signal}`,
            () => [...heard().values()].every(({ heard }) => heard.length >= before.length)
          )
          yield* stays(
            `everybody heard ${before}`,
            () => [...heard().values()].every(({ heard }) => heard === before),
            100
          )
        }
        assert.isFalse(child.isExtinct())
        yield* child.signal("SIGKILL")
        yield* withDeadline("the extinction", child.extinct)
        assert.deepStrictEqual([...found].filter(([, { pid }]) => runs(pid)), [])
      }),
    30_000
  )

  it.live(
    "what hears nothing because it is stopped hears it when it is continued",
    () =>
      Effect.gen(function*() {
        const { child, directory, heard } = yield* start(containment, `exec ${listen("DIR/leader")}`)
        yield* all(directory, 1)
        process.kill(child.identity!.pid, "SIGSTOP")
        yield* eventually("it is stopped", () => stat(child.identity!.pid)?.state === "T")
        yield* child.signal("SIGTERM")
        yield* child.signal("SIGCONT")
        yield* eventually("it heard", () => heard().get("leader")?.heard === "SIGTERM")
      }),
    30_000
  )

  it.live("a tree is extinct when the last of it is gone, and not before", () =>
    Effect.gen(function*() {
      const escape = isWhole ? "setsid " : ""
      const { child, directory } = yield* start(
        containment,
        `( ( ${escape}${listen("DIR/left")} & ) & ) ; until test -s DIR/left; do sleep 0.01; done; exit 3`
      )
      const extinct = yield* Effect.forkChild(child.extinct, { startImmediately: true })
      assert.deepStrictEqual(yield* withDeadline("the exit", child.exit), { _tag: "Exited", code: 3 })
      const { pid } = (yield* all(directory, 1)).get("left")!
      yield* stays("it is not extinct", () => !child.isExtinct() && extinct.pollUnsafe() === undefined, 300)
      killPid(pid)
      yield* withDeadline("the extinction", Fiber.join(extinct))
      assert.isFalse(runs(pid))
      assert.isTrue(child.isExtinct())
    }), 30_000)

  it.live("a tree that forks while it is killed is killed as a whole", () =>
    Effect.gen(function*() {
      // Each process of the chain starts the next and ends, as fast as it can.
      const { child, directory } = yield* start(
        containment,
        `echo 'echo $$ >> "$1"; sh "$0" "$1" & ' > DIR/chain; sh DIR/chain DIR/pids & exec sleep 1000`
      )
      yield* eventually("the chain grows", () => (read(`${directory}/pids`)?.length ?? 0) > 100)
      yield* child.signal("SIGKILL")
      yield* withDeadline("the extinction", child.extinct)
      const length = read(`${directory}/pids`)?.length
      yield* stays("the chain has ended", () => read(`${directory}/pids`)?.length === length, 200)
    }), 30_000)

  it.live.skipIf(!hasPython)(
    "a process whose main thread has ended is alive (needs python3)",
    () =>
      Effect.gen(function*() {
        const { child, directory } = yield* start(
          containment,
          `python3 -c '${headless}' & echo $! > DIR/pid; exec sleep 0.3`
        )
        const pid = yield* pidIn(`${directory}/pid`)
        yield* eventually("the main thread has ended", () => stat(pid)?.state === "Z")
        yield* withDeadline("the exit", child.exit)
        yield* stays("it is not extinct", () => !child.isExtinct(), 200)
        yield* child.signal("SIGKILL")
        yield* withDeadline("the extinction", child.extinct)
        assert.isFalse(runs(pid))
      }),
    30_000
  )

  it.live("a refused start leaves nothing behind", () =>
    Effect.gen(function*() {
      const { spawn } = yield* spawner(containment)
      const error = yield* Effect.flip(spawn(entryOf(`: ${"x".repeat(10_000_000)}`), freshMark()))
      assert.strictEqual(error._tag, "SpawnError")
    }), 30_000)
}

for (const { containment, unavailable } of allContainments) {
  const reason = unavailable === undefined ? "" : ` (skipped: ${unavailable})`
  describe.skipIf(unavailable !== undefined)(
    `trees held together by ${containment}${reason}`,
    () => claims(containment)
  )
}

describe("a tree that is held together by its process group alone", () => {
  it.live("is extinct though somebody got away", () =>
    Effect.gen(function*() {
      const { child, directory } = yield* start("group", `setsid -f ${listen("DIR/away")}; exec sleep 1000`)
      const { pid } = (yield* all(directory, 1)).get("away")!
      yield* child.signal("SIGKILL")
      yield* withDeadline("the extinction", child.extinct)
      assert.isTrue(runs(pid))
    }), 30_000)
})
