import { chmodSync, mkdirSync } from "node:fs"
import { lacks } from "./Conditional.ts"
import { until } from "./Eventually.ts"
import * as Program from "./Program.ts"
import type { Scratch } from "./Scratch.ts"

/** A shell, and what makes it one whose `clinit` writes its arguments to the file `typed`, a line each. */
interface Shell {
  readonly arguments: ReadonlyArray<string>
  readonly setUp: ReadonlyArray<string>
}

export const shells: { readonly [name: string]: Shell } = {
  bash: {
    arguments: ["--norc", "--noprofile", "-i"],
    setUp: ["source ./completion", "clinit() { printf '%s\\n' \"$@\" > new; mv new typed; }"]
  },
  zsh: {
    arguments: ["-f", "-i"],
    setUp: [
      "autoload -Uz compinit; compinit -u -D; source ./completion",
      "clinit() { printf '%s\\n' \"$@\" > new; mv new typed; }"
    ]
  },
  fish: {
    arguments: ["--no-config", "-i"],
    setUp: ["source ./completion", "function clinit; printf '%s\\n' $argv > new; mv new typed; end"]
  }
}

/** Why the shell cannot be tried on a terminal, if it cannot. */
export const obstacle = (shell: string): string | undefined => lacks(shell) ?? lacks("script")

/** Puts the built command line on the PATH that programs of this directory get. */
export const withClinit = (scratch: Scratch): string => {
  mkdirSync(scratch.path("bin"))
  scratch.write("bin/clinit", ["#!/bin/sh", `exec ${process.execPath} ${Program.bundle} "$@"`])
  chmodSync(scratch.path("bin/clinit"), 0o755)
  return `${scratch.path("bin")}:${process.env["PATH"]}`
}

/** Types the lines on a terminal of the shell, one after the other; the arguments that `clinit` got of each. */
export const type = async (
  scratch: Scratch,
  shell: string,
  lines: ReadonlyArray<string>
): Promise<ReadonlyArray<ReadonlyArray<string>>> => {
  const path = withClinit(scratch)
  const { exit, stdout } = await scratch.start(scratch.path("bin/clinit"), ["completion", shell]).finished()
  if (exit !== 0) throw new Error(`clinit completion ${shell} ended with ${exit}`)
  scratch.write("completion", [stdout])
  const { arguments: flags, setUp } = shells[shell]!
  scratch.write("start", [
    `export HOME='${scratch.directory}' PATH='${path}' TERM=xterm LC_ALL=C.UTF-8 PS1='$ '`,
    // Without it fish leaves a directory in /tmp.
    `export XDG_RUNTIME_DIR='${scratch.directory}'`,
    `exec ${[shell, ...flags].join(" ")}`
  ])
  const program = scratch.start("script", ["-qefc", "sh ./start", "/dev/null"], ["pipe", "pipe", "pipe"])
  let output = ""
  program.child.stdout?.on("data", (text: string) => output += text)
  const send = (text: string) => program.child.stdin?.write(text)
  for (const line of setUp) send(`${line}\r`)
  const got: Array<ReadonlyArray<string>> = []
  for (const line of lines) {
    scratch.remove("typed")
    send(`${line}\r`)
    await until(`${shell} has run ${JSON.stringify(line)}`, () => scratch.exists("typed")).catch((error) => {
      throw new Error(`${error}; the terminal shows ${JSON.stringify(output.slice(-2_000))}`)
    })
    got.push(scratch.lines("typed"))
  }
  send("exit\r")
  await program.finished()
  return got
}
