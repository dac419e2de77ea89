import { escape } from "@clinit/core/Quotation"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
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

let waiting = ""
let descriptor: number | undefined
let dropped = 0
let writing = false
let abandoned = false
let whenIdle: (() => void) | undefined

const pump = () => {
  if (writing) return
  if (waiting === "" && dropped === 0) return whenIdle?.()
  const note = dropped > 0 ? `${new Date().toISOString()} warn ${dropped} lines of log were lost\n` : ""
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

const text = (part: unknown) =>
  typeof part === "string" ? part : part instanceof Error ? String(part.stack) : String(part)

/** One line a message on standard error: time, level, text; further lines of a text are indented. Never waits. */
export const toStandardError = Logger.make<unknown, void>(({ date, logLevel, message }) => {
  const parts = Array.isArray(message) ? message.map(text) : [text(message)]
  // Read on terminals: a name or a path must not be able to steer one.
  const line = parts.join(" ").split("\n").map(escape).join("\n  ")
  const entry = `${date.toISOString()} ${logLevel.toLowerCase()} ${line}\n`
  if (waiting.length + entry.length <= maxCharacters) waiting += entry
  else dropped++
  pump()
})

/** Completes when everything is written, or gives up after a second. */
export const flushed: Effect.Effect<void> = Effect.callback<void>((resume) => {
  whenIdle = () => resume(Effect.void)
  pump()
}).pipe(
  Effect.interruptible,
  Effect.timeoutOption(patienceMillis),
  Effect.andThen(Effect.sync(() => void (abandoned = true)))
)
