import { builtIns } from "@clinit/cli/BuiltIns"
import { clinit } from "@clinit/cli/Clinit"
import { describe, expect, it } from "@effect/vitest"
import * as Completions from "effect/cli/Completions"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { itUnless, lacks } from "./support/Conditional.ts"

const root = new URL("../../../", import.meta.url).pathname
const pages = ["clinit.1", "cltab.5"] as const
const file = (page: string) => `${root}packages/cli/man/${page}`

const run = (program: string, ...words: ReadonlyArray<string>) => {
  const { stderr, stdout } = spawnSync(program, words, {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8", MANWIDTH: "200", MANROFFOPT: "-c" }
  })
  // What the terminal would show in bold is written over itself.
  // oxlint-disable-next-line no-control-regex
  return { stdout: stdout.replace(/.\x08/g, ""), stderr }
}

/** The page as it is read, every white space one blank. */
const rendered = (page: string) => run("man", "-l", file(page)).stdout.replace(/\s+/g, " ")

/** Each of these that the text lacks. */
const missing = (text: string, parts: ReadonlyArray<string>) =>
  parts.filter((part) => !text.includes(part.replace(/\s+/g, " ")))

describe("the manual", () => {
  for (const page of pages) {
    itUnless(lacks("mandoc"))(
      `has no mistakes that mandoc finds in ${page}`,
      async () =>
        expect(run("mandoc", "-Tlint", "-W", "warning", file(page))).toEqual({ stdout: "", stderr: "" })
    )

    itUnless(lacks("groff"))(
      `has nothing that groff warns of in ${page}`,
      async () => expect(run("groff", "-ww", "-k", "-man", "-Tutf8", "-z", file(page)).stderr).toBe("")
    )

    itUnless(lacks("man"))(
      `has nothing that man warns of in ${page}`,
      async () => expect(run("man", "--warnings", "-l", file(page)).stderr).toBe("")
    )
  }

  itUnless(lacks("man"))(
    "clinit(1) has each command and each flag that --help has, with its description",
    async () => {
      const tree = Completions.fromCommand(clinit)
      const parts = [tree, ...tree.subcommands].flatMap(({ arguments: given, description, flags, name }) => [
        ...(name === "clinit" ? [] : [`clinit ${name} `, description ?? ""]),
        ...given.map(({ description }) => description ?? ""),
        ...flags.flatMap(({ description, name }) => [`--${name}`, description ?? ""])
      ])
      expect(parts.length).toBeGreaterThan(80)
      expect(missing(rendered("clinit.1"), parts)).toEqual([])
      expect(builtIns.length).toBe(2)
    }
  )

  itUnless(lacks("man"))("clinit(1) has what a manual page is looked up for", async () => {
    const sections = [
      "NAME",
      "SYNOPSIS",
      "OPTIONS",
      "COMMANDS",
      "EXIT STATUS",
      "SIGNALS",
      "FILES",
      "EXAMPLES",
      "SEE ALSO"
    ]
    expect(missing(rendered("clinit.1"), sections.map((section) => ` ${section} `))).toEqual([])
  })

  itUnless(lacks("man"))(
    "clinit(1) has the exit codes of the README's tables, and every file that stands beside the socket",
    async () => {
      const readme = readFileSync(`${root}README.md`, "utf8").replaceAll("`", "")
      const codes = [...readme.matchAll(/^\| (\d+) \| (.*) \|$/gm)].map(([, code, meaning]) =>
        `${code}: ${meaning}`
      )
      const healths = [...readme.matchAll(/^\| (.*) \| (\d) \| \d \|$/gm)].map(([, health, code]) =>
        `${code}: ${health}`
      )
      const files = ["its lock", "its ledger", "its history", "the pipes of loggers"]
      expect([codes.length, healths.length]).toEqual([6, 4])
      expect(missing(rendered("clinit.1"), [...codes, ...healths, ...files])).toEqual([])
    }
  )

  itUnless(lacks("man"))("clinit(1) has an example of each command that people use daily", async () => {
    const [, examples = ""] = rendered("clinit.1").split(" EXAMPLES ")
    const daily = ["status", "why", "watch", "plan", "stop", "start", "restart", "signal", "is-up", "check"]
    expect(missing(examples, daily.map((command) => `clinit ${command} `))).toEqual([])
  })

  itUnless(lacks("man"))(
    "cltab(5) has each heading and each example of docs/cltab.md, and no path of the repository",
    async () => {
      const document = readFileSync(`${root}docs/cltab.md`, "utf8")
      const headings = [...document.matchAll(/^(##+) (.*)$/gm)].map(([, marks, title]) =>
        marks === "##" ? title!.toUpperCase() : title!
      )
      const examples = [...document.matchAll(/^```\w+\n(.*?)^```$/gms)].map(([, text]) => text!.trim())
      const text = rendered("cltab.5")
      expect(missing(text, headings)).toEqual([])
      expect(examples.length).toBeGreaterThan(20)
      expect(missing(text, examples)).toEqual([])
      expect(text).not.toMatch(/\.md\b|decisions\/|\(decision\)/)
    }
  )

  it("names the version of the package", () => {
    const { version } = JSON.parse(readFileSync(`${root}packages/cli/package.json`, "utf8")) as {
      version: string
    }
    for (const page of pages) expect(readFileSync(file(page), "utf8")).toContain(`clinit ${version}`)
  })
})
