import { HistoryStore } from "@clinit/core/HistoryStore"
import * as NodeHistoryStore from "@clinit/core/node/NodeHistoryStore"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { scratch } from "./support/Peer.ts"

const withStore = <A, E>(
  file: string,
  use: (store: HistoryStore["Service"]) => Effect.Effect<A, E>,
  isOurs?: () => boolean
) => Effect.scoped(Effect.provide(Effect.flatMap(HistoryStore, use), NodeHistoryStore.layer(file, isOurs)))

const read = (file: string) => withStore(file, (store) => store.read)

const files = (directory: string) => fs.readdirSync(directory)

describe("what was kept", () => {
  it.live("and what was added is read again, from a file for the owner only, under any umask", () =>
    Effect.gen(function*() {
      const file = path.join(yield* scratch, "history")
      const umask = process.umask(0)
      yield* withStore(
        file,
        Effect.fnUntraced(function*(store) {
          assert.deepStrictEqual(yield* store.read, { text: "" })
          yield* store.replace("one\n")
          assert.isTrue(yield* store.append("två\n"))
          assert.isTrue(yield* store.append("three\n"))
        })
      ).pipe(Effect.ensuring(Effect.sync(() => process.umask(umask))))
      assert.strictEqual(fs.statSync(file).mode & 0o7777, 0o600)
      assert.deepStrictEqual(yield* read(file), { text: "one\ntvå\nthree\n" })
      assert.deepStrictEqual(files(path.dirname(file)), ["history"])
    }))

  it.live("is not added to before this store has replaced it, nor when it is gone, is another file, or has changed", () =>
    Effect.gen(function*() {
      const file = path.join(yield* scratch, "history")
      fs.writeFileSync(file, "torn", { mode: 0o600 })
      yield* withStore(
        file,
        Effect.fnUntraced(function*(store) {
          assert.isFalse(yield* store.append("x\n"))
          yield* store.replace("one\n")
          fs.appendFileSync(file, "stranger\n")
          assert.isFalse(yield* store.append("x\n"))
          yield* store.replace("one\n")
          fs.renameSync(file, `${file}.moved`)
          assert.isFalse(yield* store.append("x\n"))
          fs.symlinkSync(`${file}.moved`, file)
          assert.isFalse(yield* store.append("x\n"))
          fs.rmSync(file)
          fs.mkdirSync(file)
          assert.isFalse(yield* store.append("x\n"))
          assert.strictEqual(fs.readFileSync(`${file}.moved`, "utf8"), "one\n")
          assert.include((yield* Effect.flip(store.replace("two\n"))).message, `${file}: E`)
          assert.include((yield* Effect.flip(store.remove)).message, `${file}: E`)
        })
      )
    }))

  it.live("is removed, a symlink itself and not its target, and there being none is no error", () =>
    Effect.gen(function*() {
      const file = path.join(yield* scratch, "history")
      fs.writeFileSync(`${file}.target`, "mine")
      fs.symlinkSync(`${file}.target`, file)
      yield* withStore(file, (store) => Effect.andThen(store.remove, store.remove))
      assert.deepStrictEqual(files(path.dirname(file)), ["history.target"])
    }))

  it.live("is neither replaced, added to nor removed while the place is another daemon's", () =>
    Effect.gen(function*() {
      const file = path.join(yield* scratch, "history")
      let ours = true
      yield* withStore(
        file,
        Effect.fnUntraced(function*(store) {
          yield* store.replace("one\n")
          ours = false
          for (const change of [store.replace("two\n"), store.append("two\n"), store.remove]) {
            assert.strictEqual(
              (yield* Effect.flip(change as typeof store.remove)).message,
              `${file}: another daemon may have this place: the lock is gone`
            )
          }
        }),
        () => ours
      )
      assert.strictEqual(fs.readFileSync(file, "utf8"), "one\n")
    }))

  it.live("of a larger file than 16 MiB is its last lines", () =>
    Effect.gen(function*() {
      const file = path.join(yield* scratch, "history")
      const line = `${"x".repeat(1_023)}\n`
      fs.writeFileSync(file, `first\n${line.repeat(16 * 1_024)}last\n`, { mode: 0o600 })
      const { problem, text } = yield* read(file)
      assert.strictEqual(problem, "is larger than 16 MiB and read from there only")
      assert.strictEqual(text, `${line.repeat(16 * 1_024 - 1)}last\n`)
    }))
})

describe("what is no history of ours is not read, and replaced without touching what it leads to:", () => {
  const strange: Readonly<Record<string, readonly [make: (file: string) => void, problem: string]>> = {
    "a symlink": [(file) => {
      fs.writeFileSync(`${file}.target`, "theirs", { mode: 0o600 })
      fs.symlinkSync(`${file}.target`, file)
    }, "cannot be read: ELOOP: too many symbolic links encountered"],
    "a file that others may read": [
      (file) => fs.writeFileSync(file, "theirs", { mode: 0o644 }),
      "is open to others than its owner"
    ],
    ...(process.geteuid?.() === 0
      ? {
        "another user's file": [(file: string) => {
          fs.writeFileSync(file, "theirs", { mode: 0o600 })
          fs.chownSync(file, 54_321, 54_321)
        }, "belongs to another user (uid 54321)"] as const
      }
      : {})
  }

  for (const [what, [make, problem]] of Object.entries(strange)) {
    it.live(what, () =>
      Effect.gen(function*() {
        const file = path.join(yield* scratch, "history")
        make(file)
        assert.deepStrictEqual(yield* read(file), { text: "", problem })
        yield* withStore(file, (store) => store.replace("ours\n"))
        assert.deepStrictEqual(yield* read(file), { text: "ours\n" })
        if (fs.existsSync(`${file}.target`)) {
          assert.strictEqual(fs.readFileSync(`${file}.target`, "utf8"), "theirs")
        }
      }))
  }

  it.live("a directory is left alone and a problem", () =>
    Effect.gen(function*() {
      const file = path.join(yield* scratch, "history")
      fs.mkdirSync(file)
      assert.deepStrictEqual(yield* read(file), { text: "", problem: "is not a regular file" })
      yield* withStore(file, (store) => Effect.flip(store.replace("ours\n")))
      assert.deepStrictEqual(files(path.dirname(file)), ["history"])
    }))
})
