import * as Cltab from "@clinit/core/Cltab"
import * as EntryLogger from "@clinit/core/EntryLogger"
import { Spawner } from "@clinit/core/Spawner"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import { scratch } from "./support/Peer.ts"
import {
  allContainments,
  comm,
  eventually,
  freshMark,
  members,
  read,
  spawner,
  stat,
  withDeadline
} from "./support/RealProcesses.ts"
import { unprivileged } from "./support/Unprivileged.ts"

type Needs = Spawner | Scope.Scope

const claim = <A, E>(title: string, test: () => Effect.Effect<A, E, Needs>) =>
  it.live(
    title,
    () => Effect.provideServiceEffect(Effect.suspend(test), Spawner, Effect.orDie(spawner(undefined))),
    30_000
  )

const isRoot = process.geteuid?.() === 0
const rootClaim: typeof claim = (title, test) =>
  isRoot ? claim(title, test) : it.skip(`${title} [not root]`, () => {})

/** For a daemon that is not root, as far as it can tell, and has no control groups. */
const unprivilegedClaim: typeof claim = (title, test) =>
  it.live(title, () =>
    unprivileged(
      Effect.provideServiceEffect(Effect.suspend(test), Spawner, Effect.orDie(spawner("group")))
    ), 30_000)

/** An entry with this command and these lines of settings for the whole daemon, less their `:::`. */
const entry = (command: string, ...settings: ReadonlyArray<string>) => {
  const { diagnostics, entries } = Cltab.parse(
    [...settings.map((line) => `:::${line}`), `test:entry:1:once:${command}`].join("\n")
  )
  assert.deepStrictEqual(diagnostics, [])
  return entries[0]!
}

/** Starts a process that is gone when the test ends. */
const spawn = (command: string, ...settings: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.flatMap(Spawner, (spawner) => spawner.spawn(entry(command, ...settings), freshMark())),
    (child) => Effect.andThen(child.signal("SIGKILL"), child.extinct)
  )

const refusal = (...settings: ReadonlyArray<string>) =>
  Effect.map(Effect.flip(spawn("sleep 1000", ...settings)), ({ reason }) => reason)

/** A process that sleeps, started with these settings. */
const sleeper = Effect.fnUntraced(function*(...settings: ReadonlyArray<string>) {
  const { pid } = (yield* spawn("sleep 1000", ...settings)).identity!
  // A program has its name a moment before its environment, and for another moment its libraries open.
  yield* eventually("it sleeps", () => comm(pid) === "sleep" && stat(pid)?.state === "S")
  return pid
})

/** Variables that a bash as /bin/sh makes for itself. */
const ofBash = ["SHLVL", "_"]

const withoutThoseOfBash = (variables: Iterable<readonly [string, string | undefined]>) =>
  Object.fromEntries([...variables].filter(([name]) => !ofBash.includes(name)))

const environmentOf = (pid: number) =>
  withoutThoseOfBash(
    fs.readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").filter((each) => each !== "").map((each) => {
      const at = each.indexOf("=")
      return [each.slice(0, at), each.slice(at + 1)] as const
    })
  )

/** What the process has, and what was foretold of it. */
const environments = Effect.fnUntraced(function*(...settings: ReadonlyArray<string>) {
  const pid = yield* sleeper(...settings)
  const { CLINIT_TREE, ...has } = environmentOf(pid)
  assert.match(CLINIT_TREE ?? "", /./)
  const foretold = yield* (yield* Spawner).environment(entry("sleep 1000", ...settings))
  return {
    has,
    foretold: withoutThoseOfBash(foretold.map(({ name, value }) => [name, value])),
    origins: Object.fromEntries(foretold.map(({ name, origin }) => [name, origin]))
  }
})

/** All fields of /proc/PID/status. */
const status = (pid: number) =>
  Object.fromEntries(
    (read(`/proc/${pid}/status`) ?? "").split("\n").map((line) => {
      const [name = "", value = ""] = line.split(":\t")
      return [name, value.trim().replaceAll("\t", " ")]
    })
  )

const limit = (pid: number, name: string) =>
  new RegExp(`^${name}\\s{2,}(\\S+)\\s+(\\S+)`, "m").exec(read(`/proc/${pid}/limits`) ?? "")?.slice(1).join(
    ":"
  )

const niceness = (pid: number) => os.getPriority(pid)

/** A directory that every user may enter. */
const openScratch = Effect.tap(scratch, (directory) => Effect.sync(() => fs.chmodSync(directory, 0o755)))

const clean = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  PWD: process.cwd()
}

/** Of all that may be in a value, what a shell would make something of. */
const odd = `it's "q" $HOME \`id\` $(id) \\ \\' -n *? ~ #; & | é ✓ \ttab  end `

describe("the environment of an entry", () => {
  for (const chain of [[], ["limit.nofile:64:128"]] as const) {
    const how = chain.length === 0 ? "started at once" : "that is set up by other programs"

    claim(
      `${how} is the daemon's as foretold, without what the shell has of its own`,
      () =>
        Effect.gen(function*() {
          const { foretold, has, origins } = yield* environments(...chain, "env.A:1")
          assert.deepStrictEqual(has, foretold)
          assert.strictEqual(has["HOME"], process.env["HOME"])
          assert.strictEqual(origins["HOME"], "daemon")
          assert.strictEqual(origins["A"], "setting")
        })
    )

    claim(
      `${how} has nothing of the daemon's where it is to be clean, whatever holds for the shell`,
      () =>
        Effect.gen(function*() {
          const { foretold, has, origins } = yield* environments(...chain, "env:clean")
          assert.deepStrictEqual([has, foretold], [clean, clean])
          assert.deepStrictEqual(origins, { PATH: "default", PWD: "default" })
        })
    )

    claim(
      `${how} has the values of settings unchanged, whatever a shell would make of them`,
      () =>
        Effect.gen(function*() {
          const values = { ODD: odd, EMPTY: "", DASH: "-n", __proto__1: "x", PATH: "/bin:/usr/bin" }
          const { foretold, has } = yield* environments(
            ...chain,
            "env:clean",
            ...Object.entries(values).map(([name, value]) => `env.${name}:${value}`)
          )
          assert.deepStrictEqual([has, foretold], [{ ...clean, ...values }, { ...clean, ...values }])
        })
    )

    claim(
      `${how} has what its file says at each start, less than what the cltab says`,
      () =>
        Effect.gen(function*() {
          const file = `${yield* scratch}/it's an env`
          const settings = [...chain, "env:clean", `env-file:${file}`, "env.B:setting"]
          fs.writeFileSync(file, "A=1\nB=file\nexport C='two\nlines $HOME'\n# no\nIFS=x\nPWD=/nowhere\n", {
            mode: 0o600
          })
          const first = yield* environments(...settings)
          const expected = { ...clean, A: "1", B: "setting", C: "two\nlines $HOME" }
          assert.deepStrictEqual([first.has, first.foretold], [expected, expected])
          assert.deepStrictEqual(first.origins, {
            PATH: "default",
            PWD: "default",
            A: "env-file",
            B: "setting",
            C: "env-file"
          })
          fs.writeFileSync(file, "A=2\n")
          assert.deepStrictEqual((yield* environments(...settings)).has, { ...clean, A: "2", B: "setting" })
        })
    )

    claim(`${how} has its working directory in PWD, and begins there`, () =>
      Effect.gen(function*() {
        const directory = `${yield* openScratch}/it's $here`
        fs.mkdirSync(directory)
        const pid = yield* sleeper(...chain, `cwd:${directory}`, "env:clean")
        assert.strictEqual(fs.readlinkSync(`/proc/${pid}/cwd`), directory)
        assert.strictEqual(environmentOf(pid)["PWD"], directory)
        assert.notProperty(environmentOf(pid), "OLDPWD")
      }))
  }

  claim(
    "has nothing of a file to which somebody else could have led: by a link in a directory that others can write",
    () =>
      Effect.gen(function*() {
        const directory = yield* scratch
        const file = `${directory}/secret`
        fs.writeFileSync(file, "A=1\n", { mode: 0o600 })
        fs.symlinkSync("secret", `${directory}/own`)
        fs.mkdirSync(`${directory}/theirs`)
        fs.chmodSync(`${directory}/theirs`, 0o1777)
        fs.symlinkSync("../secret", `${directory}/theirs/link`)
        fs.symlinkSync("..", `${directory}/theirs/up`)
        const told = (file: string) =>
          Effect.flatMap(
            Spawner,
            (spawner) => spawner.environment(entry("true", "env:clean", `env-file:${file}`))
          )
        const reasonOf = (file: string) => Effect.map(Effect.flip(told(file)), ({ reason }) => reason)
        assert.include((yield* told(`${directory}/own`)).map(({ name }) => name), "A")
        for (const [path, link] of [["theirs/link", "link"], ["theirs/up/secret", "up"]]) {
          const refused =
            `env-file: ${directory}/${path}: "${link}" is a symbolic link in a directory that ` +
            "others can write"
          assert.strictEqual(yield* reasonOf(`${directory}/${path}`), refused)
          assert.strictEqual(yield* refusal(`env-file:${directory}/${path}`), refused)
        }
        fs.linkSync(file, `${directory}/theirs/hard`)
        assert.match(
          yield* reasonOf(`${directory}/theirs/hard`),
          /: has other names \(hard links\), and others/
        )
        fs.rmSync(`${directory}/theirs/hard`)
        fs.writeFileSync(`${directory}/theirs/file`, "A=1\n", { mode: 0o600 })
        assert.include((yield* told(`${directory}/theirs/file`)).map(({ name }) => name), "A")
      })
  )

  claim(
    "cannot be foretold, and refuses the start, where the file cannot be trusted or read",
    () =>
      Effect.gen(function*() {
        const file = `${yield* scratch}/env`
        const expect = Effect.fnUntraced(function*(words: string) {
          const reason = yield* refusal(`env-file:${file}`)
          assert.strictEqual(reason, `env-file: ${file}: ${words}`)
          const told = yield* Effect.flip((yield* Spawner).environment(entry("true", `env-file:${file}`)))
          assert.strictEqual(told.reason, reason)
        })
        yield* expect("ENOENT: no such file or directory")
        fs.writeFileSync(file, "A=1\n")
        fs.chmodSync(file, 0o620)
        yield* expect("can be written by others than its owner (mode 0620): chmod go-w")
        fs.chmodSync(file, 0o600)
        fs.writeFileSync(file, "a-b=secret\n")
        yield* expect(`sets "a-b": a name is letters, digits and _, and begins with no digit`)
        fs.writeFileSync(file, Buffer.from([0x41, 0x3d, 0xff]))
        yield* expect("is not UTF-8")
        fs.writeFileSync(file, "A=se\0cret")
        yield* expect("has a zero byte")
        fs.writeFileSync(file, "A".repeat(2 ** 21))
        yield* expect("is larger than 1024 KiB")
        fs.rmSync(file)
        execFileSync("mkfifo", [file])
        yield* expect("is not a regular file")
        fs.rmSync(file)
        fs.mkdirSync(file)
        yield* expect("is not a regular file")
        if (isRoot) {
          fs.rmdirSync(file)
          fs.writeFileSync(file, "A=1\n")
          fs.chownSync(file, 54_321, 54_321)
          yield* expect("belongs to neither root nor the daemon's user, but to uid 54321")
        }
      })
  )
})

describe("what a process is set up with", () => {
  claim("are its limits, in one process from the start to the program", () =>
    Effect.gen(function*() {
      const pid = yield* sleeper("limit.nofile:64:128", "limit.core:0", "limit.as:1G:2G")
      assert.deepStrictEqual(
        ["Max open files", "Max core file size", "Max address space"].map((name) => limit(pid, name)),
        ["64:128", "0:0", `${2 ** 30}:${2 ** 31}`]
      )
      assert.deepInclude(stat(pid), { ppid: process.pid, pgrp: pid, session: pid })
      assert.deepStrictEqual(members(pid), [pid])
      assert.deepStrictEqual(
        fs.readdirSync(`/proc/${pid}/fd`),
        fs.readdirSync(`/proc/${yield* sleeper()}/fd`)
      )
      for (const fd of [0, 1, 2]) {
        assert.strictEqual(fs.readlinkSync(`/proc/${pid}/fd/${fd}`), fs.readlinkSync(`/proc/self/fd/${fd}`))
      }
    }))

  claim("are its niceness and its umask", () =>
    Effect.gen(function*() {
      const own = os.getPriority()
      const pid = yield* sleeper(`nice:${own + 3}`, "umask:027")
      assert.deepStrictEqual([niceness(pid), status(pid)["Umask"]], [own + 3, "0027"])
      assert.strictEqual(status(yield* sleeper("umask:0"))["Umask"], "0000")
    }))

  rootClaim(
    "is its user, with the groups of the account and the variables that name it",
    () =>
      Effect.gen(function*() {
        const { foretold, has, origins } = yield* environments(
          "user:nobody",
          "env:clean",
          "env.SHELL:/bin/sh"
        )
        const expected = {
          ...clean,
          HOME: "/nonexistent",
          USER: "nobody",
          LOGNAME: "nobody",
          SHELL: "/bin/sh"
        }
        assert.deepStrictEqual([has, foretold], [expected, expected])
        assert.deepInclude(origins, { HOME: "account", SHELL: "setting" })
        const pid = yield* sleeper("user:nobody", "umask:077", "nice:-3", "limit.nofile:64")
        const { CapEff, CapPrm, Gid, Groups, Uid } = status(pid)
        const group = execFileSync("id", ["-g", "nobody"], { encoding: "utf8" }).trim()
        assert.deepStrictEqual([Uid, Gid, Groups], [
          "65534 65534 65534 65534",
          Array(4).fill(group).join(" "),
          group
        ])
        assert.deepStrictEqual([CapEff, CapPrm], ["0000000000000000", "0000000000000000"])
        assert.deepStrictEqual([niceness(pid), limit(pid, "Max open files")], [-3, "64:64"])
      })
  )

  rootClaim(
    "are its supplementary groups: those of the account, others, or none, also without another user",
    () =>
      Effect.gen(function*() {
        const groups = Effect.fnUntraced(function*(...settings: ReadonlyArray<string>) {
          const { Gid = "", Groups } = status(yield* sleeper(...settings))
          return [Gid.split(" ")[0], Groups]
        })
        assert.deepStrictEqual(yield* groups("user:nobody", "groups:none"), ["65534", ""])
        assert.deepStrictEqual(yield* groups("user:65534", "groups:daemon,54321"), ["65534", "1 54321"])
        assert.deepStrictEqual(yield* groups("groups:daemon"), ["0", "1"])
        assert.deepStrictEqual(yield* groups("groups:none"), ["0", ""])
      })
  )

  claim(
    "has the account's groups where the user is the daemon's own, if that may set any",
    () =>
      Effect.gen(function*() {
        const { uid, username } = os.userInfo()
        const pid = yield* sleeper(`user:${uid}`)
        const groups = uid === 0
          ? execFileSync("id", ["-G", username], { encoding: "utf8" }).trim().split(" ").sort()
          : status(process.pid)["Groups"]?.trim().split(" ").sort()
        assert.deepStrictEqual(status(pid)["Groups"]?.trim().split(" ").sort(), groups)
        assert.strictEqual(environmentOf(pid)["LOGNAME"], username)
      })
  )

  rootClaim(
    "keeps the entry's environment from whatever still has the daemon's rights",
    () =>
      Effect.gen(function*() {
        // The loader of each program that has these variables adds to the file what it does.
        const directory = yield* openScratch
        const debug = `${directory}/debug`
        fs.mkdirSync(debug)
        fs.chmodSync(debug, 0o777)
        const child = yield* spawn(
          "id -u",
          "user:nobody",
          "limit.nofile:64",
          "nice:1",
          "env.LD_PRELOAD:/no/such/library.so",
          "env.LD_DEBUG:files",
          `env.LD_DEBUG_OUTPUT:${debug}/ld`,
          `output:file:${directory}/out`
        )
        yield* withDeadline("the exit", child.exit)
        assert.match(read(`${directory}/out`) ?? "", /^65534$/m)
        const [file, ...others] = fs.readdirSync(debug).map((name) => `${debug}/${name}`)
        assert.deepStrictEqual(others, [])
        const loaded = [...(read(file!) ?? "").matchAll(/initialize program: (\S+)/g)].map(([, name]) => name)
        assert.deepStrictEqual(loaded, ["/bin/sh", "id"])
        assert.strictEqual(fs.statSync(file!).uid, 65534)
      })
  )

  claim("when a limit is too tight for the set-up itself", () =>
    Effect.gen(function*() {
      const reason = yield* refusal("limit.as:1K")
      assert.match(reason, /died of SIG|cannot|failed|error/)
    }))

  claim(
    "when its environment is larger than what can be carried past the set-up",
    () =>
      Effect.gen(function*() {
        const settings = ["1", "2"].map((name) => `env.LARGE${name}:${"x".repeat(70_000)}`)
        assert.match(
          yield* refusal("limit.nofile:64", ...settings),
          /^env: an environment of more than 127 KiB/
        )
        yield* sleeper(...settings)
      })
  )

  claim("when there is no such user or group", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* refusal("user:no.such"), `user: this machine has no user "no.such"`)
      // 4294967296 is root to a getent that looks at the last 32 bits, and the next is none's.
      for (const number of ["54321", "4294967296", "+4294967296", "4294967295", "9".repeat(30)]) {
        assert.strictEqual(yield* refusal(`user:${number}`), `user: this machine has no user "${number}"`)
      }
      if (!isRoot) return
      for (const group of ["no.such", "4294967296"]) {
        assert.strictEqual(
          yield* refusal(`groups:${group}`),
          `groups: this machine has no group "${group}"`
        )
      }
    }))

  unprivilegedClaim("when only root may do it", () =>
    Effect.gen(function*() {
      const daemon = `the daemon runs as uid ${process.geteuid?.()}`
      assert.strictEqual(
        yield* refusal("user:daemon"),
        `user: only root may start a process as daemon; ${daemon}`
      )
      assert.strictEqual(
        yield* refusal("groups:none"),
        `groups: only root may set the groups of a process; ${daemon}`
      )
    }))

  claim("when its directory is not there, or none", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      fs.writeFileSync(`${directory}/file`, "")
      assert.strictEqual(
        yield* refusal(`cwd:${directory}/no`),
        `cwd: ${directory}/no: ENOENT: no such file or directory`
      )
      assert.strictEqual(
        yield* refusal(`cwd:${directory}/file`),
        `cwd: ${directory}/file: is not a directory`
      )
    }))

  rootClaim("when its user may not enter its directory, though the daemon may", () =>
    Effect.gen(function*() {
      const directory = yield* scratch // for its owner only
      const reason = yield* refusal("user:nobody", `cwd:${directory}`)
      assert.match(reason, /^cwd: cd: /)
      assert.include(reason, directory)
    }))

  for (const { containment, unavailable } of allContainments) {
    const test = unavailable === undefined ? it.live : it.live.skip
    test(`with no process, whatever holds it together: ${containment}`, () =>
      Effect.gen(function*() {
        const before = children()
        const refused = Effect.flip((yield* Spawner).spawn(entry("true", "limit.as:1K"), freshMark()))
        yield* withDeadline("the refusal", Effect.all([refused, refused, refused], { concurrency: 3 }))
        assert.deepStrictEqual(children(), before)
      }).pipe(Effect.provideServiceEffect(Spawner, Effect.orDie(spawner(containment)))))
  }

  claim(
    "never in the middle: to interrupt it waits for the process, which is not lost",
    () =>
      Effect.gen(function*() {
        const before = children()
        const fiber = yield* Effect.forkChild(
          Effect.scoped(Effect.andThen(spawn("sleep 1000", "limit.nofile:64"), Effect.never)),
          { startImmediately: true }
        )
        yield* withDeadline("the interruption", Fiber.interrupt(fiber))
        assert.deepStrictEqual(children(), before)
      })
  )
})

/** The processes, dead ones included, that are ours. */
const children = () => {
  const pids = fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number)
  return pids.filter((pid) => stat(pid)?.ppid === process.pid)
}

describe("the output of an entry", () => {
  /** Runs the command to its end in a directory of its own, in which the settings' files are. */
  const outputs = Effect.fnUntraced(function*(command: string, ...settings: ReadonlyArray<string>) {
    const directory = yield* scratch
    const at = (text: string) => text.replaceAll("DIR", directory)
    for (let run = 1; run <= 2; run++) {
      const child = yield* spawn(command, ...settings.map(at))
      assert.deepStrictEqual(yield* withDeadline("the exit", child.exit), { _tag: "Exited", code: 0 })
    }
    return Object.fromEntries(
      fs.readdirSync(directory).map((name) => [name, fs.readFileSync(`${directory}/${name}`, "utf8")])
    )
  })

  const both = "echo 1; echo 2 >&2; echo 3; echo 4 >&2; exit"

  for (const chain of [[], ["limit.nofile:64"]] as const) {
    const how = chain.length === 0 ? "" : ", when it is set up by other programs"

    claim(`goes to the end of one file in the order of its writing${how}`, () =>
      Effect.gen(function*() {
        const expected = { log: "1\n2\n3\n4\n1\n2\n3\n4\n" }
        assert.deepStrictEqual(yield* outputs(both, ...chain, "output:file:DIR/log"), expected)
        const twice = ["output:file:DIR/log", "error-output:file:DIR/log"]
        assert.deepStrictEqual(yield* outputs(both, ...chain, ...twice), expected)
      }))

    claim(
      `goes elsewhere than what it reports as errors if that is said${how}`,
      () =>
        Effect.gen(function*() {
          assert.deepStrictEqual(
            yield* outputs(both, ...chain, "output:file:DIR/out", "error-output:file:DIR/./err"),
            { out: "1\n3\n1\n3\n", err: "2\n4\n2\n4\n" }
          )
          const nowhere = ["output:file:DIR/out", "error-output:null"]
          assert.deepStrictEqual(yield* outputs(both, ...chain, ...nowhere), { out: "1\n3\n1\n3\n" })
        })
    )

    claim(
      `goes nowhere with null, and where the daemon's goes with inherit${how}`,
      () =>
        Effect.gen(function*() {
          const targets = Effect.fnUntraced(function*(...settings: ReadonlyArray<string>) {
            const pid = yield* sleeper(...chain, ...settings)
            return [1, 2].map((fd) => fs.readlinkSync(`/proc/${pid}/fd/${fd}`))
          })
          const [own, ownError] = [1, 2].map((fd) => fs.readlinkSync(`/proc/self/fd/${fd}`))
          assert.deepStrictEqual(yield* targets("output:null"), ["/dev/null", "/dev/null"])
          assert.deepStrictEqual(yield* targets("output:null", "error-output:inherit"), [
            "/dev/null",
            ownError
          ])
          assert.deepStrictEqual(yield* targets("error-output:null"), [own, "/dev/null"])
          assert.deepStrictEqual(yield* targets("output:inherit"), [own, ownError])
        })
    )
  }

  claim("refuses the start if it is refused", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      fs.symlinkSync("/etc/passwd", `${directory}/link`)
      assert.strictEqual(
        yield* refusal(`output:file:${directory}/link`),
        `output: ${directory}/link: is a symbolic link`
      )
      assert.strictEqual(
        yield* refusal("output:null", `error-output:file:${directory}`),
        `error-output: ${directory}: is a directory`
      )
    }))
})

claim("the pipe of a logger is made whatever the daemon's PATH is", () =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const before = process.env["PATH"]
      process.env["PATH"] = "/clinit/nowhere"
      return before
    }),
    () =>
      Effect.flatMap(Spawner, ({ openPipe }) =>
        Effect.flatMap(openPipe(EntryLogger.of(entry("true", "output:pipe:cat"))[0]!), ({ close }) =>
          close)),
    (before) =>
      Effect.sync(() => void (process.env["PATH"] = before))
  ))
