import * as NodeStatusFile from "@clinit/core/node/NodeStatusFile"
import { StatusFileTarget } from "@clinit/core/StatusFile"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { execFileSync, spawn } from "node:child_process"
import * as fs from "node:fs"
import * as net from "node:net"
import * as path from "node:path"
import { scratch } from "./support/Peer.ts"
import { unprivileged } from "./support/Unprivileged.ts"

const target = (file: string) => Effect.provide(StatusFileTarget, NodeStatusFile.layer(file))

/** A status file's path in a directory of its own, and what writes it. */
const setUp = Effect.gen(function*() {
  const directory = yield* scratch
  const file = path.join(directory, "clstat")
  return { directory, file, ...(yield* target(file)) }
})

const isRoot = process.getuid?.() === 0

describe("replacing", () => {
  it.live("writes the text, first and again, and leaves nothing beside it", () =>
    Effect.gen(function*() {
      const { directory, file, replace } = yield* setUp
      for (const text of ["one\n", "", "a longer text\nof two lines\n", "é\n"]) {
        yield* replace(text)
        assert.strictEqual(fs.readFileSync(file, "utf8"), text)
        assert.deepStrictEqual(fs.readdirSync(directory), ["clstat"])
      }
    }))

  it.live(
    "is atomic: a reader that never pauses sees the old text or the new, whole",
    () =>
      Effect.gen(function*() {
        const { file, replace } = yield* setUp
        const text = (letter: string) => `${letter.repeat(200_000)}.\n`
        yield* replace(text("a"))
        // Says whether all it read was whole, once its standard input is closed.
        const script = `
        const fs = require("node:fs")
        let ended = false, reads = 0, seen = new Set()
        process.stdin.on("end", () => ended = true).resume()
        process.stdout.write("reading\\n")
        const look = () => {
          for (let count = 0; count < 20; count++) {
            const text = fs.readFileSync(process.argv[1], "latin1")
            reads++
            if (text.length === 200002 && text === text[0].repeat(200000) + ".\\n") seen.add(text[0])
            else return console.log("a part of " + text.length)
          }
          if (!ended) return setImmediate(look)
          console.log(reads > 0 && seen.size > 1 ? "whole" : "saw " + [...seen])
        }
        look()`
        const reader = yield* Effect.acquireRelease(
          Effect.sync(() =>
            spawn(process.execPath, ["-e", script, file], { stdio: ["pipe", "pipe", "inherit"] })
          ),
          (child) => Effect.sync(() => child.kill("SIGKILL"))
        )
        const said = reader.stdout.setEncoding("utf8").iterator()
        assert.strictEqual((yield* Effect.promise(() => said.next())).value, "reading\n")
        for (let count = 0; count < 300; count++) yield* replace(text("abcdefgh"[count % 8]!))
        reader.stdin.end()
        assert.strictEqual((yield* Effect.promise(() => said.next())).value, "whole\n")
      }),
    30_000
  )

  it.live("makes a file that everybody may read, as far as the umask allows it", () =>
    Effect.gen(function*() {
      const { file, replace } = yield* setUp
      for (const [umask, mode] of [[0, "644"], [0o022, "644"], [0o027, "640"], [0o077, "600"]] as const) {
        yield* Effect.acquireUseRelease(
          Effect.sync(() => process.umask(umask)),
          () => replace("text\n"),
          (before) => Effect.sync(() => process.umask(before))
        )
        assert.strictEqual((fs.statSync(file).mode & 0o7777).toString(8), mode)
      }
    }))

  it.live("makes its directory again, for the owner only, if that goes missing", () =>
    Effect.gen(function*() {
      const run = path.join(yield* scratch, "var", "run")
      const { remove, replace } = yield* target(path.join(run, "clstat"))
      fs.mkdirSync(run, { recursive: true })
      yield* replace("text\n")
      fs.rmSync(path.dirname(run), { recursive: true })
      for (let round = 0; round < 2; round++) {
        yield* replace("text\n")
        assert.deepStrictEqual(fs.readdirSync(run), ["clstat"])
        assert.strictEqual((fs.statSync(run).mode & 0o7777).toString(8), "700")
        fs.rmSync(run, { recursive: true })
        yield* remove
      }
    }))

  it.live("that is interrupted is done nevertheless, and leaves nothing beside it", () =>
    Effect.gen(function*() {
      const { directory, file, replace } = yield* setUp
      const fiber = yield* Effect.forkChild(replace("whole\n"), { startImmediately: true })
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(fs.readFileSync(file, "utf8"), "whole\n")
      assert.deepStrictEqual(fs.readdirSync(directory), ["clstat"])
    }))
})

describe("removing", () => {
  it.live("removes the file, and is content if there is none", () =>
    Effect.gen(function*() {
      const { directory, remove, replace } = yield* setUp
      yield* replace("text\n")
      yield* remove
      yield* remove
      assert.deepStrictEqual(fs.readdirSync(directory), [])
    }))
})

describe("what is no regular file is neither replaced nor removed", () => {
  const things: ReadonlyArray<readonly [what: string, make: (file: string) => void, isThere?: boolean]> = [
    ["a directory", (file) => fs.mkdirSync(file)],
    ["a FIFO", (file) => void execFileSync("mkfifo", [file])],
    ["a symlink to nothing", (file) => fs.symlinkSync(`${file}.nothing`, file)],
    ["a symlink to a file", (file) => {
      fs.writeFileSync(`${file}.file`, "precious")
      fs.symlinkSync(`${file}.file`, file)
    }]
  ]

  const isLeftAlone = Effect.fnUntraced(function*(make: (file: string) => void) {
    const { directory, file, remove, replace } = yield* setUp
    make(file)
    const { ino, mode } = fs.lstatSync(file)
    const names = fs.readdirSync(directory)
    for (const attempt of [replace("text\n"), remove]) {
      const error = yield* Effect.flip(attempt)
      assert.strictEqual(error._tag, "StatusFileError")
      assert.include(error.message, `${file}: exists and is not a regular file`)
    }
    const now = fs.lstatSync(file)
    assert.deepStrictEqual([now.ino, now.mode], [ino, mode])
    assert.deepStrictEqual(fs.readdirSync(directory), names)
  })

  for (const [what, make] of things) it.live(what, () => isLeftAlone(make))

  it.live("a socket", () =>
    Effect.gen(function*() {
      const server = net.createServer()
      yield* Effect.addFinalizer(() => Effect.sync(() => server.close()))
      yield* isLeftAlone((file) => void server.listen(file))
    }))

  it.live.skipIf(!isRoot)(
    "a device (needs root to make one)",
    () => isLeftAlone((file) => void execFileSync("mknod", [file, "c", "1", "3"]))
  )
})

describe("trouble", () => {
  it.live("a directory that never was there is an error that names the file, and is not made", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const file = path.join(directory, "missing", "clstat")
      const { remove, replace } = yield* target(file)
      const error = yield* Effect.flip(replace("text\n"))
      assert.strictEqual(error._tag, "StatusFileError")
      assert.strictEqual(error.message, `${file}: ENOENT: no such file or directory`)
      assert.deepStrictEqual(fs.readdirSync(directory), [])
      yield* remove
    }))

  it.live("a directory that cannot be made is an error that names the file", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      fs.writeFileSync(path.join(directory, "occupied"), "")
      const file = path.join(directory, "occupied", "clstat")
      const { replace } = yield* target(file)
      const error = yield* Effect.flip(replace("text\n"))
      assert.strictEqual(error._tag, "StatusFileError")
      assert.strictEqual(error.message, `${file}: ENOTDIR: not a directory`)
    }))

  it.live("is told in words that stay the same as long as the cause does", () =>
    Effect.gen(function*() {
      const { directory, replace } = yield* setUp
      fs.chmodSync(directory, 0o555)
      const [first, second] = yield* unprivileged(
        Effect.all([Effect.flip(replace("text\n")), Effect.flip(replace("text\n"))])
      )
      assert.strictEqual(first.message, second.message)
    }))

  it.live("a directory that is not ours to write is an error, and nothing is left there", () =>
    Effect.gen(function*() {
      const { directory, file, remove, replace } = yield* setUp
      yield* replace("old\n")
      fs.chmodSync(directory, 0o555)
      for (const attempt of [replace("new\n"), remove]) {
        const error = yield* unprivileged(Effect.flip(attempt))
        assert.isTrue(error.message.startsWith(`${file}: EACCES`), error.message)
      }
      fs.chmodSync(directory, 0o755)
      assert.strictEqual(fs.readFileSync(file, "utf8"), "old\n")
      assert.deepStrictEqual(fs.readdirSync(directory), ["clstat"])
    }))

  it.live.skipIf(!isRoot)(
    "another user's file in a directory like /tmp stays, and nothing is left beside it (needs root to set up)",
    () =>
      Effect.gen(function*() {
        const { directory, file, replace } = yield* setUp
        yield* replace("root's\n")
        fs.chmodSync(directory, 0o1777)
        const error = yield* unprivileged(Effect.flip(replace("mine\n")))
        assert.isTrue(error.message.startsWith(`${file}: EPERM`), error.message)
        assert.strictEqual(fs.readFileSync(file, "utf8"), "root's\n")
        assert.deepStrictEqual(fs.readdirSync(directory), ["clstat"])
      })
  )

  it.live("a full device is an error, and nothing is left of the attempt", () =>
    Effect.gen(function*() {
      const { directory, file } = yield* setUp
      // The limit on a file's size stands for the full device; it binds every write of the process.
      const script = `
        import * as NodeStatusFile from "@clinit/core/node/NodeStatusFile"
        import { StatusFileTarget } from "@clinit/core/StatusFile"
        import * as Effect from "effect/Effect"
        process.on("SIGXFSZ", () => {})
        const program = Effect.gen(function*() {
          const { replace } = yield* StatusFileTarget
          yield* replace("small\\n")
          const error = yield* Effect.flip(replace("x".repeat(100_000)))
          console.log(error.message)
        })
        await Effect.runPromise(Effect.provide(program, NodeStatusFile.layer(process.argv[1])))`
      const child = yield* Effect.promise(() =>
        new Promise<string>((resolve) => {
          const shell =
            "ulimit -f 32; exec \"$0\" --conditions=@clinit/source --input-type=module -e \"$1\" \"$2\""
          const child = spawn("/bin/sh", ["-c", shell, process.execPath, script, file], {
            cwd: import.meta.dirname
          })
          let said = ""
          for (const stream of [child.stdout, child.stderr]) {
            stream.on("data", (chunk) => said += String(chunk))
          }
          child.once("close", () => resolve(said))
        })
      )
      assert.isTrue(child.startsWith(`${file}: EFBIG`), child)
      assert.strictEqual(fs.readFileSync(file, "utf8"), "small\n")
      assert.deepStrictEqual(fs.readdirSync(directory), ["clstat"])
    }), 20_000)
})
