import { escape } from "@clinit/core/Quotation"
import type { Row } from "@clinit/core/SettingList"
import * as Columns from "./Columns.ts"

const origin = (file: string, { line, origin, scope }: Row): string => {
  switch (origin) {
    case "default":
      return "default"
    case "flag":
      return "--socket"
    case "daemon":
      return `${file}:${line} (daemon)`
    default:
      return `${file}:${line} (${origin} ${scope})`
  }
}

/**
 * The settings for people, one a line: name, origin, value, the first two in columns. With `scopes` the name is what the
 * cltab has in front of the value: `web/app/stop`.
 */
export const render = (file: string, rows: ReadonlyArray<Row>, scopes: boolean): string =>
  Columns.align(rows.map((row) =>
    [
      scopes && row.scope !== undefined ? `${row.scope}/${row.name}` : row.name,
      origin(file, row),
      row.value
    ].map(escape)
  )).map((line) => `${line}\n`).join("")
