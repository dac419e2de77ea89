import * as Effect from "effect/Effect"
import * as Complaint from "./Complaint.ts"

const eraseLine = "\r\u001b[K"

/** Whether a line stands on the terminal that is not to stay. */
let isTransient = false

const erase = () => {
  if (isTransient) process.stderr.write(eraseLine)
  isTransient = false
}

// Standard output and error are written as they are: effect's Console would add its own line ends and colours.
const write = (stream: NodeJS.WriteStream, text: string) =>
  Effect.sync(() => {
    erase()
    stream.write(text)
  })

/** Shows a line on standard error, a terminal, until the next one, anything else that is written, or `endTransient`. */
export const transient = (line: string): Effect.Effect<void> =>
  Effect.sync(() => {
    process.stderr.write(`${eraseLine}${line}`)
    isTransient = true
  })

/** Removes the line that is not to stay, if there is one. */
export const endTransient: Effect.Effect<void> = Effect.sync(erase)

/** Results: what scripts read. */
export const print = (text: string): Effect.Effect<void> =>
  text === "" ? Effect.void : write(process.stdout, text.endsWith("\n") ? text : `${text}\n`)

const complaint = (prefix: string) => (text: string): Effect.Effect<void> =>
  write(process.stderr, Complaint.lines(text, prefix))

/** What is no complaint of clinit's own: findings about a file, which editors know by `FILE:LINE:COLUMN` at the beginning. */
export const note = complaint("")

/** What went wrong, for people; control characters are shown, not sent to the terminal. */
export const complain = complaint("clinit: ")

export const warn = (warnings: ReadonlyArray<string>): Effect.Effect<void> =>
  Effect.forEach(warnings, (warning) => complain(`warning: ${warning}`), { discard: true })
