import { utf8 } from "./ByteText.ts"
import type { ByteText } from "./ByteText.ts"
import * as Mutation from "./Mutation.ts"
import * as Pieces from "./Pieces.ts"
import type { Random } from "./Random.ts"
import type { Input } from "./Target.ts"

const modes = ["once", "wait", "respawn", "off", "test"]
const groups = ["web", "db", "0", "g/x", "größe", "a", "a/b", "😀", ...Pieces.prototypeNames]
const levels = ["1", "12", "a,b", "0", ",", "é😀", "1,2,", "/"]
const commands = [
  "true",
  "exec /usr/bin/pg -c 'a:b' # no",
  " x ",
  "sleep 1 &",
  "a\tb",
  "écho 😀",
  "#",
  ":::",
  "x\r"
]
const wholeSettings = [
  "socket:/run/s",
  "clstat: /c",
  "log:#",
  "containment:group",
  "containment:cgroup",
  "tree:loose",
  "stop:INT 5s, \"x \\\"y\\\" z\" 1s, KILL",
  "user:clinit",
  "groups:adm, clinit",
  "cwd:/x",
  "env-file:/x/y",
  "env.PATH::/x",
  "output:pipe: A=b x y",
  "error-output:file:/x/y/z",
  "respawn.cap:1s",
  "timeout:5s"
]

/** What cltabs are made of. */
export const words: ReadonlyArray<ByteText> = [
  ":",
  "::",
  ":::",
  "/",
  ",",
  "#",
  " ",
  "\n",
  "\n:::",
  "\n#",
  ":once:",
  ":respawn:x",
  "tree",
  "/tree:strict",
  "socket",
  ...modes,
  ...groups,
  ...levels,
  ...commands,
  ...wholeSettings,
  "web:t:1:once:x\n",
  ":::web/tree:loose\n",
  ":::web/t/tree:strict\n"
].map(utf8)

/** Lines without a mistake: entries, settings of what is there, comments and blank lines. */
const valid = (random: Random): ByteText => {
  const named: Array<string> = []
  const count = random.chance(0.03) ? random.between(10, 80) : random.below(8)
  const entries = Array.from({ length: count }, (_, index) => {
    const group = random.pick(groups)
    const tag = `${random.chance(0.2) ? random.pick(Pieces.prototypeNames) : "t"}.${index}`
    // A name without slashes means one thing only.
    if (!group.includes("/")) named.push(group, `${group}/${tag}`)
    return `${group}:${tag}:${random.pick(levels)}:${random.pick(modes)}:${random.pick(commands)}`
  })
  const settings = Array.from({ length: random.below(4) }, () =>
    named.length > 0 && random.chance(0.6)
      ? `:::${random.pick(named)}/tree:${random.pick(["strict", "loose"])}`
      : `:::${random.pick(wholeSettings)}`)
  const asides = Array.from(
    { length: random.below(3) },
    () => random.pick(["", "# aside", "#:::x", "  ", "\t"])
  )
  const lines = [...settings, ...entries, ...asides]
  for (let swaps = random.below(6); swaps > 0; swaps--) {
    lines.push(...lines.splice(random.below(lines.length), 1))
  }
  const text = utf8(lines.map((line) => `${line}\n`).join(""))
  return (random.chance(0.05) ? "\xef\xbb\xbf" : "") + (random.chance(0.2) ? text.slice(0, -1) : text)
}

/** A cltab, or something that wants to be one. */
export const generate = (random: Random): Input => {
  const die = random.fraction()
  if (die < 0.2) return { origin: "valid", bytes: valid(random) }
  if (die < 0.75) return { origin: "mutated", bytes: Mutation.mutate(random, valid(random), words) }
  if (die < 0.88) return { origin: "soup", bytes: Mutation.soup(random, words, random.below(60)) }
  if (die < 0.998) return { origin: "noise", bytes: Mutation.noise(random, random.below(300)) }
  return { origin: "long", bytes: Mutation.long(random, words, 2 ** random.between(8, 16)) }
}
