import { escape } from "@clinit/core/Quotation"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as fs from "node:fs"

/** So much waits for a reader of standard error that has stopped reading; lines that come beyond are counted. */
const maxCharacters = 1_000_000

/** How long the end of the daemon waits for everything to be read. */
const patienceMillis = 1_000

/** How long to wait before a reader that has no room is tried again. */
const retryMillis = 50

/**
 * Standard error as a descriptor whose writes never wait: whoever stops reading a pipe, or presses control-S on a
 * terminal, would stop the supervision of everything. It is opened anew, since others share the one that we were
 * given. A file never makes a writer wait, and its position is shared with the children: that one is used as it is.
 */
const open = (): number => {
  const { O_NOCTTY, O_NONBLOCK, O_WRONLY } = fs.constants
  try {
    const stat = fs.fstatSync(2)
    if (!stat.isFIFO() && !stat.isCharacterDevice()) return 2
    return fs.openSync("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY)
  } catch {
    return 2
  }
}

/** How a line is written. */
export type Format = "text" | "json"

interface Line {
  readonly date: Date
  readonly level: string
  readonly message: string
  readonly about: Readonly<Record<string, unknown>>
}

/** Nothing is written before it is known how. */
let format: Format | undefined
let early: Array<Line> = []

let waiting = ""
let descriptor: number | undefined
let dropped = 0
let writing = false
let abandoned = false
let whenIdle: (() => void) | undefined

const pump = () => {
  if (writing) return
  if (waiting === "" && dropped === 0) return whenIdle?.()
  const note = dropped > 0
    ? print({ date: new Date(), level: "warn", message: `${dropped} lines of log were lost`, about: {} })
    : ""
  const chunk = Buffer.from(waiting + note)
  waiting = ""
  dropped = 0
  write(chunk)
}

const write = (chunk: Buffer) => {
  writing = true
  fs.write(descriptor ??= open(), chunk, (error, written) => {
    if (error?.code === "EAGAIN") {
      return abandoned
        ? undefined
        : void setTimeout(() => write(chunk), retryMillis)
    }
    if (error === null && written < chunk.length) return write(chunk.subarray(written))
    // On any other error nobody reads any more: what was to be written is lost, and the daemon goes on.
    writing = false
    pump()
  })
}

let isDue = false

/** Writes behind whatever else this turn has to do: a start that follows the news of an end does not wait for these. */
const pumpSoon = () => {
  if (isDue) return
  isDue = true
  setImmediate(() => {
    isDue = false
    pump()
  })
}

const text = (part: unknown) =>
  typeof part === "string" ? part : part instanceof Error ? String(part.stack) : String(part)

const own = new Set(["time", "level", "message"])

/** The annotations that do not have a name of ours, as what JSON has. */
const others = (about: Line["about"]) =>
  Object.fromEntries(
    Object.entries(about).flatMap(([name, value]) => own.has(name) ? [] : [[name, plain(value)]])
  )

const plain = (value: unknown) =>
  typeof value === "number" || typeof value === "boolean" ? value : String(value)

// Read on terminals: a name or a path must not be able to steer one.
const print = ({ about, date, level, message }: Line): string => {
  const time = date.toISOString()
  return format === "json"
    ? `${escape(JSON.stringify({ time, level, message, ...others(about) }))}\n`
    : `${time} ${level} ${message.split("\n").map(escape).join("\n  ")}\n`
}

const add = (line: Line) => {
  const entry = print(line)
  if (waiting.length + entry.length <= maxCharacters) waiting += entry
  else dropped++
  pumpSoon()
}

/** Says how lines are written, those that were logged before as well: text unless it is said otherwise. */
export const begin = (chosen: Format = "text"): void => {
  format ??= chosen
  const lines = early
  early = []
  lines.forEach(add)
}

/**
 * One line a message on standard error, once it was said how: time, level, text, and further lines of a text are indented;
 * or a JSON object with `time`, `level`, `message` and what the message is annotated with, `group` and `tag` as a rule.
 * Never waits.
 */
export const toStandardError = Logger.make<unknown, void>(({ date, fiber, logLevel, message }) => {
  const parts = Array.isArray(message) ? message.map(text) : [text(message)]
  const about = fiber.getRef(References.CurrentLogAnnotations)
  const line = { date, level: logLevel.toLowerCase(), message: parts.join(" "), about }
  if (format === undefined) early.push(line)
  else add(line)
})

/** Completes when everything is written, or gives up after a second. */
export const flushed: Effect.Effect<void> = Effect.callback<void>((resume) => {
  begin()
  whenIdle = () => resume(Effect.void)
  pump()
}).pipe(
  Effect.interruptible,
  Effect.timeoutOption(patienceMillis),
  Effect.andThen(Effect.sync(() => void (abandoned = true)))
)
