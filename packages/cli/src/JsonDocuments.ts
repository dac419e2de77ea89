import { calls } from "@clinit/protocol/ClinitRpcs"
import { Event, Missed } from "@clinit/protocol/Event"
import { DaemonStatus } from "@clinit/protocol/Status"
import * as Schema from "effect/Schema"
import { CheckReport } from "./CheckReport.ts"
import { Listing } from "./commands/Settings.ts"
import * as JsonFormats from "./JsonFormats.ts"

const { ids } = JsonFormats

/** A kind of JSON that a command prints, for the JSON Schema that describes it. */
interface Kind {
  readonly title: string
  readonly schema: Schema.Constraint
}

const named = <Id extends string, Fields extends Schema.Struct.Fields>(id: Id, fields: Fields) =>
  Schema.Struct({ schema: Schema.Literal(id), ...fields })

/** What is published, by the part of its name that says what it is. */
export const kinds: { readonly [Name in keyof typeof ids]: Kind } = {
  status: {
    title: "What clinit status --json prints",
    schema: named(ids.status, DaemonStatus.fields)
  },
  plan: {
    title: "What clinit plan --json and clinit tell --dry-run --json print",
    schema: named(ids.plan, calls.plan.result.fields)
  },
  check: {
    title: "What clinit check --json prints",
    schema: named(ids.check, CheckReport.fields)
  },
  settings: { title: "What clinit settings --json prints", schema: Listing },
  env: {
    title: "What clinit env --json prints",
    schema: named(ids.env, calls.environment.result.fields)
  },
  why: {
    title: "What clinit why --json prints",
    schema: named(ids.why, calls.history.result.fields)
  },
  watch: {
    title:
      "A line of what clinit watch --json prints: an event; how many were missed before the one with the number next; or, with --follow, that the events to come are those of another daemon behind the number renumbered",
    schema: Schema.Union([
      named(ids.watch, Event.fields),
      named(ids.watch, { missed: Missed.fields.count, next: Missed.fields.next }),
      named(ids.watch, { renumbered: Schema.Int })
    ])
  }
}

/** The name of the file that describes a kind: `status-1.json`. */
export const fileOf = (name: keyof typeof ids): string => {
  const [version] = ids[name].split(":").slice(-1)
  return `${name}-${version}.json`
}

/** The JSON Schema (draft 2020-12) of a kind, as its file has it. */
export const print = (name: keyof typeof ids): string => {
  const { schema, title } = kinds[name]
  const { definitions, schema: root } = Schema.toJsonSchemaDocument(schema)
  const document = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: ids[name],
    title,
    ...root,
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions })
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

export const names = Object.keys(kinds) as ReadonlyArray<keyof typeof ids>
