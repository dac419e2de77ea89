import * as ReplacedFile from "@clinit/core/node/ReplacedFile"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { execFileSync, spawn } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { eventually, scratch } from "./support/Peer.ts"
import { unprivileged } from "./support/Unprivileged.ts"

const isRoot = process.getuid?.() === 0
const replace = (file: string, text = "whole\n") =>
  Effect.promise(() => ReplacedFile.make(file, 0o600).replace(text))

/** A name that a writing may have chosen. */
const temporary = (digit: string) => `.f.${digit.repeat(16)}.tmp`

describe("what a daemon that was killed in the middle of a writing left", () => {
  it.live("is collected with the first writing of the next one", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const file = path.join(directory, "f")
      // Whether the kill meets a writing is chance: it is tried until it did.
      const writer = `
        import * as ReplacedFile from "@clinit/core/node/ReplacedFile"
        const { replace } = ReplacedFile.make(process.argv[1], 0o600)
        while (true) await replace("x".repeat(10_000_000))`
      const isLeft = () => fs.readdirSync(directory).some((name) => name.endsWith(".tmp"))
      for (let attempt = 0; attempt < 20 && !isLeft(); attempt++) {
        const child = spawn(process.execPath, [
          "--conditions=@clinit/source",
          "--input-type=module",
          "-e",
          writer,
          file
        ], { cwd: import.meta.dirname, stdio: "inherit" })
        const gone = new Promise((resume) => child.once("exit", resume))
        yield* eventually("it writes", isLeft)
        child.kill("SIGKILL")
        yield* Effect.promise(() => gone)
      }
      assert.isTrue(isLeft())
      yield* replace(file)
      assert.deepStrictEqual(fs.readdirSync(directory), ["f"])
    }), 60_000)

  it.live("is collected only if it has such a name and is a file", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const file = path.join(directory, "f")
      for (const digit of ["0", "f"]) fs.writeFileSync(path.join(directory, temporary(digit)), "")
      const kept = [".f.tmp", ".f.swp", ".f.0123.tmp", ".f.0123456789abcdeg.tmp", ".ff.0123456789abcdef.tmp"]
      for (const name of kept) fs.writeFileSync(path.join(directory, name), "")
      fs.writeFileSync(path.join(directory, "victim"), "precious")
      fs.symlinkSync(path.join(directory, "victim"), path.join(directory, temporary("1")))
      execFileSync("mkfifo", [path.join(directory, temporary("2"))])
      fs.mkdirSync(path.join(directory, temporary("3")))
      yield* replace(file)
      assert.deepStrictEqual(
        fs.readdirSync(directory).toSorted(),
        ["f", "victim", ...kept, ...["1", "2", "3"].map(temporary)].toSorted()
      )
      assert.strictEqual(fs.readFileSync(path.join(directory, "victim"), "utf8"), "precious")
    }))

  it.live.skipIf(!isRoot)(
    "stays if it is another user's (needs root to set up)",
    () =>
      Effect.gen(function*() {
        const directory = yield* scratch
        const left = path.join(directory, temporary("0"))
        fs.writeFileSync(left, "")
        fs.chownSync(left, 65534, 65534)
        yield* replace(path.join(directory, "f"))
        assert.isTrue(fs.existsSync(left))
      })
  )

  it.live("keeps nobody from writing where it cannot be looked for", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      fs.chmodSync(directory, 0o333)
      if (isRoot) fs.chownSync(directory, 65534, 65534)
      yield* unprivileged(replace(path.join(directory, "f")))
      fs.chmodSync(directory, 0o755)
      assert.deepStrictEqual(fs.readdirSync(directory), ["f"])
    }))
})

describe("replacing", () => {
  it.live("goes through no symlink: the link itself is replaced", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const victim = path.join(directory, "victim")
      fs.writeFileSync(victim, "precious")
      fs.symlinkSync(victim, path.join(directory, "f"))
      yield* replace(path.join(directory, "f"))
      assert.strictEqual(fs.readFileSync(victim, "utf8"), "precious")
      assert.isTrue(fs.lstatSync(path.join(directory, "f")).isFile())
    }))

  it.live("fails over a directory and leaves nothing beside it", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      fs.mkdirSync(path.join(directory, "f"))
      const failed = yield* Effect.promise(() =>
        ReplacedFile.make(path.join(directory, "f"), 0o600).replace("").then(() => "", ReplacedFile.reason)
      )
      assert.match(failed, /^EISDIR: [^,]+$/u)
      assert.deepStrictEqual(fs.readdirSync(directory), ["f"])
    }))

  it.live("two files in one directory at the same time works for both", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const names = ["f", "f.tmp", ".f", "g"]
      const files = names.map((name) => ReplacedFile.make(path.join(directory, name), 0o600))
      for (let round = 0; round < 50; round++) {
        yield* Effect.promise(() => Promise.all(files.map((file, index) => file.replace(names[index]!))))
      }
      assert.deepStrictEqual(fs.readdirSync(directory).toSorted(), names.toSorted())
      for (const name of names) assert.strictEqual(fs.readFileSync(path.join(directory, name), "utf8"), name)
    }))
})

const mountsTmpfs = (() => {
  if (!isRoot) return false
  const directory = fs.mkdtempSync(path.join(process.env["TMPDIR"] ?? "/tmp", "clinit-test-"))
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4k", "none", directory], { stdio: "ignore" })
    execFileSync("umount", ["-l", directory], { stdio: "ignore" })
    return true
  } catch {
    return false
  } finally {
    fs.rmdirSync(directory)
  }
})()

/** A file system of its own for a test, of so many pages. */
const fileSystem = Effect.fnUntraced(function*(kibibytes: number) {
  const directory = yield* scratch
  return yield* Effect.acquireRelease(
    Effect.sync(() => {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${kibibytes}k`, "none", directory])
      return directory
    }),
    () => Effect.sync(() => execFileSync("umount", ["-l", directory]))
  )
})

describe.skipIf(!mountsTmpfs)("a disk (needs permission to mount one)", () => {
  const attempt = (file: string, text: string) =>
    Effect.promise(() => ReplacedFile.make(file, 0o600).replace(text).then(() => "done", ReplacedFile.reason))

  it.live("that is full leaves the old content and nothing beside it, until there is room", () =>
    Effect.gen(function*() {
      const directory = yield* fileSystem(256)
      const file = path.join(directory, "f")
      const ballast = path.join(directory, "ballast")
      assert.strictEqual(yield* attempt(file, "old"), "done")
      try {
        fs.writeFileSync(ballast, Buffer.alloc(1024 * 1024))
      } catch {
        // full
      }
      assert.strictEqual(yield* attempt(file, "new"), "ENOSPC: no space left on device")
      assert.strictEqual(fs.readFileSync(file, "utf8"), "old")
      assert.deepStrictEqual(fs.readdirSync(directory).toSorted(), ["ballast", "f"])
      fs.unlinkSync(ballast)
      assert.strictEqual(yield* attempt(file, "new"), "done")
      assert.strictEqual(fs.readFileSync(file, "utf8"), "new")
    }))

  it.live("that is read-only is told, until it is not", () =>
    Effect.gen(function*() {
      const directory = yield* fileSystem(256)
      const file = path.join(directory, "f")
      assert.strictEqual(yield* attempt(file, "old"), "done")
      execFileSync("mount", ["-o", "remount,ro", directory])
      assert.strictEqual(yield* attempt(file, "new"), "EROFS: read-only file system")
      execFileSync("mount", ["-o", "remount,rw", directory])
      assert.strictEqual(yield* attempt(file, "new"), "done")
      assert.deepStrictEqual(fs.readdirSync(directory), ["f"])
    }))
})
