import * as Cltab from "@clinit/core/Cltab"
import { CltabSource } from "@clinit/core/CltabSource"
import * as NodeCltabSource from "@clinit/core/node/NodeCltabSource"
import { InvalidCltab } from "@clinit/protocol/ClinitRpcs"
import * as Diagnostic from "@clinit/protocol/Diagnostic"
import * as Effect from "effect/Effect"
import * as Output from "../Output.ts"

/** Reports everything that is wrong with the file, which no daemon has to know; only errors fail. */
export const check = (file: string) =>
  Effect.gen(function*() {
    const source = yield* CltabSource
    const cltab = Cltab.decode(yield* source.read)
    if (!Cltab.isValid(cltab)) return yield* new InvalidCltab({ file, diagnostics: cltab.diagnostics })
    yield* Output.print(cltab.diagnostics.map((diagnostic) => Diagnostic.format(file, diagnostic)).join("\n"))
  }).pipe(Effect.provide(NodeCltabSource.layer(file)))
