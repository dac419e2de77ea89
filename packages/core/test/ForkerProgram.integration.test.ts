import * as ControlGroupPlace from "@clinit/core/node/ControlGroupPlace"
import * as ForkerProcess from "@clinit/core/node/ForkerProcess"
import * as LocalPrograms from "@clinit/core/node/LocalPrograms"
import * as TreeMark from "@clinit/core/node/TreeMark"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fs from "node:fs"
import { scratch } from "./support/Peer.ts"
import {
  allContainments,
  eventually,
  freshName,
  killPid,
  read,
  withDeadline
} from "./support/RealProcesses.ts"

const { unavailable } = allContainments.find(({ containment }) => containment === "cgroup")!
const place = ControlGroupPlace.find()
const own = typeof place === "string" ? undefined : place.own

const forkerIn = (home: string | undefined) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const made = ForkerProcess.make({
        environment: process.env,
        home,
        mark: TreeMark.ofForker(freshName()),
        onEnd: () => {}
      })
      assert.isFalse("failure" in made)
      return made as ForkerProcess.ForkerProcess
    }),
    (forker) => Effect.callback<void>((resume) => forker.end(() => resume(Effect.void)))
  )

/** Directories of control groups that nobody has made, and that are removed once they are empty. */
const controlGroups = (count: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const base = `${own}/clinit-${freshName()}`
      return { base, directories: Array.from({ length: count }, (_, index) => `${base}/${index}`) }
    }),
    ({ base, directories }) =>
      eventually("the control groups are empty", () => {
        try {
          for (const directory of [...directories, base]) fs.rmdirSync(directory)
          return true
        } catch (error) {
          return (error as NodeJS.ErrnoException).code === "ENOENT"
        }
      })
  )

const procs = (directory: string) =>
  fs.readFileSync(`${directory}/cgroup.procs`, "utf8").trim().split("\n").map(Number)

type Order = Parameters<ForkerProcess.ForkerProcess["start"]>[0]

/** Whose script ends with 9, and whose program does not. */
const order = (program: ReadonlyArray<string>, facts: Partial<Order> = {}): Order => ({
  script: "exit 9",
  program: program as NonNullable<Order["program"]>,
  marks: "m",
  ...facts
})

/** What the forker tells: with what `look` sees when it tells of the process. */
const carriedOut = <A>(forker: ForkerProcess.ForkerProcess, what: Order, look: (pid: number) => A) =>
  withDeadline(
    "the start",
    Effect.callback<{ readonly pid: number; readonly seen: A; readonly end: Promise<number | null> }>(
      (resume) => {
        const { promise: end, resolve } = Promise.withResolvers<number | null>()
        forker.start(what, {
          answered: (answer) => {
            assert.strictEqual(answer._tag, "Started")
            if (answer._tag !== "Started") return
            const { pid } = answer.process
            resume(Effect.succeed({ pid, seen: look(pid), end }))
          },
          ended: ({ code }) => resolve(code),
          orphaned: () => resolve(null)
        })
      }
    )
  )

const statusOf = (forker: ForkerProcess.ForkerProcess, what: Order) =>
  Effect.flatMap(
    carriedOut(forker, what, () => {}),
    ({ end }) => withDeadline("the end", Effect.promise(() => end))
  )

describe("a program that a forker starts without a shell", () => {
  it.live("is the process", () =>
    Effect.gen(function*() {
      const forker = yield* forkerIn(undefined)
      assert.strictEqual(yield* statusOf(forker, order(["true"])), 0)
      assert.strictEqual(yield* statusOf(forker, order(["sh", "-c", "exit $1", "sh", "5"])), 5)
    }))

  it.live("is a shell's business if the kernel does not execute it", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      fs.writeFileSync(`${directory}/data`, "", { mode: 0o644 })
      const forker = yield* forkerIn(undefined)
      for (
        const name of [
          `${directory}/missing`,
          `${directory}/data`,
          `${directory}/data/x`,
          directory,
          "no-such-program"
        ]
      ) {
        assert.strictEqual(yield* statusOf(forker, order([name])), 9, name)
      }
    }))

  describe.skipIf(unavailable !== undefined)("in control groups", () => {
    it.live("is born in its own, and alone there when the forker tells of it, one after the other and at once", () =>
      Effect.gen(function*() {
        const { directories } = yield* controlGroups(40)
        const forker = yield* forkerIn(own)
        const start = (cgroup: string) =>
          Effect.acquireRelease(
            carriedOut(forker, order(["sleep", "1000"], { cgroup }), () => procs(cgroup)),
            ({ pid }) => Effect.sync(() => killPid(pid))
          )
        const first = yield* Effect.forEach(directories.slice(0, 10), start)
        const others = yield* Effect.forEach(directories.slice(10), start, { concurrency: "unbounded" })
        for (const { pid, seen } of [...first, ...others]) assert.deepStrictEqual(seen, [pid])
        assert.include(procs(own!), forker.pid)
      }))

    it.live("leaves shells, which are born where the forker belongs, to themselves", () =>
      Effect.gen(function*() {
        const directory = yield* scratch
        const { directories: [cgroup] } = yield* controlGroups(1)
        const forker = yield* forkerIn(own)
        const script = `cat /proc/self/cgroup > ${directory}/out; exit 9`
        const [direct, shell] = yield* Effect.all([
          carriedOut(forker, order(["sleep", "1000"], { cgroup: cgroup! }), () => {}),
          carriedOut(forker, { script, marks: "m" }, () => {})
        ], { concurrency: "unbounded" })
        yield* Effect.addFinalizer(() => Effect.sync(() => killPid(direct.pid)))
        assert.strictEqual(yield* Effect.promise(() => shell.end), 9)
        assert.strictEqual(read(`${directory}/out`), read("/proc/self/cgroup"))
      }))

    it.live.each([
      ["does not know where it belongs", undefined],
      ["could not come back", "/no/such/control/group"]
    ])(
      "is a shell's business, in the control group that was made, if the forker %s",
      ([, home]) =>
        Effect.gen(function*() {
          const { directories: [cgroup] } = yield* controlGroups(1)
          const forker = yield* forkerIn(home)
          assert.strictEqual(yield* statusOf(forker, order(["true"], { cgroup: cgroup! })), 9)
          assert.isTrue(fs.existsSync(cgroup!))
          assert.include(procs(own!), forker.pid)
        })
    )
  })
})

describe("programs that can be executed without waiting for another machine", () => {
  const path = "/usr/local/bin:/usr/bin:/bin"

  const known = (programs: LocalPrograms.LocalPrograms, name: string, where: string | undefined) =>
    eventually(`${name} is looked at`, () => programs.has(name, where))

  it.live("are known after they have been asked for once", () =>
    Effect.gen(function*() {
      const programs = LocalPrograms.make()
      assert.isFalse(programs.has("sleep", path))
      yield* known(programs, "sleep", path)
      yield* known(programs, fs.realpathSync("/bin/sleep"), undefined)
    }))

  it.live("are no scripts, nothing that is missing, and nothing behind other file systems or relative directories", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      fs.writeFileSync(`${directory}/script`, "#!/bin/sh\n", { mode: 0o755 })
      fs.writeFileSync(`${directory}/data`, "\x7fELF")
      const programs = LocalPrograms.make()
      const others = [
        ["script", directory],
        ["data", directory],
        [`${directory}/script`, undefined],
        ["/proc/version", undefined],
        ["missing", path],
        ["sleep", undefined],
        ["sleep", `/proc:${path}`],
        ["sleep", `:${path}`],
        ["sleep", `.:${path}`],
        ["./sleep", path]
      ] as const
      for (const [name, where] of others) {
        assert.isFalse(programs.has(name, where), name)
        // One is looked at at a time: as soon as another one is known this one was.
        yield* known(programs, "sleep", `${path}:/${name}/${where}`)
        assert.isFalse(programs.has(name, where), `${name} in ${where}`)
      }
    }))

  it.live("may lie behind directories of the PATH that are not there", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      yield* known(LocalPrograms.make(), "sleep", `${directory}/missing:${directory}:${path}`)
    }))
})
