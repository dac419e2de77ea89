import * as Cltab from "@clinit/core/Cltab"
import * as CltabScopes from "@clinit/core/CltabScopes"
import { CltabSource } from "@clinit/core/CltabSource"
import * as NodeCltabSource from "@clinit/core/node/NodeCltabSource"
import * as SettingList from "@clinit/core/SettingList"
import { InvalidCltab } from "@clinit/protocol/ClinitRpcs"
import * as Diagnostic from "@clinit/protocol/Diagnostic"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { UnknownScope } from "../CommandError.ts"
import type { Shared } from "../Flags.ts"
import * as JsonFormats from "../JsonFormats.ts"
import * as Output from "../Output.ts"
import * as SettingTable from "../SettingTable.ts"

export interface Choice {
  readonly scope: Option.Option<string>
  readonly json: boolean
  readonly secrets: boolean
}

/** What `clinit settings --json` prints; `scope` is the group or entry that was asked for. */
export const Listing = Schema.Struct({
  schema: Schema.Literal(JsonFormats.ids.settings),
  file: Schema.String,
  scope: Schema.optionalKey(Schema.String),
  settings: Schema.Array(SettingList.Row)
})

const rowsOf = Effect.fnUntraced(function*(cltab: Cltab.Cltab, { cltab: file }: Shared, scope: string) {
  const { found, meant } = CltabScopes.find(scope, cltab.entries)
  const [only] = found
  if (only === undefined || found.length > 1) {
    return yield* new UnknownScope({
      file,
      scope,
      lines: found.map(({ line }) => line),
      ...(meant === undefined ? {} : { meant })
    })
  }
  const entry = cltab.entries.find(({ tag }) => tag === only.tag)
  return entry === undefined ? SettingList.ofGroup(cltab, only.group) : SettingList.ofEntry(cltab, entry)
})

/**
 * Shows the settings that apply to an entry, a group or the whole daemon, each with its origin, as the cltab says it now:
 * no daemon is asked.
 */
export const settings = (shared: Shared, choice: Choice) =>
  Effect.gen(function*() {
    const { cltab: file } = shared
    const source = yield* CltabSource
    const cltab = Cltab.decode(yield* source.read)
    const { diagnostics } = cltab
    if (!Cltab.isValid(cltab)) return yield* new InvalidCltab({ file, diagnostics })
    const scope = Option.getOrUndefined(choice.scope)
    const rows = scope === undefined
      ? SettingList.ofAll(cltab, { socket: Option.getOrUndefined(shared.socket) })
      : yield* rowsOf(cltab, shared, scope)
    if (diagnostics.length > 0) {
      yield* Output.note(diagnostics.map((each) => Diagnostic.format(file, each)).join("\n"))
    }
    const shown = choice.secrets ? rows : rows.map(SettingList.conceal)
    if (!choice.json) return yield* Output.print(SettingTable.render(file, shown, scope === undefined))
    const listing = {
      schema: JsonFormats.ids.settings,
      file,
      ...(scope === undefined ? {} : { scope }),
      settings: shown
    }
    yield* Output.print(JSON.stringify(yield* Effect.orDie(Schema.encodeEffect(Listing)(listing))))
  }).pipe(Effect.provide(NodeCltabSource.layer(shared.cltab)))
