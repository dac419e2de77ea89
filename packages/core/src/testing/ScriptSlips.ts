import type { Entry } from "../Cltab.ts"
import * as EntryLogger from "../EntryLogger.ts"
import { quote } from "../Quotation.ts"
import * as Suggestion from "../Suggestion.ts"
import type { Script, Scripts } from "./ScriptedSystem.ts"
import { namesOf } from "./ScriptedSystem.ts"

const namesIn = (entry: Entry): ReadonlyArray<string> => [
  ...namesOf(entry),
  ...EntryLogger.of(entry).flatMap(namesOf),
  ...(entry.settings?.stop ?? []).flatMap((step) => "command" in step ? [step.command] : [])
]

/** It says how it ends, but not when. */
const isEndless = ({ dieOf, exits, obeys, runs }: Script) =>
  (exits !== undefined || dieOf !== undefined) && runs === undefined && obeys === undefined

const endsTwice = ({ dieOf, exits }: Script) => exits !== undefined && dieOf !== undefined

/** What was hardly meant in these scripts for these entries, in words. */
export const check = (scripts: Scripts, entries: ReadonlyArray<Entry>): ReadonlyArray<string> => {
  const known = [...new Set(entries.filter(({ fiber }) => fiber !== true).flatMap(namesIn))]
  const effects = entries.filter(({ fiber }) => fiber === true).flatMap(namesOf)
  return Object.entries(scripts).flatMap(([name, script]) => {
    const runs = "length" in script ? script : [script]
    const meant = Suggestion.nearest(name, known)
    const hint = meant === undefined ? "" : ` (did you mean ${quote(meant)}?)`
    return [
      ...(known.includes(name)
        ? []
        : effects.includes(name)
        ? [`a script is named ${quote(name)}, which is an effect of the program: that is run as it is`]
        : [`a script is named ${quote(name)}, but no entry has that tag or command${hint}`]),
      ...(runs.some(isEndless)
        ? [`the script ${quote(name)} says how it ends, but not when: give it \`runs\` or \`obeys\``]
        : []),
      ...(runs.some(endsTwice) ? [`the script ${quote(name)} has both \`exits\` and \`dieOf\``] : [])
    ]
  })
}
