import * as Cltab from "@clinit/core/Cltab"
import * as LedgerText from "@clinit/core/LedgerText"
import * as Mark from "@clinit/core/Mark"
import * as TreeMark from "@clinit/core/node/TreeMark"
import type { ByteText } from "./ByteText.ts"
import { toBytes } from "./ByteText.ts"
import * as CltabInputs from "./CltabInputs.ts"
import * as CpuTime from "./CpuTime.ts"
import { claim } from "./Failure.ts"
import * as LedgerInputs from "./LedgerInputs.ts"
import * as Mutation from "./Mutation.ts"
import type { Random } from "./Random.ts"
import type { Target } from "./Target.ts"
import { pure } from "./Target.ts"

const readers: Readonly<Record<string, (text: ByteText) => unknown>> = {
  cltab: (text) => Cltab.print(Cltab.decode(toBytes(text))),
  ledger: (text) => LedgerText.parse(text),
  mark: (text) => TreeMark.parse(`CLINIT_TREE=${text}`).map((mark) => Mark.read("id", mark)),
  environment: (text) => TreeMark.parse(text)
}

const words: Readonly<Record<string, ReadonlyArray<ByteText>>> = {
  cltab: CltabInputs.words,
  ledger: LedgerInputs.words,
  mark: ["id.", "id.1.a", ".", "1", "a", " "],
  environment: ["CLINIT_TREE=", "\0", "\0CLINIT_TREE=", "a=b", " ", "CLINIT_TREE"]
}

/** Lines that are all different, for each reader: with them it has much to remember and to compare. */
const series: Readonly<Record<string, ReadonlyArray<ByteText>>> = {
  cltab: [
    "web:t%d:1:once:x\n",
    "g%d:t%d:1:once:x\n",
    "web:t%d:1:boot:x\n",
    "web:t:1:once:%d\n",
    ":::web/tree:loose\n",
    ":::g%d/tree:loose\n",
    ":::web/t%d/tree:strict\n",
    ":::s%d:x\n",
    "g/%d:t:1:once:x\n:::g/%d/t/tree:strict\n",
    "a:b%d\r\n"
  ],
  ledger: [
    "{\"group\":\"g%d\",\"target\":null}\n",
    "{\"group\":\"web\",\"target\":\"%d\"}\n",
    "[",
    "{\"a\":",
    "\"x%d\":1,",
    "{\"run\":%d,\"entry\":{\"group\":\"web\",\"tag\":\"t\",\"levels\":\"1\",\"mode\":\"once\",\"command\":\"x\",\"line\":1},\"since\":0}\n"
  ],
  mark: ["id.%d.a ", "id.1.a%d ", "%d"],
  environment: ["V%d=1\0", "\0CLINIT_TREE=%d"]
}

/** What a reader must have seen before it reads on. */
const opening: Readonly<Record<string, ByteText>> = {
  cltab: "web:t:1:once:x\n",
  ledger: [
    LedgerText.printHeader({ id: "a", key: "a", keeper: { pid: 4711 }, next: Number.MAX_SAFE_INTEGER }),
    "{\"group\":\"web\",\"target\":null}",
    ""
  ].join("\n"),
  mark: "",
  environment: ""
}

/** A text of any length: something again and again, between a beginning and an end. `%d` counts. */
interface Shape {
  readonly reader: string
  readonly head: ByteText
  readonly piece: ByteText
  readonly tail: ByteText
}

const shape = (random: Random): Shape => {
  const reader = random.pick(["cltab", "cltab", "cltab", "ledger", "mark", "environment"])
  const part = (most: number) => Mutation.soup(random, words[reader]!, random.below(most + 1))
  const soup = part(5) || random.pick(words[reader]!)
  const piece = random.chance(0.4)
    ? random.pick(series[reader]!) + (random.chance(0.3) ? random.pick(series[reader]!) : "")
    // With the number the pieces differ: names and tags that are all new.
    : random.chance(0.5)
    ? `${soup}%d${part(3)}`
    : soup
  return { reader, head: random.chance(0.7) ? opening[reader]! : part(4), piece, tail: part(4) }
}

const stretch = ({ head, piece, tail }: Shape, length: number): ByteText => {
  const parts = [head]
  for (let size = 0, count = 0; size < length; count++) {
    const next = piece.replaceAll("%d", String(count))
    size += next.length
    parts.push(next)
  }
  return [...parts, tail].join("")
}

const time = (read: (text: ByteText) => unknown, text: ByteText): number => {
  const begin = CpuTime.now()
  read(text)
  return CpuTime.now() - begin
}

const quarter = 2 ** 18
const mebibyte = 2 ** 20
const longest = 4_000

const check = ({ bytes }: { readonly bytes: ByteText }) => {
  const parsed = JSON.parse(bytes) as Shape
  const read = readers[parsed.reader]!
  const small = stretch(parsed, quarter)
  const large = stretch(parsed, mebibyte)
  // The better of two: the first may have paid for garbage that others left.
  const best = (text: ByteText) => {
    const first = time(read, text)
    return first < 100 ? first : Math.min(first, time(read, text))
  }
  const before = best(small)
  const after = best(large)
  claim(
    after <= longest,
    () => `1 MiB takes ${Math.round(after)} ms, a quarter of it ${Math.round(before)} ms`
  )
  // Four times the length should take four times as long; sixteen times is the square.
  claim(
    after < 400 || after < 9 * before,
    () => `is not linear: ${Math.round(before)} ms, then ${Math.round(after)} ms`
  )
}

/** What takes longer than its length deserves: texts of 256 KiB and of 1 MiB. */
export const target: Target = {
  name: "blow-up",
  generate: (random) => ({ origin: "long", bytes: JSON.stringify(shape(random)) }),
  open: pure(check),
  settleEvery: 1e9,
  lanes: 1,
  patience: 4 * longest,
  isPure: false
}
