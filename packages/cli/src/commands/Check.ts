import * as Cltab from "@clinit/core/Cltab"
import * as CltabLint from "@clinit/core/CltabLint"
import * as CltabNeeds from "@clinit/core/CltabNeeds"
import { CltabSource } from "@clinit/core/CltabSource"
import * as NodeCltabHost from "@clinit/core/node/NodeCltabHost"
import * as NodeCltabSource from "@clinit/core/node/NodeCltabSource"
import * as SourceLine from "@clinit/core/SourceLine"
import * as Utf8 from "@clinit/core/Utf8"
import * as Diagnostic from "@clinit/protocol/Diagnostic"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as CheckReport from "../CheckReport.ts"
import { CheckFailed } from "../CommandError.ts"
import type { Shared } from "../Flags.ts"
import * as JsonFormats from "../JsonFormats.ts"
import * as Output from "../Output.ts"

export interface Choice {
  readonly file: Option.Option<string>
  readonly strict: boolean
  readonly json: boolean
}

/**
 * Reports everything that is wrong with the file, or looks wrong, which no daemon has to know: on standard error, as
 * compilers do, or as JSON on standard output. Errors fail; warnings only if that was asked for.
 */
export const check = ({ cltab }: Shared, { file: given, json, strict }: Choice) => {
  const file = Option.getOrElse(given, () => cltab)
  return Effect.gen(function*() {
    const source = yield* CltabSource
    const bytes = yield* source.read
    const lines = SourceLine.split(Utf8.decode(bytes).text)
    const read = Cltab.decode(bytes)
    const diagnostics = [
      ...read.diagnostics,
      ...CltabLint.check(lines, read),
      ...(yield* CltabNeeds.check(lines, read))
    ].sort(Diagnostic.byPlace)
    const report = CheckReport.make(file, lines, diagnostics)
    if (json) {
      yield* Output.print(JSON.stringify({ schema: JsonFormats.ids.check, ...(yield* encode(report)) }))
    } else if (diagnostics.length > 0) yield* Output.note(CheckReport.render(report).join("\n"))
    if (report.errors > 0 || (strict && report.warnings > 0)) return yield* new CheckFailed({ file })
  }).pipe(Effect.provide(Layer.merge(NodeCltabSource.layer(file), NodeCltabHost.layer)))
}

// What was just found can be encoded.
const encode = (report: CheckReport.CheckReport) =>
  Effect.orDie(Schema.encodeEffect(CheckReport.CheckReport)(report))
