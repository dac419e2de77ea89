import type { Random } from "./ScheduleRandom.ts"

type Entry = { readonly group: string; readonly tag: string; readonly mode: string }

const groups = ["web", "db", "shop", "mail", "größe", "組", "cache-1", "a", "0", "node.example.org"]
const tagWords = ["app", "db", "migrate", "ready", "worker", "cron", "proxy", "лист", "logger", "main"]

/** Families of levels that one group may have: what differs within a family differs on purpose. */
const families: ReadonlyArray<ReadonlyArray<string>> = [
  ["1", "2", "12", "123", "345", "2345", "35", "5"],
  ["run,", "dev,run", "dev,", "run,test", "dev,run,test"],
  ["run", "off", "run", "run,"],
  ["start,", "stop,", "standby,", "start,standby"],
  ["node1,", "node2,", "node12,", "node1,node2", "node,"],
  ["zone-a,", "zone-b,", "zone-a,zone-b"],
  ["jan,", "jun,", "jul,jun", "jan,feb,mar", "mai,"],
  ["siteA,", "siteB,", "siteA,siteB,"],
  ["ab", "abc", "bc", "abcd"],
  ["开发,", "运行,", "开发,运行"],
  ["production,", "staging,", "production,staging"]
]

const commands = [
  "sleep 5",
  "exec sleep 1000",
  "/srv/bin/app --port 8080 --name 'a b'",
  "postgres -D /srv/db",
  "/usr/bin/logger -t x < /dev/null",
  "test -d /srv",
  "cd /srv && ./app",
  "echo \"a:b\" # note: no comment of the file",
  "while true; do sleep 5; done",
  "A=b C='d e' sleep 3",
  "PATH=/opt/x private-program",
  "$HOME/bin/thing",
  "sleep 1 | cat",
  "[ -e /srv ]",
  "trap '' TERM; sleep 9",
  "sleep 7 >>/tmp/log 2>&1",
  "écho() { :; }; écho"
]

type Make = (random: Random) => string
const one = (...values: ReadonlyArray<string>): Make => (random) => random.pick(values)

const always: Readonly<Record<string, Make>> = {
  tree: one("strict", "loose"),
  stop: one(
    "INT 5s, TERM 10s, KILL",
    "KILL",
    "\"logger -t stop now\" 1s, SIGTERM 500ms, KILL 1min",
    "\"echo a, b\" 2s"
  ),
  user: one("web", "postgres", "1000"),
  groups: one("none", "adm", "adm, www-data", "4,adm"),
  cwd: one("/srv", "/etc"),
  umask: one("022", "0077", "7"),
  nice: one("-20", "0", "19"),
  "limit.nofile": one("1024", "1024:4096", "unlimited"),
  "limit.as": one("2G", "512M:unlimited"),
  env: one("clean", "inherit"),
  "env-file": one("/srv/env"),
  "env.PATH": one("/usr/bin:/srv/bin:/usr/sbin", "/usr/bin:"),
  "env.EMPTY": one(""),
  "env.TEXT": one("a:b c=d", "größe", "\"quoted\""),
  output: one("inherit", "null", "file:/var/log/app/out", "pipe:logger -t app"),
  "error-output": one("null", "file:/var/log/err", "pipe:exec logger"),
  "respawn.pause": one("1s", "500ms"),
  "respawn.cap": one("2min", "1h")
}

const ofMode: Readonly<Record<string, Readonly<Record<string, Make>>>> = {
  respawn: {
    "respawn.hits": one("0", "3", "100"),
    "respawn.window": one("1s", "10s"),
    "respawn.factor": one("1", "1.5", "2"),
    "respawn.jitter": one("0%", "10%"),
    "respawn.stable": one("1min"),
    "respawn.give-up": one("1", "20")
  },
  wait: { timeout: one("30s", "1d"), success: one("any", "0", "0,3-5") },
  test: { timeout: one("30s", "1d") }
}

const some = (
  random: Random,
  scope: string,
  settings: Readonly<Record<string, Make>>
): ReadonlyArray<string> =>
  Object.entries(settings).flatMap(([name, value]) =>
    random.chance(0.12) ? [`:::${scope}${name}:${value(random)}`] : []
  )

const shared = { ...always, ...ofMode["respawn"], ...ofMode["wait"] }

/** What an entry can have: a pause that is made longer than a cap elsewhere would be a mistake, but these are not. */
const own = (mode: string): Readonly<Record<string, Make>> => {
  const { "respawn.cap": cap, "respawn.pause": pause, ...others } = always
  return {
    ...others,
    ...ofMode[mode],
    ...(mode === "respawn" ? { "respawn.cap": cap!, "respawn.pause": pause! } : {})
  }
}

const shuffled = (random: Random, lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const left = [...lines]
  return Array.from({ length: left.length }, () => left.splice(random.below(left.length), 1)[0]!)
}

/** A cltab without a mistake, on a machine that has what is named here. */
export const cltab = (random: Random): string => {
  const entries: Array<Entry> = []
  const lines: Array<string> = []
  const names = shuffled(random, groups).slice(0, 1 + random.below(4))
  for (const group of names) {
    const levels = random.pick(families)
    for (let count = 1 + random.below(6); count > 0; count--) {
      const tag = `${random.pick(tagWords)}${entries.length}`
      const mode = random.pick(["once", "wait", "respawn", "respawn", "test", "off"])
      entries.push({ group, tag, mode })
      const command = mode === "off" ? "/nowhere/at-all" : random.pick(commands)
      lines.push([group, tag, random.pick(levels), mode, command].join(":"))
    }
  }
  const settings = [
    ...(random.chance(0.5) ? [":::socket:/tmp/x/s", ":::clstat:run/clstat"] : []),
    ...(random.chance(0.2) ? [":::containment:group", ":::log:/tmp/log"] : []),
    ...(random.chance(0.2) ? [":::otlp:http://[::1]:4318/x", ":::log-format:json"] : []),
    ...(random.chance(0.2) ? [`:::metrics:${random.pick(["127.0.0.1:9464", "/run/clinit/metrics"])}`] : []),
    ...some(random, "", shared),
    ...names.flatMap((group) => some(random, `${group}/`, shared)),
    ...entries.flatMap(({ group, mode, tag }) => some(random, `${group}/${tag}/`, own(mode)))
  ]
  const asides = ["# a comment", "", "  ", "#:::not:a setting"].filter(() => random.chance(0.5))
  return shuffled(random, [...lines, ...settings, ...asides]).map((line) => `${line}\n`).join("")
}
