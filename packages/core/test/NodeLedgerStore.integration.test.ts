import { LedgerStore } from "@clinit/core/LedgerStore"
import * as NodeLedgerStore from "@clinit/core/node/NodeLedgerStore"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { execFileSync, spawn } from "node:child_process"
import * as fs from "node:fs"
import * as net from "node:net"
import * as path from "node:path"
import { crc32 } from "node:zlib"
import { eventually, scratch, stays } from "./support/Peer.ts"
import { unprivileged } from "./support/Unprivileged.ts"

const isRoot = process.getuid?.() === 0

/** The store of this file, as long as the test lasts. */
const open = (file: string) =>
  Effect.map(
    Layer.build(NodeLedgerStore.layer(file)),
    (context) => LedgerStore.pipe(Effect.provideContext(context), Effect.runSync)
  )

const whole = (text: string) => ({ text, added: "", isTorn: false })

const setUp = Effect.gen(function*() {
  const directory = yield* scratch
  const file = path.join(directory, "s.ledger")
  return { directory, ...(yield* open(file)) }
})

const refusal = (file: string) =>
  Effect.flatMap(open(file), ({ read }) =>
    Effect.map(Effect.flip(read), (error) => {
      assert.strictEqual(error._tag, "LedgerRefused")
      assert.isTrue(error.message.startsWith(`${file}: `), error.message)
      return error.reason
    }))

/** Bytes under a right checksum. */
const sealed = (bytes: Uint8Array) =>
  Buffer.concat([
    bytes,
    Buffer.from(`#crc32 ${crc32(bytes).toString(16).padStart(8, "0")} ${bytes.length}\n`)
  ])

describe("what was kept", () => {
  it.live("is read again, whatever text it is, also by another store", () =>
    Effect.gen(function*() {
      const { directory, file, read, replace } = yield* setUp
      assert.isUndefined(yield* read)
      const texts = [
        "one\n",
        "",
        "no newline",
        "\uFEFFé\u{1F600}\r\n\0",
        "#crc32 00000000 0\n",
        "x".repeat(1_000_000)
      ]
      for (const text of texts) {
        yield* replace(text)
        assert.deepStrictEqual(yield* read, whole(text))
        assert.deepStrictEqual(yield* (yield* open(file)).read, whole(text))
        assert.deepStrictEqual(fs.readdirSync(directory), ["s.ledger"])
      }
    }))

  it.live("is a file for the owner only, under any umask, whose last line is the checksum", () =>
    Effect.gen(function*() {
      const { file, replace } = yield* setUp
      const umask = process.umask(0)
      yield* replace("one\ntwo\n").pipe(Effect.ensuring(Effect.sync(() => process.umask(umask))))
      assert.strictEqual(fs.statSync(file).mode & 0o7777, 0o600)
      const checksum = crc32("one\ntwo\n").toString(16).padStart(8, "0")
      assert.strictEqual(fs.readFileSync(file, "utf8"), `one\ntwo\n#crc32 ${checksum} 8\n`)
    }))

  it.live("is removed, and there being none is no error", () =>
    Effect.gen(function*() {
      const { directory, read, remove, replace } = yield* setUp
      yield* remove
      yield* replace("text")
      yield* remove
      assert.isUndefined(yield* read)
      assert.deepStrictEqual(fs.readdirSync(directory), [])
    }))

  it.live("has its directory made again if that went missing", () =>
    Effect.gen(function*() {
      const run = path.join(yield* scratch, "run")
      fs.mkdirSync(run)
      const { read, replace } = yield* open(path.join(run, "s.ledger"))
      yield* replace("one")
      fs.rmSync(run, { recursive: true })
      assert.isUndefined(yield* read)
      yield* replace("two")
      assert.deepStrictEqual(yield* read, whole("two"))
      assert.strictEqual(fs.statSync(run).mode & 0o7777, 0o700)
    }))
})

describe("a ledger that somebody takes away", () => {
  it.live("is written again after a while, as it was, and its directory too", () =>
    Effect.gen(function*() {
      const run = path.join(yield* scratch, "run")
      fs.mkdirSync(run)
      const file = path.join(run, "s.ledger")
      const { read, replace } = yield* open(file)
      yield* replace("one")
      yield* replace("two")
      fs.rmSync(run, { recursive: true })
      yield* eventually("it is back", () => fs.existsSync(file))
      assert.deepStrictEqual(yield* read, whole("two"))
      assert.deepStrictEqual(fs.readdirSync(run), ["s.ledger"])
    }), 30_000)

  it.live(
    "stays away if it was removed in order, and what another put there stays",
    () =>
      Effect.gen(function*() {
        const directory = yield* scratch
        const removed = yield* open(path.join(directory, "removed"))
        const replaced = yield* open(path.join(directory, "replaced"))
        for (const { replace } of [removed, replaced]) yield* replace("text")
        yield* removed.remove
        fs.unlinkSync(replaced.file)
        fs.writeFileSync(replaced.file, "another's")
        yield* stays(
          "nothing changes",
          () => !fs.existsSync(removed.file) && fs.readFileSync(replaced.file, "utf8") === "another's",
          2_500
        )
      }),
    30_000
  )
})

describe("what was added", () => {
  const added = ["one more\n", "", "é\n", "x".repeat(5_000)]

  it.live("is read behind what was replaced, also by another store, and nothing of what was there is written again", () =>
    Effect.gen(function*() {
      const { append, file, read, replace } = yield* setUp
      assert.isFalse(yield* append("before anything"))
      yield* replace("whole\n")
      const { ino, size } = fs.statSync(file)
      for (const text of added) assert.isTrue(yield* append(text))
      const expected = { text: "whole\n", added: added.join(""), isTorn: false }
      assert.deepStrictEqual(yield* read, expected)
      assert.deepStrictEqual(yield* (yield* open(file)).read, expected)
      assert.strictEqual(fs.statSync(file).ino, ino)
      assert.isAbove(fs.statSync(file).size, size)
      yield* replace("again")
      assert.deepStrictEqual(yield* read, whole("again"))
      assert.isTrue(yield* append("more"))
      assert.deepStrictEqual(yield* read, { text: "again", added: "more", isTorn: false })
    }))

  it.live("is refused at whatever byte of it is altered, taken out or added, and if a part of it is missing or doubled", () =>
    Effect.gen(function*() {
      const { append, file, read, replace } = yield* setUp
      yield* replace("whole\n")
      const ends = [fs.statSync(file).size]
      for (const text of ["first\n", "second\n", "third\n"]) {
        yield* append(text)
        ends.push(fs.statSync(file).size)
      }
      const [start = 0, one = 0, two = 0, all = 0] = ends
      const bytes = fs.readFileSync(file)
      const places = Array.from({ length: all - start }, (_, index) => start + index)
      const part = (from: number, to?: number) => bytes.subarray(from, to)
      const damaged = [
        ...places.map((at) => bytes.with(at, bytes[at]! ^ 1)),
        ...places.slice(0, one - start).map((at) => Buffer.concat([part(0, at), part(at + 1)])),
        ...places.map((at) => Buffer.concat([part(0, at), Buffer.from("x"), part(at)])),
        Buffer.concat([part(0, start), part(one)]),
        Buffer.concat([part(0, one), part(start)]),
        Buffer.concat([part(0, start), part(one, two), part(start, one), part(two)]),
        Buffer.concat([bytes, Buffer.from("\n")]),
        Buffer.concat([bytes, bytes])
      ]
      for (const content of damaged) {
        fs.writeFileSync(file, content)
        const error = yield* Effect.flip(read)
        assert.include(error.reason, "is truncated or was altered", content.toString())
      }
    }))

  it.live("counts up to the last of it that is whole, wherever its writer was cut off", () =>
    Effect.gen(function*() {
      const { append, file, read, replace } = yield* setUp
      yield* replace("whole\n")
      yield* append("first\n")
      const before = fs.statSync(file).size
      yield* append("second\n")
      const bytes = fs.readFileSync(file)
      for (let length = before; length < bytes.length; length++) {
        fs.writeFileSync(file, bytes.subarray(0, length))
        assert.deepStrictEqual(yield* read, { text: "whole\n", added: "first\n", isTorn: length > before })
      }
    }))

  it.live("goes to nothing but the file that was replaced last, as it was left and for the owner only", () =>
    Effect.gen(function*() {
      const { append, file, read, replace } = yield* setUp
      const changes: ReadonlyArray<() => void> = [
        () => fs.unlinkSync(file),
        () => fs.appendFileSync(file, "x"),
        () => fs.truncateSync(file, 5),
        () => fs.chmodSync(file, 0o644),
        () => {
          fs.renameSync(file, `${file}.away`)
          fs.copyFileSync(`${file}.away`, file)
        },
        () => {
          fs.unlinkSync(file)
          fs.symlinkSync(`${file}.away`, file)
        }
      ]
      for (const change of changes) {
        yield* replace("whole\n")
        change()
        assert.isFalse(yield* append("more\n"), String(change))
        yield* replace("all\n")
        assert.deepStrictEqual(yield* read, whole("all\n"))
      }
    }))

  it.live("is written again with the rest if somebody removes the file", () =>
    Effect.gen(function*() {
      const { append, file, read, replace } = yield* setUp
      yield* replace("whole\n")
      yield* append("more\n")
      fs.unlinkSync(file)
      yield* eventually("it is back", () => fs.existsSync(file))
      assert.deepStrictEqual(yield* read, { text: "whole\n", added: "more\n", isTorn: false })
      assert.isTrue(yield* append("and more\n"))
      assert.deepStrictEqual(yield* read, { text: "whole\n", added: "more\nand more\n", isTorn: false })
    }), 30_000)

  it.live(
    "is not written again if somebody altered it before the file was removed: the next change replaces all",
    () =>
      Effect.gen(function*() {
        const { append, file, read, replace } = yield* setUp
        yield* replace("whole\n")
        yield* append("more\n")
        fs.writeFileSync(file, "x".repeat(fs.statSync(file).size))
        fs.unlinkSync(file)
        yield* stays("it is away", () => !fs.existsSync(file), 2_500)
        assert.isFalse(yield* append("and more\n"))
        yield* replace("all\n")
        assert.deepStrictEqual(yield* read, whole("all\n"))
      }),
    30_000
  )
})

describe("a ledger that was damaged is refused", () => {
  const text = "{\"a\":1}\n{\"b\":\"é\"}\n"

  it.live("at whatever byte it is cut off or altered, and whatever is added", () =>
    Effect.gen(function*() {
      const { file, read, replace } = yield* setUp
      yield* replace(text)
      const bytes = fs.readFileSync(file)
      const damaged = [
        ...Array.from(bytes.keys(), (length) => bytes.subarray(0, length)),
        ...Array.from(bytes.keys(), (at) => bytes.with(at, bytes[at]! ^ 1)),
        ...Array.from(bytes.keys(), (at) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])),
        Buffer.concat([bytes, Buffer.from("\n")]),
        Buffer.concat([bytes, bytes]),
        Buffer.concat([Buffer.from("x"), bytes]),
        Buffer.concat([Buffer.from(text), bytes]),
        Buffer.alloc(0),
        Buffer.alloc(bytes.length)
      ]
      for (const content of damaged) {
        fs.writeFileSync(file, content)
        const error = yield* Effect.flip(read)
        assert.include(error.reason, "is truncated or was altered", `${content.toString()}`)
      }
      fs.writeFileSync(file, bytes)
      assert.deepStrictEqual(yield* read, whole(text))
    }))

  it.live("if it is not UTF-8 though its checksum is right", () =>
    Effect.gen(function*() {
      const file = path.join(yield* scratch, "s.ledger")
      fs.writeFileSync(file, sealed(Buffer.from([0x61, 0xff, 0x0a])), { mode: 0o600 })
      assert.strictEqual(yield* refusal(file), "is not UTF-8")
    }))

  it.live("if it is larger than 128 MiB, without being read", () =>
    Effect.gen(function*() {
      const file = path.join(yield* scratch, "s.ledger")
      fs.writeFileSync(file, "", { mode: 0o600 })
      fs.truncateSync(file, 128 * 1024 * 1024 + 1)
      assert.strictEqual(yield* refusal(file), "is larger than 128 MiB")
    }))
})

describe("what is no ledger of ours is refused", () => {
  const things: ReadonlyArray<readonly [what: string, make: (file: string) => void, reason: string]> = [
    ["a directory", (file) => fs.mkdirSync(file), "is not a regular file"],
    ["a FIFO, without waiting", (file) => void execFileSync("mkfifo", [file]), "is not a regular file"],
    ["a symlink to nothing", (file) => fs.symlinkSync(`${file}.nothing`, file), "is a symbolic link"],
    ["a symlink to a sound ledger", (file) => {
      fs.writeFileSync(`${file}.target`, sealed(Buffer.from("text")), { mode: 0o600 })
      fs.symlinkSync(`${file}.target`, file)
    }, "is a symbolic link"]
  ]
  for (const [what, make, reason] of things) {
    it.live(what, () =>
      Effect.gen(function*() {
        const file = path.join(yield* scratch, "s.ledger")
        make(file)
        assert.strictEqual(yield* refusal(file), reason)
      }))
  }

  it.live("a socket", () =>
    Effect.gen(function*() {
      const file = path.join(yield* scratch, "s.ledger")
      const server = net.createServer().listen(file)
      yield* Effect.addFinalizer(() => Effect.sync(() => server.close()))
      assert.strictEqual(yield* refusal(file), "is not a regular file")
    }))

  it.live("a file that others may read or write", () =>
    Effect.gen(function*() {
      const { file, replace } = yield* setUp
      yield* replace("text")
      for (
        const [mode, words] of [[0o640, "0640"], [0o604, "0604"], [0o620, "0620"], [0o602, "0602"]] as const
      ) {
        fs.chmodSync(file, mode)
        assert.strictEqual(yield* refusal(file), `is open to others than its owner (mode ${words})`)
      }
    }))

  it.live("a file that may not be read", () =>
    Effect.gen(function*() {
      const { directory, file, read, replace } = yield* setUp
      yield* replace("text")
      fs.chmodSync(directory, 0o755)
      fs.chmodSync(file, 0)
      const error = yield* unprivileged(Effect.flip(read))
      assert.strictEqual(error.reason, "cannot be read: EACCES: permission denied")
    }))

  it.live.skipIf(!isRoot)("another user's file (needs root to set up)", () =>
    Effect.gen(function*() {
      const { file, replace } = yield* setUp
      yield* replace("text")
      fs.chownSync(file, 65534, 65534)
      assert.strictEqual(yield* refusal(file), "belongs to another user (uid 65534)")
    }))

  it.live("a path that leads over a file", () =>
    Effect.gen(function*() {
      const file = path.join(yield* scratch, "occupied")
      fs.writeFileSync(file, "")
      assert.strictEqual(
        yield* refusal(path.join(file, "s.ledger")),
        "cannot be read: ENOTDIR: not a directory"
      )
    }))
})

describe("removing", () => {
  it.live("removes whatever is there, a symlink itself and not its target", () =>
    Effect.gen(function*() {
      const { directory, file, remove } = yield* setUp
      const victim = path.join(directory, "victim")
      fs.writeFileSync(victim, "precious")
      fs.symlinkSync(victim, file)
      yield* remove
      execFileSync("mkfifo", [file])
      yield* remove
      assert.deepStrictEqual(fs.readdirSync(directory), ["victim"])
      assert.strictEqual(fs.readFileSync(victim, "utf8"), "precious")
    }))

  it.live("leaves a directory and says so; writing over one is an error too", () =>
    Effect.gen(function*() {
      const { directory, file, remove, replace } = yield* setUp
      fs.mkdirSync(file)
      for (const attempt of [remove, replace("text")]) {
        const error = yield* Effect.flip(attempt)
        assert.strictEqual(error._tag, "LedgerUnwritable")
        assert.match(error.message, /s\.ledger: E[A-Z]+: /u)
      }
      assert.deepStrictEqual(fs.readdirSync(directory), ["s.ledger"])
    }))
})

it.live("ids cannot be guessed and are lower case letters and digits", () =>
  Effect.gen(function*() {
    const { freshId } = yield* setUp
    const ids = yield* Effect.all(Array.from({ length: 1_000 }, () => freshId))
    assert.strictEqual(new Set(ids).size, 1_000)
    for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/u)
  }))

it.live("a signature is as long as can be guessed by nobody, and another for another key or text", () =>
  Effect.gen(function*() {
    const { sign } = yield* setUp
    const texts = ["", "1.a.web:a", "1.a.web:b", "2.a.web:a"]
    const signatures = ["", "key", "kez"].flatMap((key) => texts.map((text) => sign(key, text)))
    assert.strictEqual(new Set(signatures).size, signatures.length)
    for (const signature of signatures) assert.match(signature, /^[0-9a-f]{32}$/u)
    assert.strictEqual(sign("key", "1.a.web:a"), signatures[5])
  }))

it.live("the boot is the system's name for it, where there is one", () =>
  Effect.gen(function*() {
    const { boot } = yield* setUp
    const file = "/proc/sys/kernel/random/boot_id"
    assert.strictEqual(boot, fs.existsSync(file) ? fs.readFileSync(file, "utf8").trim() : undefined)
  }))

describe("who keeps a ledger", () => {
  const startTimeOf = (pid: number) =>
    fs.readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]!.split(" ")[19]!

  it.live.skipIf(!fs.existsSync("/proc/self/stat"))(
    "runs if its pid and start time are a live process's",
    () =>
      Effect.gen(function*() {
        const { isRunning, keeper } = yield* setUp
        assert.deepStrictEqual(keeper, { pid: process.pid, startTime: startTimeOf(process.pid) })
        assert.isFalse(isRunning(keeper), "this very process")
        const child = spawn("sleep", ["1000"], { stdio: "ignore" })
        const ended = new Promise((resolve) => child.once("exit", resolve))
        const other = { pid: child.pid!, startTime: startTimeOf(child.pid!) }
        assert.isTrue(isRunning(other))
        assert.isFalse(isRunning({ ...other, startTime: `${other.startTime}1` }), "a pid that was given away")
        child.kill("SIGKILL")
        yield* Effect.promise(() => ended)
        assert.isFalse(isRunning(other))
      })
  )
})
