import * as Cltab from "@clinit/core/Cltab"
import * as CltabLint from "@clinit/core/CltabLint"
import * as CltabNeeds from "@clinit/core/CltabNeeds"
import * as SourceLine from "@clinit/core/SourceLine"
import * as ScriptedHost from "@clinit/core/testing/ScriptedHost"
import * as Diagnostic from "@clinit/protocol/Diagnostic"
import * as Effect from "effect/Effect"

/** A finding without its hint. */
export const brief = ({ column, line, message, severity }: Diagnostic.Diagnostic): string =>
  `${line}:${column} ${severity}: ${message}`

/** A finding as people see it. */
export const whole = (diagnostic: Diagnostic.Diagnostic): string =>
  `${brief(diagnostic)}${diagnostic.hint === undefined ? "" : ` (${diagnostic.hint})`}`

/** Everything that is found in a cltab on this machine. */
export const findings = (
  text: string,
  machine: ScriptedHost.Machine
): Effect.Effect<ReadonlyArray<Diagnostic.Diagnostic>> =>
  Effect.gen(function*() {
    const cltab = Cltab.parse(text)
    const lines = SourceLine.split(text)
    return [
      ...cltab.diagnostics,
      ...CltabLint.check(lines, cltab),
      ...(yield* CltabNeeds.check(lines, cltab))
    ]
      .sort(Diagnostic.byPlace)
  }).pipe(Effect.provide(ScriptedHost.layer(machine)))
