import * as ShellCommand from "@clinit/core/ShellCommand"
import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"

const script = (command: string): string => ShellCommand.argv(command)[2]

it("every command is run by /bin/sh -c, whatever it is (D7)", () => {
  for (const command of ["/bin/daemon -f", "exit 0", "cd /", "", "missing", "a; b", "if true; then x; fi"]) {
    expect(ShellCommand.argv(command).slice(0, 2)).toEqual(["/bin/sh", "-c"])
  }
})

describe("exec is put before a simple command", () => {
  it.each([
    ["a program and its arguments", "/usr/sbin/sshd -D -e", "exec /usr/sbin/sshd -D -e"],
    ["a program alone", "sleep", "exec sleep"],
    ["a relative path", "./run +x", "exec ./run +x"],
    ["all characters a program's name may have", "a0_./+@%,:-z x", "exec a0_./+@%,:-z x"],
    ["blanks around it", "  sleep\t5 ", "  exec sleep\t5 "],
    ["a single-quoted argument", "prog 'a; b | c & $(d) # `'", "exec prog 'a; b | c & $(d) # `'"],
    [
      "a double-quoted argument",
      String.raw`prog "a; b \" \$(c) | $d"`,
      String.raw`exec prog "a; b \" \$(c) | $d"`
    ],
    ["escaped characters", String.raw`find . -exec rm {} \;`, String.raw`exec find . -exec rm {} \;`],
    ["variables", "prog $HOME/a ${HOME} $1 $$ $?", "exec prog $HOME/a ${HOME} $1 $$ $?"],
    ["globs and a home directory", "ls *.c [ab]? ~/x", "exec ls *.c [ab]? ~/x"],
    ["redirections", "prog >>out 2>&1 <in 3<>rw 4>&-", "exec prog >>out 2>&1 <in 3<>rw 4>&-"],
    ["a redirection without blanks", "prog>out", "exec prog>out"],
    ["a comment", "prog a # don't; stop", "exec prog a # don't; stop"],
    ["a # within a word", "prog a#b 'c'#d", "exec prog a#b 'c'#d"],
    ["words that are reserved elsewhere only", "prog if { } ! then", "exec prog if { } ! then"],
    ["a program named like a builtin, by its path", "/bin/echo a", "exec /bin/echo a"],
    ["a carriage return at the end of an argument", "prog a\r", "exec prog a\r"],
    ["line feeds within quotes", "prog 'a\nb'", "exec prog 'a\nb'"]
  ])("%s", (_, command, expected) => expect(script(command)).toBe(expected))

  it("behind assignments, which stay in the program's environment", () => {
    expect(script("A=b prog c")).toBe("A=b exec prog c")
    expect(script("A= B='c d' C=\"$D;\"e prog")).toBe("A= B='c d' C=\"$D;\"e exec prog")
  })
})

describe("a command is left alone", () => {
  it.each([
    ["if it is a list", "a; b"],
    ["if it ends with a semicolon", "a;"],
    ["if it is an and-or list", "a && b || c"],
    ["if it is a pipeline", "a | b"],
    ["if it is put into the background", "a &"],
    ["if it has &>, which POSIX shells read as background", "a &>b"],
    ["if it has >|", "a >| b"],
    ["if it has several lines", "a\nb"],
    ["if a line feed ends a comment", "a # b\nc"],
    ["if it is a subshell", "(a)"],
    ["if it is a brace group", "{ a; }"],
    ["if it is negated", "! a"],
    ["if it defines a function", "a() { b; }"],
    ["if it has a process substitution", "a <(b)"],
    ["if it has a here-document", "a <<EOF"],
    ["if it has a here-string", "a <<<b"],
    ["if it has a command substitution", "a $(b)"],
    ["if it has a command substitution in quotes", "a \"$(b)\""],
    ["if it has backticks", "a `b`"],
    ["if it has backticks in quotes", "a \"`b`\""],
    ["if it has arithmetic", "a $((1+2))"],
    ["if it has a parameter expansion with a word", "a ${b:-c}"],
    ["if it has $'…', which shells read differently", String.raw`a $'b\'c'`],
    ["if a single quote is not closed", "a 'b"],
    ["if a double quote is not closed", "a \"b"],
    ["if a backslash ends it", "a b\\"],
    ["if a redirection has no target", "a >"],
    ["if a redirection's target is a comment", "a > #b"],
    ["if a redirection comes first", ">b a"],
    ["if a numbered redirection comes first", "2>b a"],
    ["if the program is quoted", "'a' b"],
    ["if the program is partly quoted", "a'b' c"],
    ["if the program is a variable", "$a b"],
    ["if the program is a glob", "/bin/ech? b"],
    ["if the program is in a home directory", "~/a b"],
    ["if it begins with an option", "A=b -c d"],
    ["if it is an assignment only", "A=b"],
    ["if it is an assignment and a redirection", "A=b >c"],
    ["if it is a comment", "# a"],
    ["if it is empty", ""],
    ["if it is blank", " \t"],
    ["if the program ends with a carriage return", "a\r"],
    ["if the program's name is not ASCII", "é a"]
  ])("%s", (_, command) => expect(script(command)).toBe(command))

  it.each(
    [
      ": . break continue eval exec exit export readonly return set shift times trap unset",
      "alias bg cd command echo false fc fg getopts hash jobs kill local printf pwd read",
      "test [ true type ulimit umask unalias wait",
      "source let declare typeset builtin enable logout suspend shopt pushd"
    ]
      .flatMap((line) => line.split(" "))
  )("if it is the builtin %s", (builtin) => {
    expect(script(`${builtin} a`)).toBe(`${builtin} a`)
    expect(script(`A=b ${builtin} a`)).toBe(`A=b ${builtin} a`)
  })

  it.each(["if", "while", "until", "for", "case", "{", "!", "function", "select", "time", "[["])(
    "if it begins with the reserved word %s",
    (word) => expect(script(`${word} a`)).toBe(`${word} a`)
  )
})

it("a command that begins with a sign is no option of the shell", () => {
  expect(script("-x")).toBe(" -x")
  expect(script("+x a")).toBe(" +x a")
})

it("a long hostile command is read in linear time", () => {
  const hostile = [
    " ".repeat(50_000),
    "$a".repeat(25_000),
    "'".repeat(50_001),
    "\"a".repeat(25_001),
    "A=b ".repeat(9_000),
    "> a ".repeat(9_000)
  ]
  for (const text of hostile) {
    const started = performance.now()
    script(`prog ${text}|`)
    script(`${text}|`)
    ShellCommand.words(`prog ${text}|`)
    ShellCommand.words(`${text}|`)
    expect(performance.now() - started).toBeLessThan(1000)
  }
})

it.prop("nothing but exec, or a blank before a sign, is ever added", [Schema.String], ([command]) => {
  const candidates = [
    script(command),
    script(command).replace(/exec /, ""),
    script(command).replace(/^ (?=[-+])/, "")
  ]
  expect(candidates).toContain(command)
})

describe("the program of a command", () => {
  it.each([
    ["is its first word", "/bin/app -f", "/bin/app", 0, false],
    ["is behind blanks and assignments", "  A='b c' app", "app", 10, false],
    ["may have a PATH of its own", "PATH=/x app", "app", 8, true],
    ["is behind an exec of its own", "exec  app", "app", 6, false],
    ["is behind assignments and exec", "A=b PATH=c exec app", "app", 16, true],
    ["may be named like a builtin behind exec", "exec echo a", "echo", 5, false]
  ])("%s: %s", (_, command, name, index, hasOwnPath) => {
    expect(ShellCommand.programOf(command)).toEqual({ name, index, hasOwnPath })
  })

  it.each(["cd /", "exec", "exec -a x app", "exec A=b app", "exec $app", "a; b", "$a", "", "exec exec; a"])(
    "is a shell's business in %j",
    (command) => expect(ShellCommand.programOf(command)).toBeUndefined()
  )
})

describe("the words of a command that needs no shell", () => {
  it.each([
    ["a program alone", "app", ["app"]],
    ["a program and its arguments", "/bin/app -f  a=b,c:d@e%f+g/h.i_j 1", [
      "/bin/app",
      "-f",
      "a=b,c:d@e%f+g/h.i_j",
      "1"
    ]],
    ["blanks around it", " \tapp\ta ", ["app", "a"]],
    ["an exec of its own", " exec  app a", ["app", "a"]],
    ["a program named like a builtin behind exec", "exec echo a", ["echo", "a"]],
    ["single quotes", "app 'a $b; \\ \" c' d'e f'g ''", ["app", "a $b; \\ \" c", "de fg", ""]],
    ["double quotes", "app \"a; 'b' | c\" d\"e f\"'g h'", ["app", "a; 'b' | c", "de fg h"]]
  ])("%s", (_, command, words) => expect(ShellCommand.words(command)).toEqual(words))

  it.each([
    ["a builtin", "echo a"],
    ["a reserved word", "time app"],
    ["an option of exec", "exec -a x app"],
    ["nothing behind exec", "exec"],
    ["an assignment", "A=b app"],
    ["a variable", "app $a"],
    ["a variable within quotes", "app \"$a\""],
    ["a backquote within quotes", "app \"`a`\""],
    ["a backslash", "app a\\ b"],
    ["a backslash within quotes", "app \"a\\\"b\""],
    ["a pattern", "app *"],
    ["a home directory", "app ~/a"],
    ["braces", "app {a,b}"],
    ["a comment", "app # a"],
    ["a redirection", "app >a"],
    ["a list", "app; a"],
    ["a job in the background", "app &"],
    ["an open quote", "app 'a"],
    ["a line feed", "app\na"],
    ["a carriage return", "app a\r"],
    ["quotes around the program", "'app' a"],
    ["nothing", ""]
  ])("are not for whoever sees %s", (_, command) => expect(ShellCommand.words(command)).toBeUndefined())
})
