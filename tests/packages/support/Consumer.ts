import { execFileSync } from "node:child_process"
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import * as path from "node:path"

/** This repository. */
export const root = new URL("../../../", import.meta.url).pathname

/** A package as npm packs it. */
export interface Tarball {
  /** Its folder below `packages`. */
  readonly name: string
  readonly file: string
  readonly paths: ReadonlyArray<string>
}

/**
 * A directory like that of somebody who uses the packages. `programs` finds them, Effect and Node's types, and nothing else;
 * `tests` finds vitest, too.
 */
export interface Consumer {
  readonly directory: string
  readonly programs: string
  readonly tests: string
  readonly tarballs: ReadonlyArray<Tarball>
}

/** The lines of Node that are supported, and the programs. */
export const nodes = [
  { line: 22, node: `${root}tests/install/node_modules/node/bin/node` },
  { line: 24, node: process.execPath }
]

const names = ["protocol", "core", "cli"]

const npm = (cwd: string, cache: string, ...words: ReadonlyArray<string>): string =>
  execFileSync("npm", [...words, "--cache", cache, "--no-audit", "--no-fund", "--no-update-notifier"], {
    cwd,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: cache },
    stdio: ["ignore", "pipe", "inherit"]
  })

/** Packs what was built. */
const pack = (directory: string, cache: string): ReadonlyArray<Tarball> => {
  mkdirSync(directory)
  const words = ["--json", "--ignore-scripts", "--pack-destination", directory]
  const packed = JSON.parse(
    npm(root, cache, "pack", ...words, ...names.flatMap((name) => ["-w", `@clinit/${name}`]))
  )
  return (packed as ReadonlyArray<{ filename: string; files: ReadonlyArray<{ path: string }> }>).map(
    ({ filename, files }, index) => ({
      name: names[index]!,
      file: path.join(directory, filename),
      paths: files.map(({ path }) => path).sort()
    })
  )
}

/** A link to a package that is installed in this repository. */
const link = (modules: string, name: string): void => {
  mkdirSync(path.dirname(path.join(modules, name)), { recursive: true })
  symlinkSync(`${root}node_modules/${name}`, path.join(modules, name))
}

/**
 * Packs the packages and has npm install them, without a network: npm unpacks the tarballs and finds that what they ask for is
 * there. Effect is the one that this repository has installed, from the registry and by its lock file: a link to it is
 * what a second download would be.
 */
export const make = (directory: string): Consumer => {
  const cache = path.join(directory, "cache")
  const tarballs = pack(path.join(directory, "tarballs"), cache)
  const manifest = {
    private: true,
    type: "module",
    dependencies: Object.fromEntries([
      ...tarballs.map(({ file, name }) => [`@clinit/${name}`, `file:${file}`]),
      ...["effect", "@types/node"].map((name) => [name, `file:${root}node_modules/${name}`])
    ])
  }
  writeFileSync(path.join(directory, "package.json"), JSON.stringify(manifest))
  npm(directory, cache, "install", "--offline")
  const [programs, tests] = [path.join(directory, "programs"), path.join(directory, "tests")]
  for (const each of [programs, tests]) mkdirSync(each)
  for (const name of ["vitest", "@effect/vitest"]) link(path.join(tests, "node_modules"), name)
  return { directory, programs, tests, tarballs }
}
