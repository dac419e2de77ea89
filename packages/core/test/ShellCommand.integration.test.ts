import * as ShellCommand from "@clinit/core/ShellCommand"
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { spawn, spawnSync } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { constants, tmpdir } from "node:os"
import { join } from "node:path"

const scratch = mkdtempSync(join(tmpdir(), "clinit-shell-"))
const work = join(scratch, "work")

const setUp = () => {
  rmSync(work, { recursive: true, force: true })
  mkdirSync(work)
  writeFileSync(join(work, "in"), "first\nsecond\n")
  writeFileSync(join(work, "a b"), "")
  writeFileSync(join(work, "plain"), "not executable")
  writeFileSync(join(work, "script"), "echo script $# $1")
  writeFileSync(join(work, "orphan"), "#!/no/such/interpreter\n")
  for (const name of ["script", "orphan"]) chmodSync(join(work, name), 0o755)
}

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const env = { PATH: "/usr/bin:/bin", HOME: "/home/x", LC_ALL: "C", V: "x y" }

/** Runs a script with a given shell, which believes to be called `sh`. A death by signal n counts as 128 + n. */
const run = (shell: string, script: string) => {
  const { signal, status: code, stdout } = spawnSync(shell, ["-c", script], {
    argv0: "sh",
    cwd: work,
    env,
    timeout: 10_000
  })
  const status = signal === null ? code : 128 + constants.signals[signal]
  return { status, stdout: stdout.toString(), files: readdirSync(work).sort() }
}

const shells = ["/bin/sh", "/bin/dash", "/bin/bash"].filter((shell) => existsSync(shell))

const commands = [
  "printenv V",
  "/bin/echo one  two",
  "/bin/echo 'one  two' \"three  four\" fi\\ ve",
  "/bin/echo \"$V\" $V ${V} '$V'",
  "/bin/echo \"a \\\" b \\$V \\\\ c\"",
  "/bin/echo * ?n [ip]* 'a'*",
  "/bin/echo ~ ~/x",
  "/bin/echo if then { } ! [[ done",
  "/bin/echo a # b; c 'd",
  "/bin/echo a#b",
  "/bin/echo $# $0 $? [$1] [$@]",
  "/bin/echo a\r",
  "  /bin/echo blanks\t ",
  "/bin/echo 'two\nlines'",
  "cat in",
  "cat < in",
  "cat <in >out",
  "cat in>>out",
  "cat no-such-file",
  "cat < no-such-file",
  "cat no-such-file 2>err",
  "cat in > no/such/directory",
  "ls no-such-file 2>&1",
  "ls /proc/self/fd",
  "ls /proc/self/fd 2>err 5>five",
  "cat 0<&-",
  "/bin/echo closed >&-",
  "/bin/echo odd >&9",
  "/bin/false",
  "/bin/true",
  "/bin/sh -c 'exit 37'",
  "/bin/sh -c 'kill -TERM $$'",
  "/bin/sh -c 'echo $0 $1' zero one",
  "./script one",
  "./script",
  "./orphan",
  "./plain",
  "./missing",
  "missing",
  "missing 2>err >out",
  "/",
  ".//",
  "A=b printenv A",
  "A=b B=\"$V;\"'c d' C= printenv A B C",
  "A='c d' printenv A V",
  "V=changed /bin/echo $V",
  "PATH=/nowhere printenv PATH",
  "A=b missing",
  "A=b",
  "A=b echo $A",
  "echo builtin",
  "exit 3",
  "cd / && pwd",
  "umask 077; umask",
  "test -f in",
  "[ -f out ]",
  "true && echo yes || echo no",
  "false || exit 4",
  "cat in | wc -l",
  "echo one; echo two; exit 5",
  "(echo sub; exit 6)",
  "{ echo group; exit 7; }",
  "if true; then echo if; fi",
  "for i in 1 2; do echo $i; done",
  "! true",
  "echo `echo back` $(echo tick) $((1+2)) ${W:-word}",
  "/bin/echo \"`echo back`\" \"$(echo tick; echo tock)\"",
  "exec /bin/echo exec",
  "cat <<END\nhere $V\nEND",
  "cat <<END",
  ">out /bin/echo redirected",
  "2>err ls no-such-file",
  "/bin/echo & wait",
  "sleep 0.05 &",
  "/bin/echo 'open",
  "/bin/echo \"open",
  "/bin/echo open\\",
  "-x",
  "# only a comment",
  "",
  " "
]

describe.each(shells)("with %s", (shell) => {
  beforeAll(() => {
    mkdirSync(work, { recursive: true })
  })

  it.each(commands)("a command keeps its output, its exit status and its files: %j", (command) => {
    setUp()
    // The shell's own -x is what argv guards against: run raw it would be an option.
    const raw = run(shell, command.startsWith("-") ? ` ${command}` : command)
    setUp()
    expect(run(shell, ShellCommand.argv(command)[2])).toEqual(raw)
  })
})

const direct = commands.flatMap((command) => {
  const words = ShellCommand.words(command)
  return words === undefined ? [] : [{ command, words }]
})

it("a command that needs no shell keeps its output, its exit status and its files without one, or is none for the kernel", () => {
  expect(direct.length).toBeGreaterThan(10)
  for (const { command, words: [file, ...args] } of direct) {
    setUp()
    const raw = run("/bin/sh", command)
    setUp()
    const { error, status, signal, stdout } = spawnSync(file, args, { cwd: work, env, timeout: 10_000 })
    if (error !== undefined) expect(raw.status, command).toBeGreaterThan(125)
    else {
      expect({
        status: signal === null ? status : 128 + constants.signals[signal],
        stdout: stdout.toString(),
        files: readdirSync(work).sort()
      }, command).toEqual(raw)
    }
  }
})

it("a missing program is a command that ends with 127, one that cannot be executed with 126 (D7)", () => {
  setUp()
  expect(run("/bin/sh", ShellCommand.argv("missing")[2]).status).toBe(127)
  expect(run("/bin/sh", ShellCommand.argv("./plain")[2]).status).toBe(126)
})

it.each([
  "sh -c 'echo $$'",
  "sh -c 'echo $$; echo x >&2' 2>/dev/null",
  "A=b sh -c 'echo $$' # comment"
])("the pid that was started is the program's own: %s", async (command) => {
  setUp()
  const [file, ...args] = ShellCommand.argv(command)
  const child = spawn(file, args, { cwd: work, env, stdio: ["ignore", "pipe", "inherit"] })
  const output = (await child.stdout.toArray()).join("")
  expect(output).toBe(`${child.pid}\n`)
})

it("a program's death by a signal is seen as such, not as the shell's status 128 + n", () => {
  setUp()
  const { signal, status } = spawnSync("/bin/sh", ShellCommand.argv("sh -c 'kill -TERM $$'").slice(1), {
    cwd: work,
    env
  })
  expect({ signal, status }).toEqual({ signal: "SIGTERM", status: null })
})

// No `>` and no paths: whatever these add up to, even read wrongly and run as root, nothing can be written.
const Fragments = Schema.Array(
  Schema.Literals([
    "cat",
    "in",
    "V",
    "A=b",
    " ",
    " ",
    " ",
    "'",
    "\"",
    "\\",
    "$V",
    "${V}",
    "$",
    "#",
    "<",
    "*",
    "?",
    "~",
    "{",
    "}",
    "=",
    "-",
    "!",
    "\t",
    ";",
    "|",
    "("
  ])
)

it.prop(
  "a random argument list keeps its output and its exit status where exec is added",
  [Fragments],
  ([fragments]) => {
    const command = `/bin/echo ${fragments.join("")}`
    const script = ShellCommand.argv(command)[2]
    // `$$` is another pid each time.
    if (script === command || command.includes("$$")) return
    setUp()
    expect(run("/bin/sh", script)).toEqual(run("/bin/sh", command))
  },
  { arbitrary: { runs: 300 }, timeout: 60_000 }
)

/** Prints its arguments as JSON, a line for each time that it is run. */
const printer = ["-e", "console.log(JSON.stringify(process.argv.slice(1)))", "--"]

describe.each(shells)("the words of a command get with %s", (shell) => {
  const argumentsOf = (words: ReadonlyArray<string>) => {
    const line = ShellCommand.line([process.execPath, ...printer, ...words])!
    return run(shell, ShellCommand.argv(line)[2]).stdout
  }

  it("to the program as they are, whatever a shell would make of them", () => {
    setUp()
    const words = [
      "",
      " ",
      "two  words",
      "\t",
      "it's",
      "'",
      "''",
      "\"$V\"",
      "$V ${V} $(touch out) `touch out` $((1+1))",
      "> out",
      ">out",
      "2>out",
      "2",
      "| cat",
      "; touch out",
      "& touch out",
      "*",
      "?n",
      "[ip]*",
      "{a,b}",
      "~",
      "~root",
      "--x=~/y",
      "A=b",
      "#c",
      "!",
      "!!",
      "\\",
      "\\'",
      "a\\",
      "-",
      "--",
      "-n",
      "%1",
      "größe 😀",
      "a\rb"
    ]
    expect(argumentsOf(words)).toBe(`${JSON.stringify(words)}\n`)
    expect(readdirSync(work)).not.toContain("out")
  })

  it.each([
    ["a builtin's name", ["echo"]],
    ["a keyword", ["if"]],
    ["what reads as an assignment", ["A=b"]],
    ["what has a quote", ["it's"]],
    ["nothing", [""]]
  ])("a program of that name run, or none: %s", (_, [name]) => {
    setUp()
    const own = join(work, "bin")
    mkdirSync(own)
    if (name !== "") {
      writeFileSync(join(own, name!), "#!/bin/sh\nprintf 'mine %s' \"$1\"\n")
      chmodSync(join(own, name!), 0o755)
    }
    const line = ShellCommand.line([name!, "a b"])!
    const { status, stdout } = run(shell, `PATH=${own}:$PATH; ${ShellCommand.argv(line)[2]}`)
    expect(stdout).toBe(name === "" ? "" : "mine a b")
    // Shells differ in whether nothing is a program that is missing or one that may not be run.
    expect(name === "" ? [126, 127] : [0]).toContain(status)
  })
})

it.prop(
  "any words without line ends get to the program as they are",
  [Schema.Array(Schema.String.check(Schema.isPattern(/^[^\n\0\p{Cs}]*$/u)))],
  ([words]) => {
    const line = ShellCommand.line([process.execPath, ...printer, ...words])!
    expect(run("/bin/sh", ShellCommand.argv(line)[2]).stdout).toBe(`${JSON.stringify(words)}\n`)
  },
  { arbitrary: { runs: 60 }, timeout: 60_000 }
)
