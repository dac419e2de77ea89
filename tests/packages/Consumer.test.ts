import { beforeAll, describe, expect, it } from "@effect/vitest"
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { inject } from "vitest"
import { itUnless } from "../../packages/cli/test/support/Conditional.ts"
import { until } from "../../packages/cli/test/support/Eventually.ts"
import * as Proc from "../../packages/cli/test/support/Proc.ts"
import type { Finished, Program } from "../../packages/cli/test/support/Program.ts"
import { inScratch } from "../../packages/cli/test/support/Scratch.ts"
import type { Scratch } from "../../packages/cli/test/support/Scratch.ts"
import * as PublicModules from "../../scripts/PublicModules.ts"
import type { CodeBlock } from "./support/CodeBlocks.ts"
import * as CodeBlocks from "./support/CodeBlocks.ts"
import * as Compiling from "./support/Compiling.ts"
import { nodes } from "./support/Consumer.ts"

const consumer = inject("consumer")

/** The built program of an example. */
const example = (name: string, file = "main.js"): string =>
  path.join(consumer.programs, "out/examples", name, "src", file)

/** Lets no module of Effect be loaded. */
const refusingEffect = `import { registerHooks } from "node:module"
registerHooks({
  resolve: (specifier, context, next) => {
    if (/^effect(?:\\/|$)/.test(specifier)) throw new Error("Effect is loaded")
    return next(specifier, context)
  }
})`

/** What a document's daemon supervises. */
const shop = ["shop:db:dev,run:respawn:exec sleep 1000", "shop:app:run,:respawn:exec sleep 1000"]

/** Starts a program of a consumer: on its PATH are this Node, the packed command line, and the system. */
const start = (scratch: Scratch, node: string, ...args: ReadonlyArray<string>): Program => {
  const own = scratch.path("node")
  if (!existsSync(own)) {
    mkdirSync(own)
    symlinkSync(node, path.join(own, "node"))
  }
  const PATH = `${own}:${consumer.directory}/node_modules/.bin:/usr/bin:/bin`
  return scratch.start("env", [`PATH=${PATH}`, "node", ...args])
}

const run = (scratch: Scratch, node: string, ...args: ReadonlyArray<string>): Promise<Finished> =>
  start(scratch, node, ...args).finished()

/** Starts a daemon of the packed command line. */
const daemon = (scratch: Scratch, node: string, ...lines: ReadonlyArray<string>): Promise<Program> => {
  scratch.configure(...lines)
  const clinit = `${consumer.directory}/node_modules/@clinit/cli/dist/clinit.js`
  return scratch.restart(node, [clinit, "-c", scratch.cltab, "-d"])
}

/** The program that a document shows, with the scratch's paths in place of those that it shows. */
const shown = (scratch: Scratch, block: CodeBlock): string => {
  const built = path.join(consumer.programs, "out/blocks", `${CodeBlocks.moduleName(block)}.js`)
  const file = path.join(path.dirname(built), `${path.basename(scratch.directory)}.js`)
  const code = readFileSync(built, "utf8")
    .replaceAll("/var/run/clinit/clinit.s", scratch.socket)
    .replaceAll("/srv/shop", scratch.directory)
  writeFileSync(file, code)
  return file
}

let compiled: Awaited<ReturnType<typeof Compiling.run>>
beforeAll(async () => {
  compiled = await Compiling.run(consumer)
}, 180_000)

describe("with nothing but the tarballs, Effect and Node's types", () => {
  it("TypeScript 7 compiles the example programs and those of documents and docstrings, and declarations of what they export", () => {
    expect(compiled.programs).toBe("")
  })

  it("and with vitest the test files among them", () => {
    expect(compiled.tests).toBe("")
  })

  it("no example but those that follow is left out", () => {
    expect(Compiling.examples.map(({ name }) => name)).toEqual([
      "drive-daemon",
      "http-host",
      "no-effect",
      "test-kit"
    ])
  })
})

for (const { line, node } of nodes) {
  const it = itUnless(existsSync(node) ? undefined : `no Node ${line}`)

  describe.concurrent(`on Node ${line}, from the tarballs`, () => {
    it(
      "every public module can be imported, and no other",
      inScratch(async (scratch) => {
        const modules = PublicModules.libraries.flatMap(PublicModules.of).map(({ name }) => name)
        const others = ["@clinit/core/Group", "@clinit/core/node/Forking", "@clinit/protocol/node/LineSocket"]
        const program = path.join(consumer.programs, `all-${line}.mjs`)
        writeFileSync(
          program,
          `const failures = []
          for (const module of ${JSON.stringify([...modules, ...others])}) {
            await import(module).catch((error) => failures.push([module, error.code]))
          }
          console.log(JSON.stringify(failures))`
        )
        const { stderr, stdout } = await run(scratch, node, program)
        expect({ stderr, failures: JSON.parse(stdout) }).toEqual({
          stderr: "",
          failures: others.map((module) => [module, "ERR_PACKAGE_PATH_NOT_EXPORTED"])
        })
      })
    )

    it(
      "drive-daemon takes a group to a level, prints what runs, and says that there is no daemon when there is none",
      inScratch(async (scratch) => {
        const drive = () => run(scratch, node, example("drive-daemon"), scratch.socket, "shop", "run")
        expect(await drive()).toMatchObject({ exit: 3, stdout: "" })
        await daemon(scratch, node, ...shop)
        expect(await drive()).toEqual({ exit: 0, stdout: "shop/db Running\nshop/app Running\n", stderr: "" })
      })
    )

    it(
      "no-effect shows what happens until a group is at its level, without loading Effect, and what was refused",
      inScratch(async (scratch) => {
        const drive = (...args: ReadonlyArray<string>) =>
          run(scratch, node, example("no-effect", "main.mjs"), scratch.socket, ...args)
        expect(await drive("shop", "run")).toMatchObject({ exit: 3, stdout: "" })
        await daemon(scratch, node, ...shop)
        const { exit, stderr, stdout } = await drive("shop", "run")
        expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" })
        expect(stdout).toBe(
          "db is Starting\ndb is Running\napp is Starting\napp is Running\nshop run DONE\ndb Running\napp Running\n"
        )
        expect(await drive("shp", "run")).toEqual({
          exit: 1,
          stdout: "",
          stderr: "no such group: shp (did you mean shop?)\n"
        })
        const hidden = path.join(consumer.programs, `without-effect-${line}.mjs`)
        writeFileSync(hidden, refusingEffect)
        expect(
          await run(
            scratch,
            node,
            "--import",
            hidden,
            example("no-effect", "main.mjs"),
            scratch.socket,
            "shop",
            "run"
          )
        ).toMatchObject({ exit: 0 })
      })
    )

    it(
      "test-kit's tests and those of documents pass",
      inScratch(async (scratch) => {
        const vitest = path.join(consumer.tests, "node_modules/vitest/vitest.mjs")
        const { exit, stderr, stdout } = await start(
          scratch,
          node,
          vitest,
          "run",
          `--root=${consumer.tests}`,
          "--no-isolate",
          "--maxWorkers=1"
        ).finished(120)
        expect({ exit, stderr }, stdout).toEqual({ exit: 0, stderr: "" })
      })
    )

    it(
      "http-host shows its two workers, starts one again that dies, and at TERM stops both and ends with 0",
      inScratch(async (scratch) => {
        const host = start(scratch, node, example("http-host"), "0")
        let printed = ""
        host.child.stdout!.on("data", (text: string) => printed += text)
        const url = await until("it listens", () => /http:\S+/.exec(printed)?.[0])
        const status = async () => (await fetch(url)).json()
        const both = [{ tag: "resize", state: "Running" }, { tag: "mail", state: "Running" }]
        expect(await status()).toEqual([{ group: "workers", state: "DONE", workers: both }])
        const [first] = scratch.left()
        Proc.kill(first!, "SIGKILL")
        await until("it runs again", () => scratch.left().length === 2 && !scratch.left().includes(first!))
        expect((await fetch(new URL("/other", url))).status).toBe(404)
        host.kill("SIGTERM")
        expect(await host.finished()).toMatchObject({
          exit: 0,
          stdout: expect.stringMatching(/ended in order\n$/)
        })
        expect(scratch.left()).toEqual([])
      })
    )

    for (const block of Compiling.blocks) {
      if (CodeBlocks.isTest(block) || !block.isRun) continue
      it(
        `the program in ${block.place} runs to its end`,
        inScratch(async (scratch) => {
          if (block.words.includes("daemon")) await daemon(scratch, node, ...shop)
          expect(await run(scratch, node, shown(scratch, block))).toMatchObject({ exit: 0, stderr: "" })
        })
      )
    }
  })
}
