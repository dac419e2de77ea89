import { CltabHost } from "@clinit/core/CltabHost"
import * as NodeCltabHost from "@clinit/core/node/NodeCltabHost"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir, userInfo } from "node:os"
import * as path from "node:path"

const ask = <A>(question: (host: CltabHost["Service"]) => Effect.Effect<A>) =>
  Effect.flatMap(CltabHost, question).pipe(Effect.provide(NodeCltabHost.layer))

const inDirectory = <A, E, R>(test: (directory: string) => Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(path.join(tmpdir(), "clinit-host-"))),
    test,
    (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
  )

describe("this machine", () => {
  it.live("tells what is at a path, symbolic links followed", () =>
    inDirectory((directory) =>
      Effect.gen(function*() {
        const at = (name: string) => path.join(directory, name)
        writeFileSync(at("notes"), "")
        writeFileSync(at("tool"), "")
        chmodSync(at("tool"), 0o755)
        writeFileSync(at("own"), "")
        chmodSync(at("own"), 0o100)
        mkdirSync(at("folder"))
        symlinkSync("tool", at("link"))
        symlinkSync("nothing", at("dangling"))
        symlinkSync("loop", at("loop"))
        const kinds = {
          notes: "file",
          tool: "program",
          own: "program",
          folder: "directory",
          link: "program",
          dangling: "missing",
          nothing: "missing",
          "notes/below": "missing",
          loop: "unknown",
          "x\0y": "unknown",
          ["n".repeat(300)]: "unknown"
        }
        for (const [name, kind] of Object.entries(kinds)) {
          assert.strictEqual(yield* ask((host) => host.kindOf(at(name))), kind, name)
        }
        assert.strictEqual(yield* ask((host) => host.kindOf("/dev/null")), "other")
      })
    ))

  it.live("knows its accounts and groups, and no others", () =>
    Effect.gen(function*() {
      const { username } = userInfo()
      assert.isTrue(yield* ask((host) => host.hasUser(username)))
      assert.isTrue(yield* ask((host) => host.hasGroup("root")))
      for (
        const name of ["clinit-nobody", "--help", "-s", "root x", "", "größe", "4294967296", "+4294967296"]
      ) {
        assert.isFalse(yield* ask((host) => host.hasUser(name)), name)
        assert.isFalse(yield* ask((host) => host.hasGroup(name)), name)
      }
    }))

  it.live("is taken to have an account if nobody can tell", () =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        const before = process.env["PATH"]
        process.env["PATH"] = "/clinit/nowhere"
        return before
      }),
      () => Effect.map(ask((host) => host.hasUser("clinit-nobody")), (known) => assert.isTrue(known)),
      (before) => Effect.sync(() => void (process.env["PATH"] = before))
    ))
})
