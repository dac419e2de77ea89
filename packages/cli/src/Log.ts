import * as Logger from "effect/Logger"

/** Log lines are read on terminals: a name or a path must not be able to steer one. */
const escaped = (text: string) =>
  text.replaceAll(/[^\P{Cc}\n]/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}`)

const text = (part: unknown) =>
  typeof part === "string" ? part : part instanceof Error ? String(part.stack) : String(part)

/** One line a message on standard error: time, level, text; further lines of a text are indented. */
export const toStandardError = Logger.make<unknown, void>(({ date, logLevel, message }) => {
  const parts = Array.isArray(message) ? message.map(text) : [text(message)]
  const line = escaped(parts.join(" ")).replaceAll("\n", "\n  ")
  process.stderr.write(`${date.toISOString()} ${logLevel.toLowerCase()} ${line}\n`)
})
