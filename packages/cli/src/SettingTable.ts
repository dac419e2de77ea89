import { escape } from "@clinit/core/Quotation"
import type { Row } from "@clinit/core/SettingList"
import { pad, widest } from "./Columns.ts"

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
export const render = (file: string, rows: ReadonlyArray<Row>, scopes: boolean): string => {
  const cells = rows.map((row) => ({
    name: escape(scopes && row.scope !== undefined ? `${row.scope}/${row.name}` : row.name),
    origin: escape(origin(file, row)),
    value: escape(row.value)
  }))
  const names = widest(cells.map(({ name }) => name))
  const origins = widest(cells.map(({ origin }) => origin))
  return cells
    .map(({ name, origin, value }) => `${pad(name, names)}  ${pad(origin, origins)}  ${value}\n`)
    .join("")
}
