import { describe, expect, it } from "@effect/vitest"
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs"
import * as path from "node:path"
import { itUnless } from "./support/Conditional.ts"
import { eventually } from "./support/Eventually.ts"
import * as Program from "./support/Program.ts"
import { inScratch } from "./support/Scratch.ts"
import type { Scratch } from "./support/Scratch.ts"

const root = new URL("../../../", import.meta.url).pathname

/** The lines of Node that are supported, and the programs. */
const nodes = [
  { line: 22, node: `${root}tests/install/node_modules/node/bin/node` },
  { line: 24, node: process.execPath }
]

const npm = (scratch: Scratch, cwd: string, ...words: ReadonlyArray<string>): string =>
  execFileSync("npm", [
    ...words,
    "--cache",
    scratch.path("cache"),
    "--no-audit",
    "--no-fund",
    "--no-update-notifier"
  ], {
    cwd,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: scratch.directory },
    stdio: ["ignore", "pipe", "ignore"]
  })

interface Packed {
  readonly filename: string
  readonly unpackedSize: number
  readonly files: ReadonlyArray<{ readonly path: string }>
}

/** Packs the command line into the scratch, as it was built: to build it again would take it away from other tests. */
const pack = (scratch: Scratch): Packed => {
  const words = ["--json", "--ignore-scripts", "-w", "@clinit/cli", "--pack-destination", scratch.directory]
  const [packed] = JSON.parse(npm(scratch, root, "pack", ...words)) as ReadonlyArray<Packed>
  return packed!
}

/** Installs the package into an empty prefix, without a network; a PATH on which there is nothing but that, Node and the system. */
const install = (scratch: Scratch, node: string): string => {
  const prefix = scratch.path("prefix")
  mkdirSync(prefix)
  npm(
    scratch,
    scratch.directory,
    "install",
    "-g",
    "--offline",
    "--prefix",
    prefix,
    `./${pack(scratch).filename}`
  )
  mkdirSync(scratch.path("node"))
  symlinkSync(node, scratch.path("node/node"))
  return `${prefix}/bin:${scratch.path("node")}:/usr/bin:/bin`
}

/** A Node that is too old, if the system has one. */
const tooOld = ["/usr/bin/node", "/usr/local/bin/node"].find((node) => {
  const [, major] = /^v(\d+)\./.exec(spawnSync(node, ["--version"], { encoding: "utf8" }).stdout ?? "") ?? []
  return major !== undefined && Number(major) < 22
})

describe("the package", () => {
  it(
    "is the bundle, the manual, JSON Schemas, licence and README and nothing else, and asks for no other package",
    inScratch(async (scratch) => {
      const { files, unpackedSize } = pack(scratch)
      const others = files.map(({ path }) => path).filter((file) => !/^(dist|man|schema)\//.test(file))
      expect(others.sort()).toEqual(["LICENSE", "README.md", "package.json"])
      expect(files.every(({ path }) => !path.endsWith(".ts") && !path.endsWith(".map"))).toBe(true)
      expect(unpackedSize).toBeLessThan(2_000_000)
    })
  )

  for (const { line, node } of nodes) {
    itUnless(existsSync(node) ? undefined : `no Node ${line}`)(
      `installed into an empty prefix works on Node ${line}: a check, a daemon, a level, its status and its end`,
      inScratch(async (scratch) => {
        const PATH = install(scratch, node)
        const run = (...words: ReadonlyArray<string>) =>
          scratch.start("env", [`PATH=${PATH}`, "clinit", ...words]).finished()
        const versions = await Promise.all([
          run("--version"),
          scratch.start("env", [`PATH=${PATH}`, "node", "--version"]).finished()
        ])
        expect(versions.map(({ exit, stdout }) => [exit, stdout.replace(/\d+\.\d+\n/, "")])).toEqual([
          [0, "clinit 0."],
          [0, `v${line}.`]
        ])
        scratch.configure("web:app:run,:respawn:exec sleep 1000")
        expect(await run("check", "cltab")).toEqual({ exit: 0, stdout: "", stderr: "" })
        const daemon = await scratch.restart("env", [`PATH=${PATH}`, "clinit", "-c", scratch.cltab, "-d"])
        expect((await run("-c", "cltab", "-w", "web", "run")).stdout).toBe("web run DONE\n")
        expect((await run("-c", "cltab", "status", "web")).exit).toBe(0)
        await eventually(() => scratch.state("app"), "Running")
        for (const page of ["man1/clinit.1", "man5/cltab.5"]) {
          expect(readFileSync(scratch.path(`prefix/share/man/${page}`), "utf8")).toMatch(/^\.TH /m)
        }
        expect((await run("-c", "cltab", "shutdown", "-w")).exit).toBe(0)
        expect((await daemon.finished()).exit).toBe(0)
        const home = scratch.path("prefix/lib/node_modules")
        expect(readdirSync(home)).toEqual(["@clinit"])
        expect(existsSync(`${home}/@clinit/cli/node_modules`)).toBe(false)
        expect(path.relative(realpathSync(home), realpathSync(scratch.path("prefix/bin/clinit")))).toBe(
          "@clinit/cli/dist/clinit.js"
        )
        rmSync(scratch.path("prefix"), { recursive: true })
      })
    )
  }

  itUnless(tooOld === undefined ? "no Node older than 22" : undefined)(
    "on a Node that is too old says so and exits 70",
    inScratch(async (scratch) => {
      const version = spawnSync(tooOld!, ["--version"], { encoding: "utf8" }).stdout.trim().slice(1)
      expect(await scratch.start(tooOld!, [Program.bundle, "--version"]).finished()).toEqual({
        exit: 70,
        stdout: "",
        stderr: `clinit: Node 22.19 or later is needed, this is ${version}\n`
      })
    })
  )
})
