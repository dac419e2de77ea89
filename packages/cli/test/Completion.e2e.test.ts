import { describe, expect, it } from "@effect/vitest"
import { itUnless } from "./support/Conditional.ts"
import { inScratch } from "./support/Scratch.ts"
import * as Terminal from "./support/Terminal.ts"

/** Each would do something if any part of it were evaluated; no two begin with the same letter. */
const hostile = [
  "a$(touch${IFS}HACKED)",
  "b`touch${IFS}HACKED`",
  "c\"d'e\"f",
  "g;touch${IFS}HACKED;h",
  "i|touch${IFS}HACKED&&j&k",
  "l\\m\\$(touch${IFS}HACKED)",
  "n*o?p[q]r{s,t}~u",
  "v!!w!x#y%z^",
  "A=B@C=~/D",
  "E>HACKED<F",
  "Ä‑é$HOME",
  "~root"
]

const entries = [
  ...hostile.map((tag) => `web:${tag}:off,run:off:true`),
  "db:main:12:off:true",
  "status:s:1:off:true"
]

/** What is typed, and what clinit gets. Tab stands for the key. */
const common: ReadonlyArray<readonly [claim: string, typed: string, words: ReadonlyArray<string>]> = [
  ["a subcommand", "clinit -c cltab stat\t", ["-c", "cltab", "status"]],
  ["a flag of a subcommand", "clinit check --str\t", ["check", "--strict"]],
  ["a flag that every command has", "clinit check --hel\t", ["check", "--help"]],
  ["a choice", "clinit completion fi\t", ["completion", "fish"]],
  ["a group", "clinit -c cltab tell d\t1\t", ["-c", "cltab", "tell", "db", "1"]],
  ["a group without a subcommand", "clinit -c cltab db 2\t", ["-c", "cltab", "db", "2"]],
  ["a level of the group before it", "clinit -c cltab plan web r\t", ["-c", "cltab", "plan", "web", "run"]],
  ["a level by its flag", "clinit -c cltab status web --level r\t", [
    "-c",
    "cltab",
    "status",
    "web",
    "--level",
    "run"
  ]],
  ["a level that is attached to its flag", "clinit -c cltab status --level=r\t", [
    "-c",
    "cltab",
    "status",
    "--level=run"
  ]],
  ["an entry", "clinit -c cltab retry db/\t", ["-c", "cltab", "retry", "db/main"]],
  ["a group that is named like a subcommand, behind --", "clinit -c cltab -- statu\t1", [
    "-c",
    "cltab",
    "--",
    "status",
    "1"
  ]],
  ["a file", "clinit check clta\t", ["check", "cltab"]],
  ["a flag's file", "clinit check --cltab clta\t", ["check", "--cltab", "cltab"]],
  ["a file that is attached to its flag", "clinit check --cltab=clta\t", ["check", "--cltab=cltab"]]
]

const named = (before: string, keep: (tag: string) => boolean = () => true) =>
  hostile.filter(keep).map((tag) =>
    [
      `${before}${tag}`,
      `clinit -c cltab retry ${before}web/${[...tag][0]}\t`,
      ["-c", "cltab", "retry", `web/${tag}`]
    ] as const
  )

// Between single quotes there is no single quote in bash, and between double quotes no exclamation mark.
const quoted = {
  bash: [...named("'", (tag) => !tag.includes("'")), ...named("\"", (tag) => !tag.includes("!"))],
  zsh: [...named("'"), ...named("\"")],
  fish: [...named("'"), ...named("\"")]
}

describe("completion", () => {
  for (const shell of ["bash", "zsh", "fish"] as const) {
    itUnless(Terminal.obstacle(shell))(
      `in ${shell} completes subcommands, flags, choices, groups, entries, levels and files`,
      inScratch(async (scratch) => {
        scratch.configure(...entries)
        const got = await Terminal.type(scratch, shell, common.map(([, typed]) => typed))
        expect(common.map(([claim], at) => [claim, got[at]])).toEqual(
          common.map(([claim, , words]) => [claim, words])
        )
      })
    )

    itUnless(Terminal.obstacle(shell))(
      `in ${shell} quotes names, also where a quote was opened, so that nothing of them is ever executed`,
      inScratch(async (scratch) => {
        scratch.configure(...entries)
        const cases = [...named(""), ...quoted[shell]]
        const got = await Terminal.type(scratch, shell, cases.map(([, typed]) => typed))
        expect(got).toEqual(cases.map(([, , words]) => words))
        expect(scratch.exists("HACKED")).toBe(false)
      })
    )
  }

  it(
    "knows the groups, entries and levels of the daemon, too, and those of a cltab with mistakes",
    inScratch(async (scratch) => {
      await scratch.daemon("old:gone:1:respawn:exec sleep 1000")
      await scratch.clinit("-w", "old", "1")
      scratch.configure("new:a:2:respawn:true", "nonsense")
      const ask = (...words: ReadonlyArray<string>) =>
        scratch.bare("completion", "fish", "--", "-c", scratch.cltab, ...words)
      expect(await ask("retry", "")).toEqual({
        exit: 0,
        stdout: "words\nnew\tgroup\nold\tgroup\nnew/a\tentry\nold/gone\tentry\n",
        stderr: ""
      })
      expect((await ask("tell", "old", "")).stdout).toBe("words\n1\tlevel\n")
      scratch.configure("old:gone:1:respawn:exec sleep 1000")
    })
  )

  it(
    "says nothing about a cltab or a daemon that is not there, and does not wait for a daemon that is silent",
    inScratch(async (scratch) => {
      const words = ["completion", "zsh", "--", "-c", "nowhere", "tell", ""]
      expect(await scratch.bare(...words)).toEqual({ exit: 0, stdout: "words\n", stderr: "" })
      const daemon = await scratch.daemon("g:a:1:respawn:exec sleep 1000")
      daemon.kill("SIGSTOP")
      expect(await scratch.bare("completion", "zsh", "--", "-c", scratch.cltab, "tell", "")).toEqual({
        exit: 0,
        stdout: "words\ng\tgroup\n",
        stderr: ""
      })
      daemon.kill("SIGCONT")
    })
  )
})
