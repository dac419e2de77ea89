import * as Effect from "effect/Effect"
import * as Complaint from "./Complaint.ts"

// Standard output and error are written as they are: effect's Console would add its own line ends and colours.
const write = (stream: NodeJS.WriteStream, text: string) => Effect.sync(() => void stream.write(text))

/** Results: what scripts read. */
export const print = (text: string): Effect.Effect<void> =>
  text === "" ? Effect.void : write(process.stdout, text.endsWith("\n") ? text : `${text}\n`)

const complaint = (prefix: string) => (text: string): Effect.Effect<void> =>
  write(process.stderr, Complaint.lines(text, prefix))

/** Findings about a file: each begins with `FILE:LINE:COLUMN`, which editors and terminals recognise. */
export const diagnose = complaint("")

/** What went wrong, for people; control characters are shown, not sent to the terminal. */
export const complain = complaint("clinit: ")

export const warn = (warnings: ReadonlyArray<string>): Effect.Effect<void> =>
  Effect.forEach(warnings, (warning) => complain(`warning: ${warning}`), { discard: true })
