import { utf8 } from "./ByteText.ts"
import type { ByteText } from "./ByteText.ts"
import * as Pieces from "./Pieces.ts"
import type { Random } from "./Random.ts"

type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

/** Stands for what `JSON.stringify` cannot write: it is put into the text afterwards. */
const marker = (raw: string): string => `@@${raw}@@`

const raw = (text: string): string =>
  text.replace(/"@@([^@]*)@@"/g, (_, kind: string) => {
    const [name, amount] = kind.split(" ")
    if (name === "number") return amount!
    const depth = Number(amount)
    return name === "arrays"
      ? "[".repeat(depth) + "]".repeat(depth)
      : "{\"a\":".repeat(depth) + "0" + "}".repeat(depth)
  })

const value = (random: Random): Json =>
  random.pick<() => Json>([
    () => null,
    () => random.chance(0.5),
    () => random.pick([0, -1, 1, 1.5, -0, 2 ** 31, 2 ** 53 - 1, 2 ** 53, 1e15, 1e308, 5e-324]),
    () =>
      marker(
        `number ${
          random.pick(["1e999", "-1e999", "1e-999", "0.0", "9".repeat(400), "1E+2", "12345678901234567890"])
        }`
      ),
    () =>
      random.pick([
        "",
        " ",
        "a b",
        "\0",
        "\u001b[2J",
        "\ud800",
        "\udfff x",
        "\u202e",
        "é",
        "😀",
        "\n",
        "0",
        "true",
        ":",
        "a:b"
      ]),
    () => random.pick(Pieces.prototypeNames),
    () => "x".repeat(random.pick([1, 61, 1_000, 20_000])),
    () => [],
    () => ({}),
    () => [value(random), value(random)],
    () => ({ [random.pick(Pieces.prototypeNames)]: value(random) }),
    () => marker(`${random.pick(["arrays", "objects"])} ${random.pick([3, 100, 5_000])}`)
  ])()

const set = (object: object, key: string, to: Json) =>
  Object.defineProperty(object, key, { value: to, enumerable: true, configurable: true, writable: true })

type Slot = readonly [holder: object, key: string]

const slots = (json: unknown, found: Array<Slot> = []): Array<Slot> => {
  if (typeof json !== "object" || json === null) return found
  for (const key of Object.keys(json)) {
    found.push([json, key])
    slots((json as Record<string, unknown>)[key], found)
  }
  return found
}

const names: ReadonlyArray<string> = [
  ...Pieces.prototypeNames,
  "run",
  "id",
  "group",
  "end",
  "wait",
  "params",
  ""
]

/** The JSON text of this value after a few changes to what it holds; its form stays that of JSON. */
export const mutate = (random: Random, json: object): ByteText => {
  const copy = structuredClone(json)
  const changes = random.chance(0.6) ? 1 : random.between(2, 4)
  for (let change = 0; change < changes; change++) {
    const all = slots(copy)
    if (all.length === 0) break
    const [holder, key] = random.pick(all)
    const action = random.below(10)
    if (action < 5) set(holder, key, value(random))
    else if (Array.isArray(holder)) {
      holder.splice(random.below(holder.length + 1), random.below(2), value(random))
    } else if (action < 7) delete (holder as Record<string, unknown>)[key]
    else if (action < 9) set(holder, random.pick(names), value(random))
    else {
      const [from, name] = random.pick(all)
      set(holder, key, structuredClone((from as Record<string, Json>)[name]!))
    }
  }
  return utf8(raw(JSON.stringify(copy)))
}
