import * as Environment from "@clinit/core/node/Environment"
import * as EnvironmentFile from "@clinit/core/node/EnvironmentFile"
import { cleanPath } from "@clinit/core/ProgramSearch"
import { assert, describe, it } from "@effect/vitest"

const sources = (more: Partial<Environment.Sources>): Environment.Sources => ({
  daemon: { PATH: "/bin", HOME: "/root", A: "daemon" },
  settings: {},
  account: undefined,
  file: new Map(),
  directory: undefined,
  ...more
})

const text = (more: Partial<Environment.Sources>) =>
  Environment.compose(sources(more)).map(({ name, origin, value }) => `${name}=${value} (${origin})`)

const account = { name: "www", uid: 33, gid: 33, home: "/var/www", shell: "/bin/false" }

describe("an environment", () => {
  it("is the daemon's where nothing else is said", () => {
    assert.deepStrictEqual(text({}), ["PATH=/bin (daemon)", "HOME=/root (daemon)", "A=daemon (daemon)"])
  })

  it("has of several values the account's, else the file's, else the setting's: the last one of these that there is", () => {
    const file = new Map([["HOME", "/file"], ["B", "file"], ["A", "file"]])
    assert.deepStrictEqual(text({ account, file, settings: { "env.A": "setting" }, directory: "/" }), [
      "PATH=/bin (daemon)",
      "HOME=/file (env-file)",
      "A=setting (setting)",
      "USER=www (account)",
      "LOGNAME=www (account)",
      "SHELL=/bin/false (account)",
      "B=file (env-file)",
      "PWD=/ (daemon)"
    ])
  })

  it("that is clean has the standard path and the directory instead of the daemon's variables", () => {
    assert.deepStrictEqual(text({ settings: { env: "clean" }, directory: "/" }), [
      `PATH=${cleanPath} (default)`,
      "PWD=/ (default)"
    ])
    assert.deepStrictEqual(
      text({ settings: { env: "clean", cwd: "/srv" }, directory: "/srv" }).at(-1),
      "PWD=/srv (setting)"
    )
  })

  it("has nothing that a shell does not pass on, or gives a value of its own, and no marks", () => {
    const daemon = {
      "a-b": "1",
      "BASH_FUNC_f%%": "() { :; }",
      IFS: "x",
      OPTIND: "7",
      PPID: "1",
      PWD: "/no",
      CLINIT_TREE: "m"
    }
    assert.deepStrictEqual(text({ daemon, settings: { "env.IFS": "y" } }), [])
  })

  it("may have any name, also that of an object's prototype", () => {
    const variables = Environment.compose(
      sources({ daemon: {}, settings: { "env.__proto__": "x", "env.constructor": "y" } })
    )
    assert.deepStrictEqual(Object.entries(Environment.toRecord(variables)), [["__proto__", "x"], [
      "constructor",
      "y"
    ]])
  })
})

describe("a file of variables", () => {
  it("has names and values, with quotes, comments and the word export", () => {
    const text = "A=1\n# no\nexport B='x y' # no\nC=\"two\\nlines\"\nD=\n"
    assert.deepStrictEqual([...EnvironmentFile.parse(text)], [["A", "1"], ["B", "x y"], ["C", "two\nlines"], [
      "D",
      ""
    ]])
  })

  it("is refused with a name that is none, without a word of the value", () => {
    for (const name of ["a-b", "1a", "a b", "é"]) {
      assert.throws(
        () => EnvironmentFile.parse(`OK=1\n${name}=secret\n`),
        `sets "${name}": a name is letters`
      )
    }
  })
})
