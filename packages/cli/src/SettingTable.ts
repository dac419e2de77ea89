import { escape } from "@clinit/core/Quotation"
import type { Row } from "@clinit/core/SettingList"
import { displayWidth } from "effect/cli/CliOutput"

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

const pad = (text: string, width: number): string =>
  text + " ".repeat(Math.max(0, width - displayWidth(text)))

const widest = (texts: ReadonlyArray<string>) =>
  texts.reduce((most, text) => Math.max(most, displayWidth(text)), 0)

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
