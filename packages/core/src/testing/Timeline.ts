import * as LineDiff from "./LineDiff.ts"

const line = /^(\d+(?:\.\d+)?s)?\s*(.*)$/u

/** Lines of a trace in their one form: a time, a blank, the rest; a line without a time has that of the one before. */
const normalized = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  let time = "0s"
  return lines.map((text) => text.trim()).filter((text) => text !== "").map((text) => {
    const [, own, rest = ""] = line.exec(text) ?? []
    time = own ?? time
    return `${time} ${rest}`
  })
}

/**
 * The lines of a trace, written as a table: blank lines and indentation do not count, nor how many blanks are behind a time,
 * and a line without a time has that of the line above.
 */
export const timeline = (
  strings: TemplateStringsArray,
  ...values: ReadonlyArray<string | number>
): ReadonlyArray<string> => normalized(String.raw({ raw: strings.raw }, ...values).split("\n"))

/** What happened is not what was expected. The message shows both, line by line, and the stack begins where it was expected. */
export class TraceMismatch extends Error {
  override readonly name = "TraceMismatch"

  constructor(expected: ReadonlyArray<string>, actual: ReadonlyArray<string>, expectedAt: Error) {
    const lines = LineDiff.diff(expected, actual).map(({ line, sign }) => `${sign} ${line}`)
    super(["the trace is another one (- expected, + what happened):", ...lines].join("\n"))
    this.stack = [`${this.name}: ${this.message}`, ...framesOf(expectedAt)].join("\n")
  }
}

const framesOf = ({ stack = "" }: Error): ReadonlyArray<string> => {
  const frames = stack.split("\n").filter((text) => /^\s+at /u.test(text))
  const callers = frames.findIndex((frame) => !frame.includes("/testing/ClinitTest."))
  return frames.slice(Math.max(0, callers))
}

/**
 * Why these lines are not the ones expected, which need not be normalized; undefined if they are. `expectedAt` is an error that
 * was made where they were expected.
 */
export const compare = (
  expected: ReadonlyArray<string>,
  actual: ReadonlyArray<string>,
  expectedAt: Error
): TraceMismatch | undefined => {
  const wanted = normalized(expected)
  const isSame = wanted.length === actual.length && wanted.every((text, index) => text === actual[index])
  return isSame ? undefined : new TraceMismatch(wanted, actual, expectedAt)
}
