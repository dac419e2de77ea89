import * as Cltab from "@clinit/core/Cltab"
import * as CltabLint from "@clinit/core/CltabLint"
import * as CltabNeeds from "@clinit/core/CltabNeeds"
import * as SourceLine from "@clinit/core/SourceLine"
import * as ScriptedHost from "@clinit/core/testing/ScriptedHost"
import type { Diagnostic } from "@clinit/protocol/Diagnostic"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"

const brief = ({ column, hint, line, message, severity }: Diagnostic) =>
  `${line}:${column} ${severity}: ${message}${hint === undefined ? "" : ` (${hint})`}`

const lint = (...lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const text = lines.join("\n")
  const cltab = Cltab.parse(text)
  expect(cltab.diagnostics.map(brief)).toEqual([])
  return CltabLint.check(SourceLine.split(text), cltab).map(brief)
}

const levels = (...lists: ReadonlyArray<string>) =>
  lint(...lists.map((list, index) => `g:t${index}:${list}:respawn:x`))

const slip = (line: number, column: number, level: string, meant: string) =>
  `${line}:${column} warning: no other entry of the group has the level "${level}" (did you mean ${meant}?)`

describe("a level that only one entry of a group has, and that is a slip of one that several have", () => {
  it.each([
    ["two letters swapped", ["run,", "run,", "rnu,"], slip(3, 6, "rnu", "run")],
    ["a letter too many", ["run,", "dev,run", "dev,runn"], slip(3, 10, "runn", "run")],
    ["a letter too few", ["maintain,", "maintain,", "mantain,"], slip(3, 6, "mantain", "maintain")],
    ["a key beside the right one", ["run,", "run,", "rum,"], slip(3, 6, "rum", "run")],
    [
      "another letter in a long word",
      ["separate,", "separate,", "seperate,"],
      slip(3, 6, "seperate", "separate")
    ],
    ["another case", ["run,", "run,", "Run,"], slip(3, 6, "Run", "run")],
    ["first in the file", ["prdo,dev", "prod,dev", "prod,dev"], slip(1, 6, "prdo", "prod")],
    ["among wide characters", ["開発中,run", "開発中,run", "開発中,rnu"], slip(3, 10, "rnu", "run")],
    ["a list without comma that says a letter twice", ["run", "run", "runn"], slip(3, 6, "runn", "run")],
    [
      "one without comma, of a word that others have with one",
      ["run,", "run,", "rnu"],
      slip(3, 6, "rnu", "run")
    ],
    ["one with a comma, of a word that others have without", ["run", "run", "rnu,"], slip(3, 6, "rnu", "run")]
  ])("%s", (_, lists, expected) => expect(levels(...lists)).toEqual([expected]))

  it("counts what the group has, not the file", () => {
    expect(lint("a:1:run,:once:x", "a:2:run,:once:x", "b:3:rnu,:once:x")).toEqual([])
    expect(lint("a:1:run,:once:x", "b:2:run,:once:x", "a:3:rnu,:once:x")).toEqual([])
  })

  it.each([
    ["two entries have it, too", ["run,", "run,", "rum,", "rum,"]],
    ["no more than one entry has the other", ["run,", "rum,"]],
    ["they differ in digits only", ["run1,", "run1,", "run2,", "run,", "run12,"]],
    ["they are lists of digits, as init has them", ["12", "12", "123", "2345", "345", "345", "35"]],
    ["they are lists of characters", ["abc", "abc", "abcd", "bac"]],
    ["they are short", ["ab,", "ab,", "ac,", "a,", "b"]],
    ["the entry has both", ["jan,", "jan,", "jan,jun"]],
    ["there are more of the kind, such as months", [
      "jun,",
      "jun,",
      "jul,jun",
      "jan,",
      "jaz,jan",
      "jun,jub",
      "jua,"
    ]],
    ["another letter makes another word", ["jan,", "jan,", "jun,"]],
    ["the last letter counts", ["zonea,", "zonea,", "zoneb,"]],
    ["the last letter counts, behind a digit", ["node1a,", "node1a,", "node1b,"]],
    ["the last letter counts, behind a hyphen", ["zone-a,", "zone-a,", "zone-b,"]],
    ["the last letter counts, as a capital", ["siteA,", "siteA,", "siteB,"]],
    ["the same word is with and without comma", ["run", "run,", "dev,run"]],
    ["they are different words", ["start,", "start,", "stop,", "standby,"]],
    ["more than one letter differs", ["running,", "running,", "runnnnig,"]]
  ])("is no slip if %s", (_, lists) => expect(levels(...lists)).toEqual([]))

  it("is looked for in a moment however many there are", () => {
    const lists = Array.from({ length: 20_000 }, (_, index) => {
      const word = (number: number) =>
        number.toString().replaceAll(/\d/g, (digit) => "abcdefghij"[Number(digit)]!).padStart(6, "z")
      return `${word(index >> 1)},q${word(index)}q`
    })
    const begun = performance.now()
    levels(...lists)
    expect(performance.now() - begun).toBeLessThan(5_000)
  })
})

describe("an entry that no level can start", () => {
  it.each([",", ",,,"])("has the level list %s", (list) => {
    expect(levels("run,", list)).toEqual([
      `2:6 warning: no level starts this entry: its level list "${list}" has only commas ` +
      "(write levels such as run, or 12)"
    ])
  })

  it("is none that has a level beside commas", () => expect(levels(",a", "1,,2", "a,")).toEqual([]))
})

describe("a setting that a later line makes again", () => {
  const again = (line: number, path: string, by: number) =>
    `${line}:4 warning: setting "${path}" has no effect: line ${by} makes it again (of several lines the last one wins)`

  it("is warned of at each line but the last, for each scope by itself", () => {
    expect(lint(
      ":::stop:INT",
      "g:a:1:respawn:x",
      ":::stop:TERM",
      ":::g/stop:INT",
      ":::g/a/stop:INT",
      ":::g/a/env.A:1",
      ":::stop:TERM",
      ":::g/a/env.A:1"
    )).toEqual([again(1, "stop", 7), again(3, "stop", 7), again(6, "g/a/env.A", 8)])
  })
})

describe("a blank that belongs to a value and was hardly meant", () => {
  const begins = (column: number, name: string) =>
    `2:${column} warning: the value of ${name} begins with a blank, which belongs to it (remove it: nothing is trimmed)`
  const ends = (column: number, name: string) =>
    `2:${column} warning: the value of ${name} ends with a blank, which belongs to it (remove it: nothing is trimmed)`

  it.each([
    [":::socket: /run/s", begins(11, "socket")],
    [":::g/env.PORT: 80", begins(15, "env.PORT")],
    [":::clstat:/run/c ", ends(17, "clstat")],
    [":::g/cwd:/srv\t", ends(14, "cwd")],
    [":::g/a/output:file:/srv/x ", ends(26, "output")]
  ])("%s", (line, expected) => expect(lint("g:a:1:respawn:x", line)).toEqual([expected]))

  it.each([":::g/env.IFS: ", ":::g/env.TEXT:a ", ":::g/output:pipe: logger ", ":::g/stop: TERM 5s, KILL "])(
    "is none in %s",
    (line) => expect(lint("g:a:1:respawn:x", line)).toEqual([])
  )
})

it("a timeout of nothing, with which every run fails, is warned of", () => {
  expect(lint("g:a:1:wait:x", ":::g/timeout:0s")).toEqual([
    "2:14 warning: with this timeout every run fails at once (without the line there is none)"
  ])
})

it.each(["0.0.0.0:9464", "[::]:9464", "0:9464"])(
  "metrics at %s, which everybody can read, are warned of",
  (address) => {
    expect(lint("g:a:1:wait:x", `:::metrics:${address}`)).toEqual([
      "2:12 warning: everybody who can reach this machine can read the metrics " +
      "(127.0.0.1 is for this machine alone, the path of a socket for its owner)"
    ])
  }
)

it.each(["127.0.0.1:9464", "[::1]:9464", "localhost:9464", "/run/clinit/metrics"])(
  "metrics at %s are not",
  (address) => expect(lint("g:a:1:wait:x", `:::metrics:${address}`)).toEqual([])
)

describe("a setting of an entry that its mode has no use for", () => {
  const entries = ["g:r:1:respawn:x", "g:w:1:wait:x", "g:o:1:once:x", "g:t:1:test:x", "g:f:1:off:x"]

  it.each([
    ["timeout:5s", "r", "respawn", "wait and test"],
    ["timeout:5s", "o", "once", "wait and test"],
    ["success:0,3", "r", "respawn", "wait and test"],
    ["success:0,3", "o", "once", "wait and test"],
    ["respawn.hits:3", "w", "wait", "respawn"],
    ["respawn.window:3s", "o", "once", "respawn"],
    ["respawn.pause:3s", "t", "test", "respawn"],
    ["respawn.factor:2", "t", "test", "respawn"],
    ["respawn.jitter:2%", "t", "test", "respawn"],
    ["respawn.stable:2s", "t", "test", "respawn"],
    ["respawn.give-up:2", "w", "wait", "respawn"]
  ])("%s of %s, a %s entry", (setting, tag, mode, modes) => {
    expect(lint(...entries, `:::g/${tag}/${setting}`)).toEqual([
      `6:4 warning: ${
        setting.split(":")[0]
      } has no effect: "g/${tag}" is a ${mode} entry (it is for ${modes} entries)`
    ])
  })

  it.each([
    "timeout:5s",
    "g/timeout:5s",
    "g/w/timeout:5s",
    "g/t/timeout:5s",
    "g/f/timeout:5s",
    "g/f/respawn.hits:3",
    "g/r/respawn.hits:3",
    "g/respawn.hits:3",
    "respawn.hits:3",
    "g/w/success:0",
    "g/w/stop:KILL"
  ])(
    "is not one such as %s, which is for many, is for the mode, or waits until the entry is on",
    (setting) => {
      expect(lint(...entries, `:::${setting}`)).toEqual([])
    }
  )
})

describe("a longest pause that is shorter than the first", () => {
  const entries = ["g:r:1:respawn:x", "g:s:1:respawn:x", "g:w:1:wait:x"]
  const hint = "(the cap is the longest pause: make it the longer one)"

  it("is compared with the default", () => {
    expect(lint(...entries, ":::g/r/respawn.cap:30s")).toEqual([
      `4:20 warning: respawn.cap 30s is below the pause of 1min (the default) ${hint}`
    ])
  })

  it("is compared with what applies to the entry, and told once", () => {
    expect(lint(...entries, ":::respawn.pause:10s", ":::g/respawn.cap:2s")).toEqual([
      `5:18 warning: respawn.cap 2s is below the pause of 10s (line 4) ${hint}`
    ])
    expect(lint(...entries, ":::g/respawn.pause:1s", ":::respawn.cap:2s")).toEqual([])
    expect(lint(...entries, ":::g/respawn.pause:2s", ":::respawn.cap:2s")).toEqual([])
  })

  it("does not matter to entries that are not started again", () => {
    expect(lint("g:w:1:wait:x", "g:f:1:off:x", ":::respawn.cap:2s")).toEqual([])
  })
})

const machine: ScriptedHost.Machine = {
  kinds: {
    "/here": "directory",
    "/here/run": "program",
    "/usr/bin/sleep": "program",
    "/usr/bin/notes": "file",
    "/bin/notes": "program",
    "/bin/plain": "file",
    "/bin/folder": "directory",
    "/own/tool": "program",
    "/usr/sbin/admin": "program",
    "/srv": "directory",
    "/srv/app": "program",
    "/srv/env": "file",
    "/srv/hidden": "unknown",
    "/dev/null": "other"
  },
  users: ["web"],
  groups: ["adm", "www-data"]
}

const needs = (...lines: ReadonlyArray<string>) => {
  const text = lines.join("\n")
  const cltab = Cltab.parse(text)
  expect(cltab.diagnostics.map(brief)).toEqual([])
  return CltabNeeds.check(SourceLine.split(text), cltab).pipe(
    Effect.map((diagnostics) => diagnostics.map(brief)),
    Effect.provide(ScriptedHost.layer(machine))
  )
}

const table = (
  rows: ReadonlyArray<readonly [claim: string, lines: ReadonlyArray<string>, expected: ReadonlyArray<string>]>
) => {
  for (const [claim, lines, expected] of rows) {
    it.effect(claim, () => Effect.map(needs(...lines), (found) => expect(found).toEqual(expected)))
  }
}

const here = "(looked for in \"/here\")"
const path = "(looked for on the PATH of this command)"

describe("a program that cannot be run", () => {
  table([
    ["is not on the PATH", ["g:t:1:once:slep 5"], [
      `1:12 warning: program "slep" is not on the PATH ${path}`
    ]],
    ["does not exist", ["g:t:1:once:/srv/ap x"], ["1:12 warning: program \"/srv/ap\" does not exist"]],
    ["is relative and does not exist", ["g:t:1:once:./go"], [
      `1:12 warning: program "./go" does not exist ${here}`
    ]],
    ["is not executable", ["g:t:1:once:/bin/plain"], [
      "1:12 warning: program \"/bin/plain\" is not executable"
    ]],
    ["is not executable on the PATH", ["g:t:1:once:plain"], [
      `1:12 warning: program "plain" is not executable ${path}`
    ]],
    ["is a directory", ["g:t:1:once:/srv -x"], ["1:12 warning: program \"/srv\" is a directory"]],
    ["is a directory of the PATH's directories", ["g:t:1:once:folder"], [
      `1:12 warning: program "folder" is not on the PATH ${path}`
    ]],
    ["stands behind assignments and blanks", ["g:t:1:once: A='b c' D=e  slep"], [
      `1:26 warning: program "slep" is not on the PATH ${path}`
    ]],
    ["stands behind exec", ["g:t:1:once:exec  slep 1"], [
      `1:18 warning: program "slep" is not on the PATH ${path}`
    ]],
    ["is a builtin's name behind exec", ["g:t:1:once:exec cd"], [
      `1:17 warning: program "cd" is not on the PATH ${path}`
    ]],
    ["stands behind wide characters", ["組:t:1:once:slep"], [
      `1:12 warning: program "slep" is not on the PATH ${path}`
    ]],
    [
      "is looked for on the entry's own PATH",
      ["g:t:1:once:sleep", ":::g/env.PATH:/own:/x"],
      ["1:12 warning: program \"sleep\" is not on the PATH (looked for on the PATH of line 2)"]
    ],
    [
      "is looked for on a clean PATH",
      ["g:t:1:once:tool", ":::env:clean"],
      ["1:12 warning: program \"tool\" is not on the PATH (looked for on the PATH of a clean environment)"]
    ],
    [
      "is looked for in the entry's own directory",
      ["g:t:1:once:./run", ":::g/cwd:/srv"],
      ["1:12 warning: program \"./run\" does not exist (looked for in \"/srv\")"]
    ],
    [
      "is a step of a stop",
      ["g:t:1:once:sleep", ":::stop:INT 5s, \"A=\\\"b c\\\" halt-it now\" 5s, KILL"],
      [`2:28 warning: program "halt-it" is not on the PATH ${path}`]
    ],
    [
      "is a logger",
      ["g:t:1:once:sleep", ":::g/output:pipe:logr -t x", ":::error-output:pipe: /srv/ap"],
      [
        `2:18 warning: program "logr" is not on the PATH ${path}`,
        "3:23 warning: program \"/srv/ap\" does not exist"
      ]
    ],
    [
      "is told once for all entries that share it",
      ["g:t:1:once:sleep", "g:u:1:once:sleep", ":::stop:\"slep\" 5s"],
      [`3:10 warning: program "slep" is not on the PATH ${path}`]
    ]
  ])
})

describe("no program is missed", () => {
  const fine = [
    "sleep 5",
    "/srv/app --flag",
    "./run",
    "exec ./run",
    "notes",
    "PATH=/x slep",
    "exec -a name slep",
    "exec",
    "cd /nowhere",
    "slep; true",
    "slep | cat",
    "slep && x",
    "$SLEP",
    "\"slep\"",
    "sl*p",
    "if x; then y; fi",
    "test -d /",
    "[ -d / ]",
    "true",
    ":",
    "{ slep; }",
    "! slep",
    "slep $(x)",
    "slep &",
    "A=b",
    ">out slep",
    "command slep",
    "/srv/hidden"
  ]
  for (const command of fine) {
    it.effect(`by ${command}`, () =>
      Effect.map(needs(`g:t:1:once:${command}`), (found) => expect(found).toEqual([])))
  }

  table([
    ["on the entry's own PATH", ["g:t:1:once:tool", ":::env.PATH:/x:/own"], []],
    ["on a clean PATH", ["g:t:1:once:admin", ":::env:clean"], []],
    ["in a PATH's empty part, which is the working directory", ["g:t:1:once:run", ":::env.PATH:/x:"], []],
    ["if a file may set the PATH", ["g:t:1:once:slep", ":::env-file:/srv/env"], []],
    ["of an entry that is off", ["g:t:1:off:slep", ":::user:nobody-there", ":::cwd:/nowhere"], []],
    ["by steps that are signals, and output that is no pipe", [
      "g:t:1:once:sleep",
      ":::stop:INT 5s, KILL",
      ":::output:null"
    ], []]
  ])
})

describe("accounts, directories and files", () => {
  const entry = "g:t:1:once:sleep"
  table([
    ["a user that does not exist", [entry, ":::g/user:wbe"], ["2:11 warning: user \"wbe\" does not exist"]],
    ["a group that does not exist", [entry, ":::groups:adm, wheel,12"], [
      "2:16 warning: group \"wheel\" does not exist"
    ]],
    ["a directory that is missing", [entry, ":::g/t/cwd:/nowhere"], [
      "2:12 warning: directory \"/nowhere\" does not exist"
    ]],
    ["a directory that is a file", [entry, ":::cwd:/srv/env"], [
      "2:8 warning: \"/srv/env\" is not a directory"
    ]],
    ["an env-file that is missing", [entry, ":::env-file:/srv/no"], [
      "2:13 warning: file \"/srv/no\" does not exist"
    ]],
    ["an env-file that is a directory", [entry, ":::env-file:/srv"], [
      "2:13 warning: \"/srv\" is a directory"
    ]],
    ["a log in what is no directory", [entry, ":::output:file:/dev/null/a/b"], [
      "2:16 warning: \"/dev/null\" is not a directory"
    ]],
    ["a log that is a directory", [entry, ":::error-output:file:/srv"], [
      "2:22 warning: \"/srv\" is a directory"
    ]],
    [
      "a missing directory is the only thing that is said of what needs it",
      ["g:t:1:once:./run", ":::cwd:/nowhere"],
      ["2:8 warning: directory \"/nowhere\" does not exist"]
    ],
    [
      "all that exist are fine, and so are numbers and directories that can be made",
      [
        entry,
        "g:u:1:once:sleep",
        ":::user:web",
        ":::g/u/user:1000",
        ":::groups:adm,www-data,4",
        ":::g/u/groups:none",
        ":::cwd:/srv",
        ":::env-file:/srv/env",
        ":::output:file:/srv/log/web/out",
        ":::error-output:file:/srv/hidden/x"
      ],
      []
    ],
    ["what an entry replaces is not needed", [entry, ":::user:wbe", ":::g/t/user:web"], []]
  ])
})
