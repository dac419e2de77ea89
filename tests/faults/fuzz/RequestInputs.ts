import { utf8 } from "./ByteText.ts"
import type { ByteText } from "./ByteText.ts"
import * as JsonMutation from "./JsonMutation.ts"
import * as Mutation from "./Mutation.ts"
import * as Pieces from "./Pieces.ts"
import type { Random } from "./Random.ts"
import type { Input } from "./Target.ts"
import * as WorldCltab from "./WorldCltab.ts"

const levels = [...WorldCltab.levels, "9", "no such level", "é", "__proto__"]
const names = [...WorldCltab.groups, ...WorldCltab.groups, "nobody", "we b", "", ...Pieces.prototypeNames]
const methods = [
  "tell",
  "tell",
  "tell",
  "tell",
  "retry",
  "reread",
  "plan",
  "plan",
  "environment",
  "history",
  "start",
  "start",
  "stop",
  "stop",
  "restart",
  "restart",
  "signal",
  "status",
  "version",
  "",
  "Tell",
  "rpc.discover",
  ...Pieces.prototypeNames
]

/** What requests are made of. Without the word that ends a daemon: it is not for every target. */
export const words: ReadonlyArray<ByteText> = [
  "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"version\"}",
  "{\"jsonrpc\":\"2.0\",",
  "\"id\":1,",
  "\"id\":",
  "\"method\":\"tell\",",
  "\"method\":",
  "\"params\":{",
  "\"params\":[",
  "\"group\":\"web\",",
  "\"level\":\"1\"",
  "\"wait\":true",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "\"",
  "\n",
  "\r\n",
  " ",
  "null",
  "__proto__",
  "\"jsonrpc\":\"1.0\"",
  "\\u0000",
  "\\ud83d"
].map(utf8)

/** What may be asked that is not for every target. */
export interface May {
  readonly shutDown?: boolean
  /** Over a socket it would take the connection for itself. */
  readonly watch?: boolean
}

const request = (random: Random, may: May): object => {
  const method = may.shutDown === true && random.chance(0.03)
    ? "shutdown"
    : may.watch === true && random.chance(0.03)
    ? "watch"
    : random.pick(methods)
  const params = method === "tell"
    ? {
      group: random.pick(random.chance(0.8) ? WorldCltab.groups : names),
      level: random.pick(random.chance(0.8) ? WorldCltab.levels : levels),
      ...(random.chance(0.15) ? { wait: random.chance(0.7) } : {})
    }
    : method === "signal" && random.chance(0.8)
    ? {
      name: random.pick<unknown>([...WorldCltab.names, ...names]),
      // Of the ones that end nothing: what runs is compared in the end.
      signal: random.pick<unknown>(["CONT", "SIGCONT", "cont", "CONTT", "", "0", 18, "__proto__"])
    }
    : ["start", "stop", "restart"].includes(method) && random.chance(0.8)
    ? {
      name: random.pick<unknown>([...WorldCltab.names, ...WorldCltab.names, ...names, "web/nobody", "/", 1]),
      ...(random.chance(0.05) ? { wait: random.chance(0.7) } : {})
    }
    : ["retry", "environment", "history", "status"].includes(method) && random.chance(0.6)
    ? {
      name: random.pick<unknown>([...WorldCltab.names, ...names, "web/nobody", "/", 1]),
      ...(random.chance(0.15) ? { wait: random.chance(0.7) } : {})
    }
    : random.pick<unknown>([
      undefined,
      {},
      null,
      { wait: true },
      { wait: 1 },
      { client: { pid: 1, user: "ann", command: "clinit" }, limit: 3 },
      { client: { pid: "1" }, limit: -1 },
      { apply: true },
      { apply: true, wait: true },
      { apply: "yes" },
      { group: random.pick(names) },
      { group: random.pick(WorldCltab.groups), level: random.pick(levels) },
      { level: random.pick(levels) },
      [],
      { more: { of: ["it"] } }
    ])
  return {
    jsonrpc: random.chance(0.97) ? "2.0" : random.pick(["1.0", 2, ""]),
    ...(random.chance(0.92)
      ? { id: random.pick<unknown>([1, 0, -1.5, "a", "", null, random.below(2 ** 40), "é😀"]) }
      : {}),
    method,
    ...(params === undefined ? {} : { params })
  }
}

const print = (json: object): ByteText => utf8(JSON.stringify(json))

/** A line that a client may send, without its newline; or more than one, as newlines may get into it. */
export const line = (random: Random, may: May): Input => {
  const die = random.fraction()
  if (die < 0.4) return { origin: "valid", bytes: print(request(random, may)) }
  if (die < 0.7) {
    return { origin: "mutated", bytes: JsonMutation.mutate(random, request(random, may)) }
  }
  if (die < 0.87) {
    return { origin: "mutated", bytes: Mutation.mutate(random, print(request(random, may)), words) }
  }
  if (die < 0.93) return { origin: "soup", bytes: Mutation.soup(random, words, random.below(30)) }
  if (die < 0.998) return { origin: "noise", bytes: Mutation.noise(random, random.below(200)) }
  // About as long as a line may be, and exactly so.
  const length = random.pick([60_000, 65_535, 65_536, 65_537, 70_000, 200_000])
  return {
    origin: "long",
    bytes: random.chance(0.4)
      ? Mutation.long(random, words, length).replaceAll("\n", " ")
      : print(request(random, may)).padEnd(length, " ")
  }
}
