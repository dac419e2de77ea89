import { execFile } from "node:child_process"
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import * as PublicModules from "../../../scripts/PublicModules.ts"
import type { CodeBlock } from "./CodeBlocks.ts"
import * as CodeBlocks from "./CodeBlocks.ts"
import type { Consumer } from "./Consumer.ts"
import * as Tree from "./Consumer.ts"

/** The examples: those that have tests, and those that are programs. */
export const examples = readdirSync(`${Tree.root}examples`, { withFileTypes: true })
  .filter((each) => each.isDirectory())
  .map(({ name }) => ({ name, isTest: existsSync(`${Tree.root}examples/${name}/test`) }))

const markdown = [
  "README.md",
  ...readdirSync(`${Tree.root}packages`).map((name) => `packages/${name}/README.md`),
  ...readdirSync(`${Tree.root}docs`, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`)
]

/** All TypeScript that documents and the docstrings of public modules show. */
export const blocks: ReadonlyArray<CodeBlock> = [
  ...markdown.flatMap((file) => CodeBlocks.ofMarkdown(Tree.root, file)),
  ...PublicModules.libraries.flatMap((library) =>
    PublicModules.of(library).flatMap(({ source }) => CodeBlocks.ofDocstrings(Tree.root, source))
  )
]

/** As strict as TypeScript can be with the libraries' types as well as with the program's. */
const strict = {
  target: "es2024",
  module: "nodenext",
  types: ["node"],
  allowJs: true,
  checkJs: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noPropertyAccessFromIndexSignature: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  rewriteRelativeImportExtensions: true,
  rootDir: "."
}

/** Compiles what is in the directory, and returns what the compiler said. */
const compile = (directory: string, options: object): Promise<string> => {
  const file = path.join(directory, "tsconfig.json")
  writeFileSync(file, JSON.stringify({ compilerOptions: { ...strict, ...options }, exclude: ["out"] }))
  return new Promise((resolve) =>
    execFile(
      `${Tree.root}node_modules/.bin/tsc`,
      ["-p", file, "--pretty", "false"],
      { cwd: directory },
      (error, stdout, stderr) => resolve(error === null ? "" : `${stdout}${stderr}` || error.message)
    )
  )
}

/** Puts examples and documented code into the consumer's directories and compiles them. Returns what the compiler said. */
export const run = async (
  { programs, tests }: Consumer
): Promise<{ readonly programs: string; readonly tests: string }> => {
  for (const { isTest, name } of examples) {
    cpSync(`${Tree.root}examples/${name}`, path.join(isTest ? tests : programs, "examples", name), {
      recursive: true,
      filter: (file) => path.basename(file) !== "node_modules"
    })
  }
  for (const directory of [programs, tests]) mkdirSync(path.join(directory, "blocks"))
  for (const block of blocks) {
    const directory = CodeBlocks.isTest(block) ? tests : programs
    writeFileSync(path.join(directory, "blocks", `${CodeBlocks.moduleName(block)}.ts`), block.code)
  }
  const said = await Promise.all([
    compile(programs, { skipLibCheck: false, declaration: true, outDir: "out" }),
    // vitest's own types want those of bundlers that are not there.
    compile(tests, { skipLibCheck: true, noEmit: true })
  ])
  return { programs: said[0], tests: said[1] }
}
