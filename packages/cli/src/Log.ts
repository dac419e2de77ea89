import { escape } from "@clinit/core/Quotation"
import * as Logger from "effect/Logger"

const text = (part: unknown) =>
  typeof part === "string" ? part : part instanceof Error ? String(part.stack) : String(part)

/** One line a message on standard error: time, level, text; further lines of a text are indented. */
export const toStandardError = Logger.make<unknown, void>(({ date, logLevel, message }) => {
  const parts = Array.isArray(message) ? message.map(text) : [text(message)]
  // Read on terminals: a name or a path must not be able to steer one.
  const line = parts.join(" ").split("\n").map(escape).join("\n  ")
  process.stderr.write(`${date.toISOString()} ${logLevel.toLowerCase()} ${line}\n`)
})
