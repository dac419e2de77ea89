import * as Cltab from "@clinit/core/Cltab"
import * as Mark from "@clinit/core/Mark"
import * as TreeMark from "@clinit/core/node/TreeMark"
import { Tag } from "@clinit/protocol/Names"
import * as Schema from "effect/Schema"
import type { ByteText } from "./ByteText.ts"
import { claim } from "./Failure.ts"
import * as Mutation from "./Mutation.ts"
import * as Pieces from "./Pieces.ts"
import type { Random } from "./Random.ts"
import { signAs } from "./SignAs.ts"
import type { Input, Target } from "./Target.ts"
import { pure } from "./Target.ts"

const entries = Cltab.parse("web:a:1:respawn:a\nweb:b:1:once:b\n__proto__:c:1:test:c 'x'\n").entries
const ids = ["id", "0", "volatile", "0123456789abcdef0123456789abcdef", "z".repeat(64)]

const words: ReadonlyArray<ByteText> = [
  ".",
  " ",
  "\0",
  "=",
  "CLINIT_TREE=",
  "\0CLINIT_TREE=",
  "CLINIT_TREE",
  "XCLINIT_TREE=",
  "id.1.abc.def.web:a",
  ":",
  "web:",
  "id.",
  "PATH=/bin\0",
  "id.7.",
  ...ids
]

const aMark = (random: Random): string => {
  const run = random.pick([1, 2, 7, 4711, 999_999_999_999_999, random.between(1, 2 ** 50 - 1)])
  return Mark.make(random.pick(ids), signAs("key"), Math.min(run, 999_999_999_999_999), random.pick(entries))
}

const environment = (random: Random): ByteText => {
  const marks = Array.from({ length: random.below(4) }, () => aMark(random)).join(" ")
  const variables = ["PATH=/bin:/usr/bin", "HOME=", "A=CLINIT_TREE=x", "XCLINIT_TREE=no"].filter(() =>
    random.chance(0.5)
  )
  variables.splice(random.below(variables.length + 1), 0, `CLINIT_TREE=${marks}`)
  return variables.join("\0") + (random.chance(0.9) ? "\0" : "")
}

const generate = (random: Random): Input => {
  const die = random.fraction()
  if (die < 0.1) return { origin: "valid", bytes: aMark(random) }
  if (die < 0.4) return { origin: "mutated", bytes: Mutation.mutate(random, aMark(random), words) }
  if (die < 0.8) return { origin: "mutated", bytes: Mutation.mutate(random, environment(random), words) }
  if (die < 0.9) {
    return { origin: "soup", bytes: Mutation.soup(random, [...words, ...Pieces.numbers], random.below(30)) }
  }
  if (die < 0.998) return { origin: "noise", bytes: Mutation.noise(random, random.below(120)) }
  return { origin: "long", bytes: Mutation.long(random, words, 2 ** random.between(8, 17)) }
}

const isName = Schema.is(Tag)

/** What a mark of the ledger must look like, said by other means than a regular expression. */
const expectedRun = (id: string, mark: string): number | undefined => {
  const [first, run, digest, signature, ...more] = mark.split(".")
  if (first !== id || run === undefined || digest === undefined || signature === undefined) return undefined
  const names = more.join(".").split(":")
  const [group, tag, logs] = names
  if (names.length > 3 || !isName(group) || !isName(tag)) return undefined
  if (logs !== undefined && logs !== "output" && logs !== "error-output") return undefined
  const isWord = (text: string, letters: string) =>
    text !== "" && [...text].every((letter) => letters.includes(letter))
  const digits = "0123456789"
  if (!isWord(run, digits) || run.length > 15 || run.startsWith("0")) return undefined
  const isSign = (text: string) => isWord(text, `${digits}abcdefghijklmnopqrstuvwxyz`)
  return isSign(digest) && isSign(signature) ? Number(run) : undefined
}

const checkMark = (id: string, mark: string) => {
  const reading = Mark.read(id, mark)
  claim(reading?.run === expectedRun(id, mark), () => `${JSON.stringify(mark)} reads as run ${reading?.run}`)
  if (reading === undefined) return
  claim(Number.isSafeInteger(reading.run) && reading.run > 0, `run ${reading.run}`)
  for (const entry of entries) {
    const other = Mark.make(id, signAs("key"), reading.run, entry)
    const isThat = reading.isOf(entry) && reading.isSigned(signAs("key"))
    claim(isThat === (mark === other), "isOf and isSigned disagree with the mark that the entry gets")
  }
}

const variable = "CLINIT_TREE="

const checkEnvironment = (text: string) => {
  const found = TreeMark.parse(text)
  const value = text.split("\0").find((each) => each.startsWith(variable))?.slice(variable.length) ?? ""
  const expected = value.split(" ").filter((word) => word !== "")
  claim(JSON.stringify(found) === JSON.stringify(expected), () => `marks ${JSON.stringify(found)}`)
  for (const mark of found) for (const id of ids) checkMark(id, mark)
  const added = TreeMark.parse(`A=b\0${variable}${TreeMark.add(value.replaceAll("\0", ""), "id.1.a")}\0`)
  claim(
    added.at(-1) === "id.1.a" && added.length === expected.length + 1,
    "a mark that was added is not the last"
  )
}

const check = ({ bytes, origin }: Input) => {
  for (const id of ids) checkMark(id, bytes)
  checkEnvironment(bytes)
  if (origin === "valid") {
    claim(ids.some((id) => Mark.read(id, bytes) !== undefined), "a mark that was made cannot be read")
  }
}

/** The marks in the environment of processes, which anybody may have written there. */
export const target: Target = {
  name: "mark",
  generate,
  open: pure(check),
  settleEvery: 1e9,
  lanes: 1,
  patience: 1_000,
  isPure: true
}
