import * as OwnerLock from "@clinit/core/node/OwnerLock"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import * as ChildNode from "./support/ChildNode.ts"
import { scratch } from "./support/Peer.ts"

// Child processes and 500 clients take their time on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

const owner = ChildNode.start("./owning.ts")

const lockFile = Effect.map(scratch, (directory) => path.join(directory, "s.lock"))

describe("the owner's lock", () => {
  it.live("is held while the scope lives, in a file for the owner only, with nothing beside it", () =>
    Effect.gen(function*() {
      const file = yield* lockFile
      const umask = process.umask(0)
      yield* Effect.scoped(Effect.gen(function*() {
        yield* OwnerLock.acquire(file)
        const stat = fs.lstatSync(file)
        assert.isTrue(stat.isFile())
        assert.strictEqual(stat.mode & 0o777, 0o600)
        assert.strictEqual(stat.size, 0)
        assert.deepStrictEqual(fs.readdirSync(path.dirname(file)), ["s.lock"])
        const other = yield* owner
        assert.strictEqual(yield* other.order({ do: "acquire", file }), `${file}: a daemon already runs here`)
        assert.deepStrictEqual(fs.readdirSync(path.dirname(file)), ["s.lock"])
      })).pipe(Effect.ensuring(Effect.sync(() => process.umask(umask))))
      assert.deepStrictEqual(fs.readdirSync(path.dirname(file)), [])
    }))

  it.live("that another process holds is refused at once, in words, and stays with its owner", () =>
    Effect.gen(function*() {
      const file = yield* lockFile
      const other = yield* owner
      assert.strictEqual(yield* other.order({ do: "acquire", file }), "won")
      const { ino } = fs.statSync(file)
      for (let attempt = 0; attempt < 5; attempt++) {
        const refusal = yield* Effect.flip(Effect.scoped(OwnerLock.acquire(file)))
        assert.strictEqual(refusal.message, `${file}: a daemon already runs here`)
      }
      assert.strictEqual(fs.statSync(file).ino, ino)
    }))

  it.live("is released by the kernel when its owner is killed, and the file it left is used again", () =>
    Effect.gen(function*() {
      const file = yield* lockFile
      const other = yield* owner
      assert.strictEqual(yield* other.order({ do: "acquire", file }), "won")
      yield* other.kill
      assert.isTrue(fs.existsSync(file))
      yield* Effect.scoped(OwnerLock.acquire(file))
      assert.isFalse(fs.existsSync(file))
    }))

  it.live("is not inherited: it is free when the owner dies, although a child of the owner lives on", () =>
    Effect.gen(function*() {
      const file = yield* lockFile
      const other = yield* owner
      assert.strictEqual(yield* other.order({ do: "acquire", file }), "won")
      const child = Number(yield* other.order({ do: "leave a child" }))
      yield* Effect.addFinalizer(() => Effect.sync(() => process.kill(child, "SIGKILL")))
      yield* other.kill
      assert.isTrue(process.kill(child, 0))
      yield* Effect.scoped(OwnerLock.acquire(file))
    }))

  it.live(
    "goes to exactly one of those that want it at the same time, over a new and a left file",
    () =>
      Effect.gen(function*() {
        const directory = yield* scratch
        const owners = yield* Effect.all([owner, owner, owner], { concurrency: "unbounded" })
        for (let round = 0; round < 100; round++) {
          const file = path.join(directory, `${round}.lock`)
          if (round % 2 === 1) fs.writeFileSync(file, "", { mode: 0o600 })
          const order = { do: "acquire", file }
          const replies = yield* Effect.all(owners.map((each) => each.order(order)), {
            concurrency: "unbounded"
          })
          const refused = `${file}: a daemon already runs here`
          assert.deepStrictEqual(replies.toSorted(), [refused, refused, "won"], `round ${round}`)
          yield* Effect.all(owners.map((each) => each.order({ do: "release" })))
        }
        assert.deepStrictEqual(fs.readdirSync(directory), [])
      }),
    60_000
  )

  it.live("never has two owners, however often it is taken and given back", () =>
    Effect.gen(function*() {
      const file = yield* lockFile
      const owners = yield* Effect.all([owner, owner, owner], { concurrency: "unbounded" })
      const contend = owners.map((each) => each.order({ do: "contend", file, wins: 100 }))
      assert.deepStrictEqual(yield* Effect.all(contend, { concurrency: "unbounded" }), [
        "done",
        "done",
        "done"
      ])
      assert.isFalse(fs.existsSync(file))
    }), 60_000)

  it.live("that was taken away and made anew by somebody else is not removed with its first owner", () =>
    Effect.gen(function*() {
      const file = yield* lockFile
      yield* Effect.scoped(Effect.gen(function*() {
        yield* OwnerLock.acquire(file)
        fs.unlinkSync(file)
        fs.writeFileSync(file, "other")
      }))
      assert.strictEqual(fs.readFileSync(file, "utf8"), "other")
    }))

  it.live("is not lost when the same process asks for it a second time", () =>
    Effect.gen(function*() {
      const file = yield* lockFile
      yield* OwnerLock.acquire(file)
      const refusal = yield* Effect.flip(Effect.scoped(OwnerLock.acquire(file)))
      assert.strictEqual(refusal.message, `${file}: a daemon already runs here`)
      const other = yield* owner
      assert.strictEqual(yield* other.order({ do: "acquire", file }), refusal.message)
    }))

  it.live("whose directory is gone in the end ends without a complaint", () =>
    Effect.gen(function*() {
      const directory = path.join(yield* scratch, "run")
      fs.mkdirSync(directory)
      yield* Effect.scoped(Effect.gen(function*() {
        yield* OwnerLock.acquire(path.join(directory, "s.lock"))
        fs.rmSync(directory, { recursive: true })
      }))
    }))
})

describe("a lock whose file somebody took away", () => {
  it.live("is taken anew at its path, once, and then held as before", () =>
    Effect.gen(function*() {
      const file = yield* lockFile
      const other = yield* owner
      yield* Effect.scoped(Effect.gen(function*() {
        const lock = yield* OwnerLock.acquire(file)
        for (let round = 0; round < 20; round++) {
          assert.isTrue(lock.isInPlace())
          const { ino } = fs.statSync(file)
          yield* lock.renew
          assert.strictEqual(fs.statSync(file).ino, ino)
          fs.unlinkSync(file)
          assert.isFalse(lock.isInPlace())
          yield* lock.renew
          assert.strictEqual(fs.statSync(file).mode & 0o7777, 0o600)
          const refused = `${file}: a daemon already runs here`
          // Asking once more would release it, if the process forgot what it holds.
          assert.strictEqual((yield* Effect.flip(Effect.scoped(OwnerLock.acquire(file)))).message, refused)
          assert.strictEqual(yield* other.order({ do: "acquire", file }), refused)
        }
      }))
      assert.isFalse(fs.existsSync(file))
      assert.strictEqual(yield* other.order({ do: "acquire", file }), "won")
    }))

  it.live("leaves no descriptor and no claim on the old file behind", () =>
    Effect.gen(function*() {
      const file = yield* lockFile
      const open = () => fs.readdirSync("/proc/self/fd").length
      yield* Effect.scoped(Effect.gen(function*() {
        const lock = yield* OwnerLock.acquire(file)
        const before = open()
        for (let round = 0; round < 50; round++) {
          fs.renameSync(file, `${file}.old`)
          yield* lock.renew
        }
        assert.strictEqual(open(), before)
        // Whoever wants the old file may have it.
        yield* Effect.scoped(OwnerLock.acquire(`${file}.old`))
        assert.isTrue(lock.isInPlace())
      }))
    }))

  it.live("is refused while another process has it, in words, and can be had afterwards", () =>
    Effect.gen(function*() {
      const file = yield* lockFile
      const other = yield* owner
      const lock = yield* OwnerLock.acquire(file)
      fs.unlinkSync(file)
      assert.strictEqual(yield* other.order({ do: "acquire", file }), "won")
      for (let attempt = 0; attempt < 3; attempt++) {
        assert.strictEqual((yield* Effect.flip(lock.renew)).message, `${file}: a daemon already runs here`)
        assert.isFalse(lock.isInPlace())
      }
      yield* other.order({ do: "release" })
      yield* lock.renew
      assert.isTrue(lock.isInPlace())
      assert.strictEqual(
        yield* other.order({ do: "acquire", file }),
        `${file}: a daemon already runs here`
      )
    }))

  it.live("is not taken through what somebody put in its place", () =>
    Effect.gen(function*() {
      const file = yield* lockFile
      const lock = yield* OwnerLock.acquire(file)
      fs.unlinkSync(file)
      fs.symlinkSync(`${file}.target`, file)
      assert.strictEqual(
        (yield* Effect.flip(lock.renew)).message,
        `${file}: exists and is not a regular file`
      )
      assert.isFalse(fs.existsSync(`${file}.target`))
    }))
})

describe("what stands where the lock file should be", () => {
  const refused = (file: string) =>
    Effect.map(Effect.flip(Effect.scoped(OwnerLock.acquire(file))), (error) => error.message)

  it.live("is refused and left alone if it is a symlink, also to a file that could be locked", () =>
    Effect.gen(function*() {
      const file = yield* lockFile
      const target = `${file}.target`
      for (const make of [() => {}, () => fs.writeFileSync(target, "")]) {
        make()
        fs.symlinkSync(target, file)
        assert.strictEqual(yield* refused(file), `${file}: exists and is not a regular file`)
        assert.strictEqual(fs.readlinkSync(file), target)
        fs.unlinkSync(file)
      }
      assert.strictEqual(fs.readFileSync(target, "utf8"), "")
    }))

  it.live("is refused and left alone if it is a directory or a FIFO", () =>
    Effect.gen(function*() {
      const file = yield* lockFile
      fs.mkdirSync(file)
      assert.strictEqual(yield* refused(file), `${file}: exists and is not a regular file`)
      assert.isTrue(fs.lstatSync(file).isDirectory())
      fs.rmdirSync(file)
      execFileSync("mkfifo", [file])
      assert.strictEqual(yield* refused(file), `${file}: exists and is not a regular file`)
      assert.isTrue(fs.lstatSync(file).isFIFO())
    }))

  it.live("is refused and left alone if it is a file with content of somebody's", () =>
    Effect.gen(function*() {
      const file = yield* lockFile
      const text = "my notes, more than the hundred bytes that a database begins with\n".repeat(3)
      fs.writeFileSync(file, text)
      assert.strictEqual(yield* refused(file), `${file}: file is not a database`)
      assert.strictEqual(fs.readFileSync(file, "utf8"), text)
    }))

  it.live("is reported if its directory is missing", () =>
    Effect.gen(function*() {
      const file = path.join(yield* scratch, "missing", "s.lock")
      assert.include(yield* refused(file), "ENOENT")
    }))

  it.live.skipIf(process.getuid?.() !== 0)(
    "is refused if it belongs to another user (needs root to set up)",
    () =>
      Effect.gen(function*() {
        const file = yield* lockFile
        fs.writeFileSync(file, "")
        fs.chownSync(file, 65534, 65534)
        assert.strictEqual(yield* refused(file), `${file}: belongs to another user`)
      })
  )
})
