import { CltabSource } from "@clinit/core/CltabSource"
import * as NodeCltabSource from "@clinit/core/node/NodeCltabSource"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as net from "node:net"
import * as path from "node:path"
import { scratch } from "./support/Peer.ts"
import { unprivileged } from "./support/Unprivileged.ts"

const read = (file: string) =>
  CltabSource.pipe(
    Effect.flatMap((source) => source.read),
    Effect.map((bytes) => Buffer.from(bytes).toString("utf8")),
    Effect.provide(NodeCltabSource.layer(file))
  )

const refusal = (file: string) => Effect.flip(read(file))

const cltab = Effect.map(scratch, (directory) => path.join(directory, "cltab"))

describe("the cltab at a path", () => {
  it.live("is read anew each time, byte for byte", () =>
    Effect.gen(function*() {
      const file = yield* cltab
      const source = yield* Effect.provide(CltabSource, NodeCltabSource.layer(file))
      assert.strictEqual(source.file, file)
      for (const bytes of [[], [0x61, 0x0d, 0x0a, 0x00, 0xff, 0xfe], [0xef, 0xbb, 0xbf, 0x61]]) {
        fs.writeFileSync(file, Uint8Array.from(bytes))
        assert.deepStrictEqual([...yield* source.read], bytes)
      }
      fs.writeFileSync(`${file}.new`, "replaced")
      fs.renameSync(`${file}.new`, file)
      assert.strictEqual(yield* read(file), "replaced")
    }))

  it.live("may be a symlink to a file", () =>
    Effect.gen(function*() {
      const file = yield* cltab
      fs.writeFileSync(`${file}.real`, "text")
      fs.symlinkSync(`${file}.real`, file)
      assert.strictEqual(yield* read(file), "text")
    }))
})

describe("a cltab that is missing, or is no file, is not found", () => {
  const things: ReadonlyArray<readonly [what: string, make: (file: string) => string | void]> = [
    ["nothing there", () => {}],
    ["a directory", (file) => fs.mkdirSync(file)],
    ["a symlink to nothing", (file) => fs.symlinkSync(`${file}.nothing`, file)],
    ["a path below a file", (file) => {
      fs.writeFileSync(file, "")
      return path.join(file, "cltab")
    }],
    ["a device that never ends", () => "/dev/zero"]
  ]
  const isNotFound = Effect.fnUntraced(function*(file: string) {
    const error = yield* refusal(file)
    assert.isTrue(error.isMissing)
    assert.strictEqual(error.message, `file not found: ${file}`)
  })

  for (const [what, make] of things) {
    it.live(what, () => Effect.flatMap(cltab, (file) => isNotFound(make(file) ?? file)))
  }

  it.live("a FIFO, for whose writer nobody waits", () =>
    Effect.gen(function*() {
      const file = yield* cltab
      execFileSync("mkfifo", [file])
      yield* Effect.timeout(isNotFound(file), "2 seconds")
    }))

  it.live("a socket", () =>
    Effect.gen(function*() {
      const file = yield* cltab
      const server = net.createServer().listen(file)
      yield* Effect.addFinalizer(() => Effect.sync(() => server.close()))
      yield* isNotFound(file)
    }))
})

describe("a cltab that cannot be used is reported with the reason, and is not missing", () => {
  it.live("if it is not ours to read", () =>
    Effect.gen(function*() {
      const file = yield* cltab
      fs.chmodSync(path.dirname(file), 0o755)
      fs.writeFileSync(file, "secret", { mode: 0 })
      const error = yield* unprivileged(refusal(file))
      assert.isFalse(error.isMissing)
      assert.strictEqual(error.message, `permission denied: ${file}`)
    }))

  it.live("if it is a symlink in a circle", () =>
    Effect.gen(function*() {
      const file = yield* cltab
      fs.symlinkSync(file, file)
      const error = yield* refusal(file)
      assert.isFalse(error.isMissing)
      assert.include(error.message, "ELOOP")
    }))

  it.live("if it is larger than 16 MiB, without reading it", () =>
    Effect.gen(function*() {
      const file = yield* cltab
      fs.writeFileSync(file, "")
      fs.truncateSync(file, 16 * 1024 * 1024)
      assert.strictEqual((yield* read(file)).length, 16 * 1024 * 1024)
      fs.truncateSync(file, 2 ** 40)
      const error = yield* refusal(file)
      assert.isFalse(error.isMissing)
      assert.strictEqual(error.message, `larger than 16777216 bytes: ${file}`)
    }))

  it.live.skipIf(!fs.existsSync("/proc/self/fd"))(
    "and no descriptor stays open (needs /proc to see it)",
    () =>
      Effect.gen(function*() {
        const file = yield* cltab
        fs.mkdirSync(file)
        yield* refusal(file)
        const before = fs.readdirSync("/proc/self/fd").length
        for (let count = 0; count < 50; count++) yield* refusal(file)
        assert.isAtMost(fs.readdirSync("/proc/self/fd").length, before + 5)
      })
  )
})
