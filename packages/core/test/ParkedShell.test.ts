import * as ParkedShell from "@clinit/core/node/ParkedShell"
import { assert, describe, it } from "@effect/vitest"

const line = (script: string, marks = "outer inner") => ParkedShell.lineFor(script, marks)

describe("the line by which a parked shell becomes an entry", () => {
  const settling = (marks: string) => `unset CLINIT_LAUNCH;export CLINIT_TREE=${marks};echo >&3;exec 3<&-;`

  it("executes a program with plain words at once", () => {
    assert.strictEqual(
      line("exec /bin/sleep --x=1 a,b 1000"),
      `${settling("'outer inner'")}exec /bin/sleep --x=1 a,b 1000\n`
    )
  })

  it("leaves everything else to a shell of its own", () => {
    for (const script of ["exec echo $HOME", "exec a >b", "a; b", "exec 'a b'", "cd /", "exec -a x y"]) {
      const quoted = `'${script.replaceAll("'", String.raw`'\''`)}'`
      assert.strictEqual(line(script), `${settling("'outer inner'")}exec /bin/sh -c ${quoted}\n`)
    }
  })

  it("cannot be left by what an entry is called, or runs", () => {
    assert.strictEqual(
      line("a'b", "m.g:'$(x)"),
      `${settling(String.raw`'m.g:'\''$(x)'`)}exec /bin/sh -c 'a'\\''b'\n`
    )
  })

  it("is none for what needs more lines than one, or would take long to read", () => {
    assert.isUndefined(line("a\nb"))
    assert.isUndefined(line("a".repeat(2_000)))
    assert.isUndefined(line("a", "m\nn"))
  })
})
