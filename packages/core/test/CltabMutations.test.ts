import type { Machine } from "@clinit/core/testing/ScriptedHost"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as checked from "./support/checked.ts"

/** A cltab without a mistake, with every kind of line and setting. */
const good = `
# A shop: a database, an application and its helpers.
:::socket:/run/shop/s
:::clstat:/run/shop/clstat
:::log:/run/shop/log
:::containment:descendants
:::tree:loose
:::stop:INT 5s, "pg-stop -m fast" 10s, KILL
:::limit.nofile:1024:4096
:::env:clean
:::env.LANG:C.UTF-8
:::env.PATH:/srv/bin:/usr/bin
:::output:file:/var/log/shop/out

shop:db:dev,run:respawn:postgres -D /srv/db
shop:migrate:run,:wait:/srv/bin/migrate --all
shop:ready:run,:test:test -S /run/shop/db
shop:app:dev,run:respawn:exec serve --port 8080 >/dev/null 2>&1
shop:once:run,:once:echo started; sleep 1
shop:old:run,:off:/nowhere/old

:::shop/user:shop
:::shop/groups:adm,shop
:::shop/cwd:/srv
:::shop/umask:027
:::shop/nice:-5
:::shop/env-file:/srv/env
:::shop/output:pipe:logger -t shop
:::shop/error-output:null
:::shop/app/respawn.hits:3
:::shop/app/respawn.window:10s
:::shop/app/respawn.pause:1s
:::shop/app/respawn.factor:2
:::shop/app/respawn.cap:2min
:::shop/app/respawn.jitter:10%
:::shop/app/respawn.stable:1h
:::shop/app/respawn.give-up:9
:::shop/migrate/timeout:90s
:::shop/migrate/success:0,3-5
größe:лист:12:respawn:sleep 7
größe:日本:2:respawn:sleep 8
`.trimStart()

const machine: Machine = {
  kinds: {
    "/srv": "directory",
    "/srv/env": "file",
    "/srv/bin/migrate": "program",
    "/srv/bin/serve": "program",
    "/srv/bin/pg-stop": "program",
    "/usr/bin/postgres": "program",
    "/usr/bin/sleep": "program",
    "/usr/bin/logger": "program",
    "/var/log": "directory"
  },
  users: ["shop"],
  groups: ["adm", "shop"]
}

const mutations: ReadonlyArray<
  readonly [line: number, from: string, to: string, ...findings: ReadonlyArray<string>]
> = [
  [14, "respawn", "respwn", "14:17 error: unknown mode \"respwn\" (did you mean respawn?)"],
  [
    14,
    "shop:db",
    "shop db",
    "14:5 error: the group name has white space or a control character: \"shop db\"",
    "14:25 error: unknown mode \"postgres -D /srv/db\" (Expected \"once\" | \"wait\" | \"respawn\" | \"off\" | \"test\")",
    "14:44 error: entry has 4 of 5 fields: command is missing (an entry is group:tag:levels:mode:command)"
  ],
  [14, "shop:db", ":db", "14:1 error: the group name is empty (an entry is group:tag:levels:mode:command)"],
  [14, "shop:db", "shop:", "14:6 error: the tag is empty (an entry is group:tag:levels:mode:command)"],
  [14, ":dev,run:", "::", "14:9 error: the level list is empty (an entry is group:tag:levels:mode:command)"],
  [
    14,
    ":dev,run:",
    ":dev run:",
    "14:12 error: the level list has white space or a control character: \"dev run\""
  ],
  [
    14,
    ":respawn:postgres -D /srv/db",
    "",
    "14:16 error: entry has 3 of 5 fields: mode and command are missing (an entry is group:tag:levels:mode:command)"
  ],
  [
    14,
    ":postgres -D /srv/db",
    "",
    "14:24 error: entry has 4 of 5 fields: command is missing (an entry is group:tag:levels:mode:command)"
  ],
  [
    14,
    "postgres -D /srv/db",
    "",
    "14:25 error: the command is empty (an entry is group:tag:levels:mode:command)"
  ],
  [14, "postgres -D /srv/db", "  ", "14:25 error: the command is empty"],
  [
    14,
    "postgres",
    "postgers",
    "14:25 warning: program \"postgers\" is not on the PATH (looked for on the PATH of line 11)"
  ],
  [14, "postgres", "/srv/bin/postgers", "14:25 warning: program \"/srv/bin/postgers\" does not exist"],
  [14, "postgres", "/srv", "14:25 warning: program \"/srv\" is a directory"],
  [14, "postgres", "./env", "14:25 warning: program \"./env\" is not executable (looked for in \"/srv\")"],
  [14, "postgres", "bin/serv", "14:25 warning: program \"bin/serv\" does not exist (looked for in \"/srv\")"],
  [
    14,
    "dev,run",
    "dev,rnu",
    "14:13 warning: no other entry of the group has the level \"rnu\" (did you mean run?)"
  ],
  [
    14,
    "dev,run",
    "dev,runn",
    "14:13 warning: no other entry of the group has the level \"runn\" (did you mean run?)"
  ],
  [
    14,
    "dev,run",
    "dev,RUN",
    "14:13 warning: no other entry of the group has the level \"RUN\" (did you mean run?)"
  ],
  [
    14,
    "dev,run",
    ",",
    "14:9 warning: no level starts this entry: its level list \",\" has only commas (write levels such as run, or 12)"
  ],
  [
    14,
    "db:dev",
    "app:dev",
    "17:6 error: entry has duplicate tag: app (lines 14 and 17) (a tag is used once in the whole file, also across groups)"
  ],
  [
    14,
    "shop:db",
    " #shop:db",
    "14:1 error: the group name has white space: \" #shop:db:dev,run:respawn:postgres -D /srv/db\" (a comment starts in column 1: remove the white space before #)"
  ],
  [
    14,
    "shop:db",
    "shöp db",
    "14:5 error: the group name has white space or a control character: \"shöp db\"",
    "14:25 error: unknown mode \"postgres -D /srv/db\" (Expected \"once\" | \"wait\" | \"respawn\" | \"off\" | \"test\")",
    "14:44 error: entry has 4 of 5 fields: command is missing (an entry is group:tag:levels:mode:command)"
  ],
  [14, "respawn", "Respawn", "14:17 error: unknown mode \"Respawn\" (did you mean respawn?)"],
  [
    14,
    "respawn",
    "daemon",
    "14:17 error: unknown mode \"daemon\" (Expected \"once\" | \"wait\" | \"respawn\" | \"off\" | \"test\")"
  ],
  [
    14,
    "respawn",
    "",
    "14:17 error: the mode is empty (Expected \"once\" | \"wait\" | \"respawn\" | \"off\" | \"test\")"
  ],
  [15, "/srv/bin/migrate", "/srv/bin/migrat", "15:24 warning: program \"/srv/bin/migrat\" does not exist"],
  [
    15,
    "--all",
    "\u0007--all",
    "15:41 error: the command has a control character: \"/srv/bin/migrate \\u0007--all\""
  ],
  [
    15,
    "migrate:run",
    "мигра те:run",
    "15:11 error: the tag has white space or a control character: \"мигра те\"",
    "37:4 warning: setting \"shop/migrate/timeout\" names no group or entry of this file and is ignored",
    "38:4 warning: setting \"shop/migrate/success\" names no group or entry of this file and is ignored"
  ],
  [15, "wait", "wiat", "15:19 error: unknown mode \"wiat\" (did you mean wait?)"],
  [
    16,
    "ready",
    "db",
    "16:6 error: entry has duplicate tag: db (lines 14 and 16) (a tag is used once in the whole file, also across groups)"
  ],
  [
    17,
    "serve",
    "serv",
    "17:31 warning: program \"serv\" is not on the PATH (looked for on the PATH of line 11)"
  ],
  [19, "off", "of", "19:15 error: unknown mode \"of\" (did you mean off?)"],
  [
    6,
    ":::tree",
    " :::tree",
    "6:1 error: the group name has white space: \" :::tree:loose\" (a setting starts in column 1: remove the white space before :::)"
  ],
  [
    7,
    "-m fast\"",
    "-m fast",
    "7:17 error: stop: \"\\\"pg-stop -m fast 10s\" is no step of a stop schedule (the double quote is not closed)"
  ],
  [
    7,
    ":::stop",
    ":::stopsignal",
    "7:4 warning: unknown setting \"stopsignal\" is ignored (did you mean stop?)"
  ],
  [
    8,
    "1024:4096",
    "64kB",
    "8:17 error: limit.nofile is a limit such as 1024, 64M, 1024:4096 or unlimited, the soft one not above the hard one, not \"64kB\" (did you mean 64K?)"
  ],
  [9, "clean", "LANG=C", "9:8 error: env is inherit or clean, not \"LANG=C\" (write env.LANG:VALUE)"],
  [
    21,
    "user:",
    "app:umask:",
    "21:4 warning: unknown setting \"shop/app\" is ignored (write :::shop/app/umask:VALUE)"
  ],
  [
    30,
    "10s",
    "10 sec",
    "30:28 error: respawn.window is a time up to 1000d such as 500ms, 5s, 2min, 1h or 1d, not \"10 sec\" (did you mean 10s?)"
  ],
  [2, "socket", "sokcet", "2:4 warning: unknown setting \"sokcet\" is ignored (did you mean socket?)"],
  [2, "/run/shop/s", "", "2:11 error: malformed setting: the value is empty (a setting is :::NAME:VALUE)"],
  [
    2,
    ":/run/shop/s",
    "",
    "2:10 error: malformed setting: no colon after the name (a setting is :::NAME:VALUE)"
  ],
  [
    2,
    "/run/shop/s",
    "/run/\u001b[2J",
    "2:16 error: malformed setting: the value has a control character (a setting is :::NAME:VALUE)"
  ],
  [
    2,
    ":::socket",
    "::::socket",
    "2:4 error: malformed setting: the name is empty (a setting is :::NAME:VALUE)"
  ],
  [2, ":::socket", ":::shop/socket", "2:4 error: socket holds for the whole daemon (write :::socket:VALUE)"],
  [
    5,
    "descendants",
    "descendents",
    "5:16 error: containment is cgroup, descendants or group, not \"descendents\" (did you mean descendants?)"
  ],
  [5, "descendants", "none", "5:16 error: containment is cgroup, descendants or group, not \"none\""],
  [6, "loose", "lose", "6:9 error: tree is strict or loose, not \"lose\" (did you mean loose?)"],
  [
    6,
    "tree",
    "/tree",
    "6:4 error: malformed setting: the group is empty (a setting is :::NAME:VALUE, :::GROUP/NAME:VALUE or :::GROUP/TAG/NAME:VALUE)"
  ],
  [7, "INT 5s", "INT", "7:12 error: stop: the time behind INT is missing (write INT 5s)"],
  [7, "INT 5s", "INTT 5s", "7:9 error: stop: unknown signal \"INTT\" (did you mean INT?)"],
  [
    7,
    "INT 5s",
    "INT 5",
    "7:13 error: stop: \"5\" is not a time up to 1000d such as 500ms, 5s, 2min, 1h or 1d (did you mean 5s?)"
  ],
  [
    7,
    "INT 5s, ",
    ", ",
    "7:9 error: stop: a step of the stop schedule is missing (steps such as INT 5s, TERM 10s, KILL)"
  ],
  [
    7,
    "pg-stop",
    "pg-stpo",
    "7:18 warning: program \"pg-stpo\" is not on the PATH (looked for on the PATH of line 11)"
  ],
  [
    7,
    "\"pg-stop -m fast\"",
    "\"\"",
    "7:17 error: stop: the command of a step is empty (steps such as INT 5s, TERM 10s, KILL)"
  ],
  [
    7,
    "\"pg-stop -m fast\"",
    "pg-stop -m fast",
    "7:17 error: stop: unknown signal \"pg-stop\" (write a command in double quotes)"
  ],
  [
    8,
    "1024:4096",
    "4096:1024",
    "8:17 error: limit.nofile is a limit such as 1024, 64M, 1024:4096 or unlimited, the soft one not above the hard one, not \"4096:1024\""
  ],
  [
    8,
    "limit.nofile",
    "limit.nofiles",
    "8:4 warning: unknown setting \"limit.nofiles\" is ignored (did you mean limit.nofile?)"
  ],
  [9, "clean", "cleen", "9:8 error: env is inherit or clean, not \"cleen\" (did you mean clean?)"],
  [
    9,
    "env:",
    "env.1:",
    "9:4 warning: unknown setting \"env.1\" is ignored (a variable's name has letters, digits and _, and is not CLINIT_TREE)"
  ],
  [
    9,
    "env:",
    "env.CLINIT_TREE:",
    "9:4 warning: unknown setting \"env.CLINIT_TREE\" is ignored (a variable's name has letters, digits and _, and is not CLINIT_TREE)"
  ],
  [
    11,
    "/srv/bin:",
    "",
    "7:18 warning: program \"pg-stop\" is not on the PATH (looked for on the PATH of line 11)",
    "17:31 warning: program \"serve\" is not on the PATH (looked for on the PATH of line 11)"
  ],
  [
    12,
    "file:/var",
    "file:var",
    "12:11 error: output is inherit, null, file:/PATH or pipe:COMMAND, not \"file:var/log/shop/out\" (the path has to be absolute)"
  ],
  [12, "file:/var/log", "file:/srv/env", "12:16 warning: \"/srv/env\" is not a directory"],
  [
    12,
    "file:",
    "",
    "12:11 error: output is inherit, null, file:/PATH or pipe:COMMAND, not \"/var/log/shop/out\" (did you mean file:/var/log/shop/out?)"
  ],
  [21, "user:shop", "user:shpo", "21:14 warning: user \"shpo\" does not exist"],
  [
    21,
    "shop/user",
    "shpo/user",
    "21:4 warning: setting \"shpo/user\" names no group or entry of this file and is ignored (did you mean shop/user?)"
  ],
  [21, "user", "usre", "21:4 warning: unknown setting \"shop/usre\" is ignored (did you mean user?)"],
  [21, "user:shop", "user:a b", "21:14 error: user is a name or a number, not \"a b\""],
  [22, "adm,shop", "adm,shpo", "22:20 warning: group \"shpo\" does not exist"],
  [22, "adm,shop", "adm,,shop", "22:20 error: groups: an item is missing"],
  [22, "adm,shop", "-adm", "22:16 error: groups: \"-adm\" is not a name or a number"],
  [23, "/srv", "/serv", "23:13 warning: directory \"/serv\" does not exist"],
  [23, "/srv", "srv", "23:13 error: cwd is an absolute path, not \"srv\""],
  [23, "/srv", "~/srv", "23:13 error: cwd is an absolute path, not \"~/srv\" (write the home directory out)"],
  [23, "/srv", "/srv/env", "23:13 warning: \"/srv/env\" is not a directory"],
  [24, "027", "028", "24:15 error: umask is an octal number from 0 to 777 such as 022, not \"028\""],
  [25, "-5", "-21", "25:14 error: nice is a whole number from -20 to 19, not \"-21\""],
  [25, "-5", "fast", "25:14 error: nice is a whole number from -20 to 19, not \"fast\""],
  [26, "/srv/env", "/srv/env.no", "26:18 warning: file \"/srv/env.no\" does not exist"],
  [26, "/srv/env", "/srv", "26:18 warning: \"/srv\" is a directory"],
  [
    27,
    "logger",
    "loger",
    "27:21 warning: program \"loger\" is not on the PATH (looked for on the PATH of line 11)"
  ],
  [
    27,
    "pipe:",
    "pipe",
    "27:16 error: output is inherit, null, file:/PATH or pipe:COMMAND, not \"pipelogger -t shop\""
  ],
  [28, "null", "nul", "28:22 error: error-output is inherit, null, file:/PATH or pipe:COMMAND, not \"nul\""],
  [
    28,
    "error-output",
    "error-ouput",
    "28:4 warning: unknown setting \"shop/error-ouput\" is ignored (did you mean error-output?)"
  ],
  [29, "3", "-3", "29:26 error: respawn.hits is a whole number from 0 to 1000000, not \"-3\""],
  [
    29,
    "app/",
    "migrate/",
    "29:4 warning: respawn.hits has no effect: \"shop/migrate\" is a wait entry (it is for respawn entries)"
  ],
  [
    29,
    "respawn.hits",
    "respawn.hit",
    "29:4 warning: unknown setting \"shop/app/respawn.hit\" is ignored (did you mean respawn.hits?)"
  ],
  [
    30,
    "10s",
    "10",
    "30:28 error: respawn.window is a time up to 1000d such as 500ms, 5s, 2min, 1h or 1d, not \"10\" (did you mean 10s?)"
  ],
  [
    30,
    "10s",
    "10m",
    "30:28 error: respawn.window is a time up to 1000d such as 500ms, 5s, 2min, 1h or 1d, not \"10m\" (did you mean 10min or 10ms?)"
  ],
  [
    31,
    "1s",
    "3min",
    "33:25 warning: respawn.cap 2min is below the pause of 3min (line 31) (the cap is the longest pause: make it the longer one)"
  ],
  [32, "2", "0.5", "32:28 error: respawn.factor is a number from 1 to 100, not \"0.5\""],
  [
    33,
    "2min",
    "500ms",
    "33:25 warning: respawn.cap 500ms is below the pause of 1s (line 31) (the cap is the longest pause: make it the longer one)"
  ],
  [34, "10%", "10", "34:28 error: respawn.jitter is a share from 0% to 100%, not \"10\" (did you mean 10%?)"],
  [
    35,
    "1h",
    "1 h",
    "35:28 error: respawn.stable is a time up to 1000d such as 500ms, 5s, 2min, 1h or 1d, not \"1 h\""
  ],
  [36, "9", "0", "36:29 error: respawn.give-up is a whole number from 1 to 1000000, not \"0\""],
  [
    37,
    "migrate/",
    "app/",
    "37:4 warning: timeout has no effect: \"shop/app\" is a respawn entry (it is for wait and test entries)"
  ],
  [
    37,
    "90s",
    "soon",
    "37:25 error: timeout is a time up to 1000d such as 500ms, 5s, 2min, 1h or 1d, not \"soon\""
  ],
  [
    37,
    "shop/migrate",
    "migrate",
    "37:4 warning: setting \"migrate/timeout\" names no group or entry of this file and is ignored (did you mean shop/migrate/timeout?)"
  ],
  [
    38,
    "3-5",
    "5-3",
    "38:27 error: success: \"5-3\" is not an exit code from 0 to 255 or a range such as 2-4"
  ],
  [38, "0,3-5", "0,,3", "38:27 error: success: an item is missing"],
  [
    38,
    "migrate/",
    "app/",
    "38:4 warning: success has no effect: \"shop/app\" is a respawn entry (it is for wait and test entries)"
  ],
  [
    39,
    "sleep",
    "slep",
    "39:23 warning: program \"slep\" is not on the PATH (looked for on the PATH of line 11)"
  ],
  [39, "12", "1 2", "39:13 error: the level list has white space or a control character: \"1 2\""],
  [
    39,
    ":12:",
    ":,:",
    "39:12 warning: no level starts this entry: its level list \",\" has only commas (write levels such as run, or 12)"
  ],
  [
    40,
    "sleep",
    "slep",
    "40:20 warning: program \"slep\" is not on the PATH (looked for on the PATH of line 11)"
  ],
  [
    40,
    "日本",
    "лист",
    "40:7 error: entry has duplicate tag: лист (lines 39 and 40) (a tag is used once in the whole file, also across groups)"
  ]
]

/** The good cltab with the first such text of a line replaced. */
const mutate = (line: number, from: string, to: string): string => {
  const lines = good.split("\n")
  const text = lines[line - 1]!
  expect(text).toContain(from)
  lines[line - 1] = text.replace(from, () => to)
  return lines.join("\n")
}

it.effect("nothing is found in the good cltab", () =>
  Effect.map(checked.findings(good, machine), (found) => expect(found).toEqual([])))

describe("what is found is exactly this if", () => {
  for (const [line, from, to, ...expected] of mutations) {
    it.effect(`line ${line} has ${JSON.stringify(to)} instead of ${JSON.stringify(from)}`, () =>
      Effect.map(
        checked.findings(mutate(line, from, to), machine),
        (found) => expect(found.map(checked.whole)).toEqual(expected)
      ))
  }
})

describe("nothing is found if", () => {
  it.each([
    [14, "postgres -D", "$POSTGRES -D"],
    [17, "exec", "A=b exec"],
    [17, "serve", "serv | tee"],
    [19, "off:/nowhere/old", "off:old"],
    [21, "user:shop", "user:1000"],
    [12, "/var/log/shop/out", "/var/log/shop/new/out"],
    [39, ":12:", ":1,2,12:"]
  ])("line %i has %j changed to %j", (line, from, to) => {
    const text = mutate(line, from, to)

    const found = Effect.runSync(checked.findings(text, machine))
    expect(found.map(checked.whole)).toEqual([])
  })
})
