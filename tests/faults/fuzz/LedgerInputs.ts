import type { Entry } from "@clinit/core/Cltab"
import * as LedgerText from "@clinit/core/LedgerText"
import * as Mark from "@clinit/core/Mark"
import { utf8 } from "./ByteText.ts"
import type { ByteText } from "./ByteText.ts"
import * as JsonMutation from "./JsonMutation.ts"
import * as Mutation from "./Mutation.ts"
import * as Pieces from "./Pieces.ts"
import type { Random } from "./Random.ts"
import { signAs } from "./SignAs.ts"
import type { Input } from "./Target.ts"

const boot = "01234567-89ab-cdef-0123-456789abcdef"
const groups = ["web", "db", "größe", "a/b", ...Pieces.prototypeNames]
export const tags = ["a", "b", "c", "__proto__", "é"]

/** What ledgers are made of. */
export const words: ReadonlyArray<ByteText> = [
  "\"run\":1",
  "\"run\":",
  "\"group\":\"web\"",
  "\"target\":null",
  "\"pid\":",
  "\"pid\":1",
  "\"pid\":-1",
  "\"pid\":0",
  "\"end\":{}",
  "\"next\":",
  "\"__proto__\":{}",
  "{\"group\":\"web\",\"target\":\"1\"}\n",
  "{}\n",
  "null\n",
  "[]\n",
  ",",
  "}",
  "\n",
  "#crc32 ",
  "#crc32 00000000 0\n",
  "\"since\":1e308",
  "\"version\":1"
].map(utf8)

const entry = (random: Random, group: string) => ({
  group,
  tag: random.pick(tags),
  levels: random.pick(["1", "12", "a,b"]),
  mode: random.pick(["once", "wait", "respawn", "off", "test"]),
  command: random.pick(["a", "exec b -c 'x:y'", "é\t# no"]),
  line: random.between(1, 99),
  ...(random.chance(0.3) ? { tree: random.pick(["strict", "loose"]) } : {})
})

const process = (pid: number, random: Random) => ({
  pid,
  ...(random.chance(0.9) ? { startTime: String(random.below(2 ** 40)), boot } : {}),
  containment: random.pick(["cgroup", "descendants", "group"]),
  ...(random.chance(0.2) ? { cgroup: "/sys/fs/cgroup/clinit/web.a" } : {})
})

const end = (random: Random) =>
  random.pick([
    { _tag: "Exited", code: 0 },
    { _tag: "Signaled", signal: "SIGTERM" },
    { _tag: "Unknown" },
    { _tag: "NotSpawned", reason: "no\nmemory" }
  ])

/** As it is printed, so that what is valid here stays so. */
const header = (of: Parameters<typeof LedgerText.printHeader>[0]) =>
  JSON.parse(LedgerText.printHeader(of)) as object

/** The lines of a ledger that a daemon could have written. */
const valid = (random: Random): ReadonlyArray<object> => {
  const told = groups.filter(() => random.chance(0.2))
  const numbers = Array.from(
    { length: told.length === 0 ? 0 : random.below(8) },
    (_, index) => index + random.below(2) * 50 + 1
  )
  const id = random.pick(["id", "volatile", "0123456789abcdef"])
  const runs = [...new Set(numbers)].map((run) => ({ run, entry: entry(random, random.pick(told)) }))
  return [
    header({
      id,
      key: "key",
      ...(random.chance(0.8) ? { boot } : {}),
      keeper: { pid: random.between(1, 4_000_000), ...(random.chance(0.9) ? { startTime: "4711" } : {}) },
      next: random.between(60, 1_000)
    }),
    ...told.map((group) => ({
      group,
      target: random.chance(0.2) ? null : random.pick(["1", "2", "é"]),
      ...(random.chance(0.8)
        ? { level: "0", state: random.pick(["DONE", "STOPPING", "FAILED", "HALTING"]), since: 1.7e12 }
        : {})
    })),
    ...runs.map(({ entry, run }) => ({
      run,
      mark: Mark.make(id, signAs("key"), run, entry as Entry),
      entry,
      since: 1.7e12 + run,
      ...(random.chance(0.8) ? { process: process(100 + run, random) } : {}),
      ...(random.chance(0.3) ? { end: end(random) } : {})
    }))
  ]
}

const print = (lines: ReadonlyArray<object>): ByteText =>
  utf8(lines.map((line) => `${JSON.stringify(line)}\n`).join(""))

/** A signal to one of these would go to ourselves, to init, to a process group or to everybody. */
const perilous = [-4711, -1, -0, 0, 1, 1.5, 2 ** 53, "2", null, true]

/** A process that must not be signalled. */
const withPerilousPid = (random: Random): ByteText =>
  print(valid(random)).replaceAll(
    /"pid":\d+/g,
    (pid) => random.chance(0.5) ? `"pid":${JSON.stringify(random.pick(perilous))}` : pid
  )

/** One line changed in what it says. */
const changed = (random: Random): ByteText => {
  const lines = valid(random)
  const at = random.below(lines.length)
  return print(lines.slice(0, at)) + JsonMutation.mutate(random, lines[at]!) + "\n" +
    print(lines.slice(at + 1))
}

/** The text of a ledger, without its checksum. */
export const generate = (random: Random): Input => {
  const die = random.fraction()
  if (die < 0.2) return { origin: "valid", bytes: print(valid(random)) }
  if (die < 0.25) return { origin: "mutated", bytes: withPerilousPid(random) }
  if (die < 0.6) return { origin: "mutated", bytes: changed(random) }
  if (die < 0.85) return { origin: "mutated", bytes: Mutation.mutate(random, print(valid(random)), words) }
  if (die < 0.93) return { origin: "soup", bytes: Mutation.soup(random, words, random.below(40)) }
  if (die < 0.998) return { origin: "noise", bytes: Mutation.noise(random, random.below(200)) }
  return { origin: "long", bytes: Mutation.long(random, words, 2 ** random.between(8, 17)) }
}
