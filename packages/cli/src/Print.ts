import * as Complaint from "./Complaint.ts"
import * as ExitCode from "./ExitCode.ts"

// Standard output and error are written as they are. Without Effect: the quick way of the commands writes by this, too.

const eraseLine = "\r\u001b[K"

/** Whether a line stands on the terminal that is not to stay. */
let isTransient = false

/** What is left when a result could not be printed, on a full disk for instance. */
let unprinted: Error | undefined

/** The streams that are in use: to open one that is not needed would take a millisecond. */
const opened: { stdout?: NodeJS.WriteStream; stderr?: NodeJS.WriteStream } = {}

// A reader that went away, or a terminal that was closed, is no reason to die: least of all for the daemon.
const stdout = () =>
  opened.stdout ??= process.stdout.on("error", (error) => {
    if (!Complaint.isUnread(error)) unprinted = error
  })

const stderr = () => opened.stderr ??= process.stderr.on("error", () => {})

/** For whoever writes to standard output or error by other ways. */
export const openBoth = (): void => {
  stdout()
  stderr()
}

/** Removes the line that is not to stay, if there is one. */
export const endTransient = (): void => {
  if (isTransient) stderr().write(eraseLine)
  isTransient = false
}

/** Shows a line on standard error, a terminal, until the next one, anything else that is written, or `endTransient`. */
export const transient = (line: string): void => {
  stderr().write(`${eraseLine}${line}`)
  isTransient = true
}

/** Results: what scripts read. */
export const print = (text: string): void => {
  if (text === "") return
  endTransient()
  stdout().write(text.endsWith("\n") ? text : `${text}\n`)
}

/** For standard error, as it is. */
export const remark = (text: string): void => {
  if (text === "") return
  endTransient()
  stderr().write(text)
}

/** What is no complaint of clinit's own: findings about a file, which editors know by `FILE:LINE:COLUMN` at the beginning. */
export const note = (text: string): void => remark(Complaint.lines(text, ""))

/** What went wrong, for people; control characters are shown, not sent to the terminal. */
export const complain = (text: string): void => remark(Complaint.lines(text))

export const warn = (warnings: ReadonlyArray<string>): void => {
  for (const warning of warnings) complain(`warning: ${warning}`)
}

// A write of nothing is done when everything before it has been written; what went wrong with it is told a little later.
const written = (stream: NodeJS.WriteStream | undefined, then: () => void) =>
  stream === undefined ? then() : void stream.write("", () => setImmediate(then))

/** Ends the process with this exit code when all is written. A result that could not be printed is no success. */
export const end = (code: number): void =>
  written(opened.stdout, () => {
    if (unprinted !== undefined) remark(Complaint.unprinted(unprinted))
    written(
      opened.stderr,
      () => process.exit(code === 0 && unprinted !== undefined ? ExitCode.refused : code)
    )
  })
