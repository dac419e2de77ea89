import * as OutputFile from "@clinit/core/node/OutputFile"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import { scratch } from "./support/Peer.ts"

const isRoot = process.geteuid?.() === 0
const itAsRoot = isRoot ? it.live : it.live.skip

const mode = (file: string) => (fs.statSync(file).mode & 0o7777).toString(8)

const descriptors = () => fs.readdirSync("/proc/self/fd").length

const write = (file: string, text: string) =>
  Effect.scoped(Effect.map(OutputFile.open(file), (fd) => fs.writeSync(fd, text)))

const refusal = (file: string) =>
  Effect.map(Effect.flip(Effect.scoped(OutputFile.open(file))), ({ reason }) => reason)

/** A directory of the test's that others can write, as /tmp is. */
const shared = Effect.tap(scratch, (directory) => Effect.sync(() => fs.chmodSync(directory, 0o1777)))

describe("a file for output", () => {
  it.live("is made for its owner only, with its directories, whatever the umask; it is written at its end", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      const file = `${directory}/a/b c/log`
      const umask = process.umask(0o777)
      yield* Effect.ensuring(write(file, "one\n"), Effect.sync(() => process.umask(umask)))
      fs.writeFileSync(file, "zero\n")
      yield* write(file, "two\n")
      assert.strictEqual(fs.readFileSync(file, "utf8"), "zero\ntwo\n")
      assert.deepStrictEqual([`${directory}/a`, `${directory}/a/b c`, file].map(mode), ["700", "700", "600"])
    }))

  it.live("keeps the mode that it has", () =>
    Effect.gen(function*() {
      const file = `${yield* scratch}/log`
      fs.writeFileSync(file, "")
      fs.chmodSync(file, 0o644)
      yield* write(file, "x")
      assert.strictEqual(mode(file), "644")
    }))

  it.live("is refused if it is a symbolic link or no regular file, and is not waited for", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      fs.symlinkSync(`${directory}/target`, `${directory}/link`)
      execFileSync("mkfifo", [`${directory}/fifo`])
      fs.mkdirSync(`${directory}/directory`)
      fs.writeFileSync(`${directory}/file`, "")
      const expected = {
        link: "is a symbolic link",
        fifo: "is not a regular file",
        directory: "is a directory",
        "file/log": `"file" on the way to it is not a directory`
      }
      for (const [name, words] of Object.entries(expected)) {
        assert.strictEqual(yield* refusal(`${directory}/${name}`), `${directory}/${name}: ${words}`)
      }
      assert.strictEqual(yield* refusal("/dev/null"), "/dev/null: is not a regular file")
      assert.isFalse(fs.existsSync(`${directory}/target`))
    }))

  it.live("may be behind a symbolic link, relative or not, in a directory that nobody else can write", () =>
    Effect.gen(function*() {
      const directory = yield* scratch
      fs.mkdirSync(`${directory}/real/deep`, { recursive: true })
      fs.symlinkSync("real/./deep", `${directory}/relative`)
      fs.symlinkSync(`${directory}/real`, `${directory}/absolute`)
      yield* write(`${directory}/relative/../../relative/log`, "1")
      yield* write(`${directory}/absolute/deep/log`, "2")
      assert.strictEqual(fs.readFileSync(`${directory}/real/deep/log`, "utf8"), "12")
      fs.symlinkSync("loop", `${directory}/loop`)
      assert.strictEqual(
        yield* refusal(`${directory}/loop/log`),
        `${directory}/loop/log: has too many symbolic links`
      )
    }))

  it.live("is refused behind a symbolic link in a directory that others can write: anybody could have put it there", () =>
    Effect.gen(function*() {
      const directory = yield* shared
      const target = yield* scratch
      fs.symlinkSync(target, `${directory}/link`)
      assert.strictEqual(
        yield* refusal(`${directory}/link/log`),
        `${directory}/link/log: "link" is a symbolic link in a directory that others can write`
      )
      assert.deepStrictEqual(fs.readdirSync(target), [])
      yield* write(`${directory}/own/log`, "x")
      assert.strictEqual(mode(`${directory}/own`), "700")
    }))

  it.live("is refused in a directory that others can write if it is a hard link to another file", () =>
    Effect.gen(function*() {
      const directory = yield* shared
      fs.writeFileSync(`${directory}/precious`, "")
      fs.linkSync(`${directory}/precious`, `${directory}/log`)
      assert.match(yield* refusal(`${directory}/log`), /has other names \(hard links\)/)
    }))

  itAsRoot(
    "is refused in a directory that others can write if somebody else put it there",
    () =>
      Effect.gen(function*() {
        const directory = yield* shared
        fs.writeFileSync(`${directory}/log`, "")
        fs.chownSync(`${directory}/log`, 54_321, 54_321)
        assert.match(yield* refusal(`${directory}/log`), /belongs to somebody else \(uid 54321\)/)
        // A user's own directory is that user's to arrange.
        fs.mkdirSync(`${directory}/theirs`)
        fs.renameSync(`${directory}/log`, `${directory}/theirs/log`)
        fs.chownSync(`${directory}/theirs`, 54_321, 54_321)
        yield* write(`${directory}/theirs/log`, "x")
        fs.symlinkSync("/etc", `${directory}/theirs/link`)
        assert.match(
          yield* refusal(`${directory}/theirs/link/log`),
          /is a symbolic link in a directory that others/
        )
      })
  )

  it.live("takes no descriptor with it, whether it is refused or written", () =>
    Effect.gen(function*() {
      const directory = yield* shared
      fs.symlinkSync("/", `${directory}/link`)
      const work = Effect.gen(function*() {
        yield* write(`${directory}/a/b/log`, "x")
        yield* refusal(`${directory}/link/log`)
        yield* refusal(`${directory}/a/b`)
        yield* refusal(`${directory}/a/b/log/no`)
      })
      yield* work
      const before = descriptors()
      yield* Effect.repeat(work, { times: 10 })
      assert.strictEqual(descriptors(), before)
    }))
})
