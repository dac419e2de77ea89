import * as Cltab from "@clinit/core/Cltab"
import * as CltabLint from "@clinit/core/CltabLint"
import * as CltabNeeds from "@clinit/core/CltabNeeds"
import * as SourceLine from "@clinit/core/SourceLine"
import * as ScriptedHost from "@clinit/core/testing/ScriptedHost"
import * as Diagnostics from "@clinit/protocol/Diagnostic"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { isUtf8 } from "node:buffer"
import { isDeepStrictEqual } from "node:util"
import { toBytes } from "./ByteText.ts"
import * as CltabInputs from "./CltabInputs.ts"
import { claim } from "./Failure.ts"
import type { Random } from "./Random.ts"
import type { Input, Target } from "./Target.ts"
import { pure } from "./Target.ts"

const isDiagnostic = Schema.is(Diagnostics.Diagnostic)
const isEntry = Schema.is(Cltab.Entry)
const isSettings = Schema.is(Cltab.Settings)

/** What a terminal would act on or hide. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

const checkDiagnostics = (cltab: Cltab.Cltab, lines: ReadonlyArray<string>) => {
  let before = { line: 0, column: 0 }
  for (const diagnostic of cltab.diagnostics) {
    const { column, hint, line, message } = diagnostic
    const at = () =>
      `diagnostic at ${line}:${column} of ${lines.length} lines, ${JSON.stringify(message.slice(0, 200))}`
    claim(isDiagnostic(diagnostic), () => `is no Diagnostic: ${at()}`)
    const text = lines[line - 1]
    claim(text !== undefined, () => `line outside the text: ${at()}`)
    // One behind the last character is the end of the line.
    claim(
      column >= 1 && (column <= 1 || column <= Array.from(text).length + 1),
      () => `column outside the line: ${at()}`
    )
    claim(
      line > before.line || (line === before.line && column >= before.column),
      () => `not in the order of the text: ${at()}`
    )
    before = diagnostic
    claim(message !== "" && hint !== "", () => `says nothing: ${at()}`)
    claim(
      !unprintable.test(message) && !unprintable.test(hint ?? ""),
      () => `has a control character: ${at()}`
    )
    // A list of lines that share a scope is as long as there are lines; all else quotes a little.
    claim(
      message.length <= 1_000 || message.includes("ambiguous"),
      () => `is ${message.length} long: ${at()}`
    )
  }
  claim(
    Cltab.isValid(cltab) === !cltab.diagnostics.some(({ severity }) => severity === "error"),
    "isValid and the errors disagree"
  )
}

const checkContent = ({ entries, settings }: Cltab.Cltab, lines: ReadonlyArray<string>) => {
  const tags = new Set<string>()
  let lastLine = 0
  for (const entry of entries) {
    claim(isEntry(entry), () => `is no Entry: ${JSON.stringify(entry)}`)
    claim(!tags.has(entry.tag), () => `tag twice: ${JSON.stringify(entry.tag)}`)
    tags.add(entry.tag)
    claim(
      entry.line > lastLine && entry.line <= lines.length,
      `entry on line ${entry.line} after ${lastLine}`
    )
    lastLine = entry.line
    const text = lines[entry.line - 1]!
    claim(
      text === [entry.group, entry.tag, entry.levels, entry.mode, entry.command].join(":"),
      `entry is not what line ${entry.line} says`
    )
  }
  claim(isSettings(settings), () => `are no Settings: ${JSON.stringify(settings)}`)
}

/** What is found beyond form is said as properly, and never as an error. */
const checkFindings = (cltab: Cltab.Cltab, lines: ReadonlyArray<string>) => {
  const source = SourceLine.split(lines.join("\n"))
  const needs = CltabNeeds.check(source, cltab).pipe(Effect.provide(ScriptedHost.layer({})), Effect.runSync)
  const diagnostics = [...CltabLint.check(source, cltab), ...needs].sort(Diagnostics.byPlace)
  checkDiagnostics({ ...cltab, diagnostics }, lines)
  claim(diagnostics.every(({ severity }) => severity === "warning"), "an error beyond form")
}

const withoutLines = (json: unknown): unknown =>
  JSON.parse(JSON.stringify(json), (key, value: unknown) => key === "line" ? undefined : value)

const same = (a: unknown, b: unknown) => isDeepStrictEqual(withoutLines(a), withoutLines(b))

/** What is well-formed prints and reads as the same, and so on. */
const checkPrint = (cltab: Cltab.Cltab) => {
  const printed = Cltab.print(cltab)
  const again = Cltab.parse(printed)
  claim(same(again.entries, cltab.entries), "entries print as others")
  claim(same(again.settings, cltab.settings), "settings print as others")
  claim(Cltab.print(again) === printed, "the printed text prints as another")
  if (Cltab.isValid(cltab)) claim(Cltab.isValid(again), "a valid cltab prints as one that is not")
}

/** Looks for bad bytes in each line by itself, which the decoder does not. */
const checkMalformed = (bytes: Uint8Array, { diagnostics }: Cltab.Cltab) => {
  const reported = new Map(
    diagnostics.filter(({ message }) => message === "the line is not valid UTF-8").map((
      each
    ) => [each.line, each])
  )
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  let from = hasMark ? 3 : 0
  for (let number = 1; from <= bytes.length; number++) {
    const feed = bytes.indexOf(10, from)
    const end = feed === -1 ? bytes.length : feed
    const line = bytes.subarray(from, end)
    const isBad = line[0] !== 0x23 && !isUtf8(line)
    claim(
      isBad === reported.has(number),
      `line ${number} is ${isBad ? "not " : ""}UTF-8 and reported otherwise`
    )
    // In a long line it would take too long.
    if (isBad && line.length < 300) {
      let good = line.length
      while (!isUtf8(line.subarray(0, good))) good--
      const expected = Array.from(Buffer.from(line.subarray(0, good)).toString("utf8")).length + 1
      const { column } = reported.get(number)!
      claim(column === expected, () => `line ${number}: bad from column ${expected}, reported at ${column}`)
    }
    from = end + 1
  }
}

const check = ({ bytes: text, origin }: Input, random: Random) => {
  const bytes = toBytes(text)
  const cltab = Cltab.decode(bytes)
  const lines = new TextDecoder().decode(bytes).split("\n")
  checkDiagnostics(cltab, lines)
  checkContent(cltab, lines)
  checkFindings(cltab, lines)
  checkPrint(cltab)
  checkMalformed(bytes, cltab)
  if (origin === "valid") {
    claim(Cltab.isValid(cltab), () => `a valid cltab is refused: ${JSON.stringify(cltab.diagnostics)}`)
  }
  if (random.chance(0.3) && isUtf8(bytes)) {
    const parsed = Cltab.parse(Buffer.from(bytes).toString("utf8"))
    claim(isDeepStrictEqual(parsed, cltab), "bytes and their text read differently")
  }
  // The same bytes as text that has characters no UTF-8 could give, such as half surrogate pairs.
  const odd = random.chance(0.25) && bytes.length < 2_000 ? Buffer.from(bytes).toString("utf16le") : ""
  if (odd !== "") {
    const parsed = Cltab.parse(odd)
    const oddLines = (odd.startsWith("\uFEFF") ? odd.slice(1) : odd).split("\n")
    checkDiagnostics(parsed, oddLines)
    checkContent(parsed, oddLines)
    checkFindings(parsed, oddLines)
    checkPrint(parsed)
  }
}

/** The cltab parser: bytes, and text. */
export const target: Target = {
  name: "cltab",
  generate: CltabInputs.generate,
  open: pure(check),
  settleEvery: 1e9,
  lanes: 1,
  patience: 1_000,
  isPure: true
}
