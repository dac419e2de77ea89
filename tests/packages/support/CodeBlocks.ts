import { readFileSync } from "node:fs"

/** A block of TypeScript that a document shows. */
export interface CodeBlock {
  /** The document and the line that it begins at. */
  readonly place: string
  /** Whether it is a program of a README, which has to run as well as to compile. */
  readonly isRun: boolean
  /** The words behind `ts`: a program with `daemon` is run beside one. */
  readonly words: ReadonlyArray<string>
  readonly code: string
}

const fence = /^```ts(?: (?<words>[^\n]*))?\n(?<code>.*?)^```$/gmsu

const blocksOf = (file: string, text: string, firstLine: number): ReadonlyArray<CodeBlock> =>
  Array.from(text.matchAll(fence), ({ groups, index }) => ({
    place: `${file}:${firstLine + text.slice(0, index).split("\n").length}`,
    isRun: file.endsWith("README.md"),
    words: groups!["words"]?.split(" ") ?? [],
    code: groups!["code"]!
  }))

/** The blocks of a file in Markdown. */
export const ofMarkdown = (root: string, file: string): ReadonlyArray<CodeBlock> =>
  blocksOf(file, readFileSync(`${root}${file}`, "utf8"), 0)

/** The blocks in the docstrings of a file in TypeScript. */
export const ofDocstrings = (root: string, file: string): ReadonlyArray<CodeBlock> => {
  const text = readFileSync(`${root}${file}`, "utf8")
  return Array.from(text.matchAll(/^ *\/\*\*\n.*?\*\/$/gmsu)).flatMap(({ 0: docstring, index }) =>
    blocksOf(file, docstring.replaceAll(/^ *\* ?/gmu, ""), text.slice(0, index).split("\n").length - 1)
  )
}

/** Whether it is a file of tests. */
export const isTest = ({ code }: CodeBlock): boolean => /from "(?:@effect\/)?vitest"/u.test(code)

/** A name for the module that it is. */
export const moduleName = (block: CodeBlock): string =>
  `${block.place.replaceAll(/[^\w]+/gu, "-")}${isTest(block) ? ".test" : ""}`
