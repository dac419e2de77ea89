// Every alternative begins with a character of its own, so that matching never backtracks into the middle of one.
// What shells disagree about (`$'…'`), or what would need a parser (`$(…)`, backticks, `${x:-…}`), fits nowhere.
const parameter = String.raw`\$(?:[A-Za-z0-9_@*#?$!-]|\{[A-Za-z0-9_]+\})`
const doubleQuoted = String.raw`"(?:[^"\\$${"`"}]|\\[^]|${parameter})*"`
const part = String.raw`(?:[^ \t\n"'${"`"}$\\;&|()<>]|\\[^\n]|'[^']*'|${doubleQuoted}|${parameter})`
const redirection = String.raw`(?:<[>&]?|>[>&]?)[ \t]*(?!#)(?=${part})`
const blank = String.raw`[ \t]`

const assignments = String.raw`(?:[A-Za-z_][A-Za-z0-9_]*=${part}*${blank}+)*`
const program = String.raw`(?![0-9]+[<>])[A-Za-z0-9_./][A-Za-z0-9_./+@%,:-]*(?=[ \t<>]|$)`
const rest = String.raw`(?:${part}|${blank}(?!#)|${redirection})*`
const comment = String.raw`(?:${blank}#[^\n]*)?`

const simpleCommand = new RegExp(
  `^(?<prefix>${blank}*${assignments})(?<command>(?<program>${program})${rest}${comment})$`
)

const reservedWords = "if then else elif fi do done case esac while until for in function select time coproc"

// Of dash, bash and ksh: `exec` would look for a program of that name.
const builtins = `
  . : alias autoload bg bind break builtin caller cd chdir command compgen complete compopt continue declare dirs
  disown echo enable eval exec exit export false fc fg float functions getopts hash help hist history integer jobs
  kill let local logout mapfile nameref newgrp popd print printf pushd pwd read readarray readonly return set shift
  shopt source stop suspend test times trap true type typeset ulimit umask unalias unset wait whence`

const shellWords = new Set(`${reservedWords} ${builtins}`.split(/\s+/))

const withExec = (command: string): string => {
  const { command: simple, prefix, program } = simpleCommand.exec(command)?.groups ?? {}
  return simple === undefined || program === undefined || shellWords.has(program)
    ? command
    : `${prefix}exec ${simple}`
}

/** The program that a simple command runs. */
export interface Program {
  readonly name: string
  /** Where in the command it stands, in UTF-16 units from 0. */
  readonly index: number
  /** Whether the command gives it a PATH of its own. */
  readonly hasOwnPath: boolean
}

const setsPath = /(?:^|[ \t])PATH=/

/**
 * The program that a command line runs, also behind an `exec` of its own: undefined if it is more than a simple command,
 * if a shell does it itself, or if only a shell could tell the name.
 */
export const programOf = (command: string): Program | undefined => {
  const { prefix = "", program: name } = simpleCommand.exec(command)?.groups ?? {}
  if (name === undefined) return undefined
  const hasOwnPath = setsPath.test(prefix)
  if (!shellWords.has(name)) return { name, index: prefix.length, hasOwnPath }
  if (name !== "exec") return undefined
  const start = prefix.length + name.length
  const { prefix: blanks = "", program: executed } = simpleCommand.exec(command.slice(start))?.groups ?? {}
  return executed === undefined || blanks.trim() !== ""
    ? undefined
    : { name: executed, index: start + blanks.length, hasOwnPath }
}

// A shell would take what begins with a sign for another option of its own.
const operand = (script: string): string => /^[-+]/.test(script) ? ` ${script}` : script

/**
 * How to run a command line: by `/bin/sh -c`, so that missing programs and builtins are just commands that end
 * with a status. A single simple command that names a program is run by `exec`: no shell stays between, and the
 * program has the pid that was started. Everything else is passed on as it is.
 */
export const argv = (command: string): readonly [file: "/bin/sh", option: "-c", script: string] => [
  "/bin/sh",
  "-c",
  operand(withExec(command))
]

const plainWord = String.raw`(?:[A-Za-z0-9_./+@%,:=-]|'[^']*'|"[^"\\$${"`"}]*")+`
const plainCommand = new RegExp(
  `^${blank}*(?<exec>exec${blank}+)?(?<program>[A-Za-z0-9_./][A-Za-z0-9_./+@%,:-]*)(?<args>(?:${blank}+${plainWord})*)${blank}*$`
)

/** The words of a command: a program and its arguments. */
export type Words = readonly [program: string, ...args: ReadonlyArray<string>]

/**
 * The words of a simple command that runs a program, also behind an `exec` of its own, if they mean the same to every shell. A program
 * that is not there, or that is a script without a first line, is still for a shell to deal with.
 */
export const words = (command: string): Words | undefined => {
  const { args = "", exec, program } = plainCommand.exec(command)?.groups ?? {}
  if (program === undefined || (exec === undefined && shellWords.has(program))) return undefined
  const unquoted = Array.from(
    args.matchAll(new RegExp(plainWord, "g")),
    ([word]) =>
      word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double!)
  )
  return [program, ...unquoted]
}

/** A shell command line; or the words of a command, none of which any shell reads. */
export type Command = string | ReadonlyArray<string>

const quoted = (word: string): string =>
  /^[A-Za-z0-9_./+@%,:=-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`

/**
 * The command as a line. Words become one that runs the program of that name with these arguments, whatever they are,
 * also where a shell has a builtin, a function or a keyword of that name. Undefined if that begins with a sign, which some
 * shells take for an option and others do not.
 */
export const line = (command: Command): string | undefined => {
  if (typeof command === "string") return command
  const [program, ...args] = command
  if (program === undefined) return ""
  return /^[-+]/.test(program) ? undefined : ["exec", ...[program, ...args].map(quoted)].join(" ")
}
