import * as CallText from "@clinit/protocol/CallText"
import * as Clstat from "@clinit/protocol/Clstat"
import * as LineSocket from "@clinit/protocol/node/LineSocket"
import type { DaemonStatus, GroupStatus } from "@clinit/protocol/Status"
import * as StatusSelection from "@clinit/protocol/StatusSelection"
import * as DaemonSocket from "../DaemonSocket.ts"
import * as DisplayWidth from "../DisplayWidth.ts"
import * as ExitCode from "../ExitCode.ts"
import * as JsonFormats from "../JsonFormats.ts"
import * as Print from "../Print.ts"
import { version } from "../Version.ts"
import * as Health from "./Health.ts"
import * as Paint from "./Paint.ts"
import type { Question } from "./Question.ts"
import * as StatusLines from "./StatusLines.ts"
import * as StatusTable from "./StatusTable.ts"

// Without Effect, whose loading takes longer than all that is done here; `late/` is loaded only where it is needed.

/** What a command has to print, and its exit code. */
interface Answer {
  readonly stdout: string
  readonly complaint?: string
  readonly code: number
}

/** Nothing is known of what was asked for: of a name that is an answer, of the whole daemon a failure. */
const unanswered = ({ name }: Question, message: string): Answer => ({
  stdout: "",
  complaint: message,
  code: name === undefined ? ExitCode.noDaemon : Health.exitCodes.unknown
})

/** More than a timer can wait for. */
const maxTimerMillis = 2 ** 31 - 1

/** The line that answers this one, or why there is none. If it takes a while, `hesitates` is told. */
const exchange = (path: string, line: string, seconds: number | undefined, hesitates: () => void) =>
  new Promise<{ readonly answer: string } | { readonly message: string }>((resolve) => {
    const timers: Array<NodeJS.Timeout> = []
    const settle = (result: { readonly answer: string } | { readonly message: string }) => {
      for (const timer of timers) clearTimeout(timer)
      socket.destroy()
      resolve(result)
    }
    const socket = LineSocket.open(path, (connected) => {
      timers.push(setTimeout(hesitates, CallText.patienceMillis))
      if (seconds !== undefined) {
        const givesUp = () => settle({ message: CallText.noAnswer(path, seconds) })
        timers.push(setTimeout(givesUp, Math.min(seconds * 1_000, maxTimerMillis)))
      }
      connected.write(`${line}\n`)
      LineSocket.linesOf(connected)().then(
        (answer) => settle({ answer }),
        (error: Error) => settle({ message: CallText.connectionLost(error.message) })
      )
    }, (reason) => resolve({ message: CallText.noDaemon(path, reason) }))
  })

/**
 * The status in an answer of this very version, which has encoded it as this program would: it came over a socket that only
 * the daemon's owner can open, and every text is escaped where it is printed.
 */
const trusted = (answer: string): DaemonStatus | undefined => {
  try {
    const { result } = JSON.parse(answer) as { readonly result?: DaemonStatus }
    return result?.version === version ? result : undefined
  } catch {
    return undefined
  }
}

const healthOf = (group: GroupStatus | undefined, { tag }: StatusSelection.Meaning): Health.Health => {
  if (group === undefined) return "not running"
  if (tag === undefined) return Health.ofGroup(group)
  const [entry] = group.processes
  return entry === undefined ? "not running" : Health.ofEntry(entry)
}

const textOf = async (
  { all, color, json, level }: Question,
  status: DaemonStatus,
  group: string | undefined
): Promise<string> => {
  if (json) return `${JSON.stringify({ schema: JsonFormats.ids.status, ...status })}\n`
  if (level !== undefined) {
    const summary = Clstat.summary(status.groups, { group, level })
    return summary === "" || summary.endsWith("\n") ? summary : `${summary}\n`
  }
  const { stdout } = process
  const view = { now: Date.now(), all, paint: Paint.of(color, stdout) }
  if (!stdout.isTTY) return StatusLines.status(view, status)
  const lines = StatusLines.status({ ...view, paint: Paint.none }, status)
  return StatusTable.status(
    view,
    { columns: DisplayWidth.columnsOf(stdout), widthOf: await DisplayWidth.within(lines) },
    status
  )
}

/** The answer to the question that this status is. */
const present = async (question: Question, status: DaemonStatus): Promise<Answer> => {
  const { command, level, name } = question
  const atLevel = (groups: ReadonlyArray<GroupStatus>) =>
    level === undefined ? groups : groups.filter((group) => group.level === level)
  if (name === undefined) {
    const stdout = await textOf(question, { ...status, groups: atLevel(status.groups) }, undefined)
    return { stdout, code: 0 }
  }
  const meanings = StatusSelection.find(status.groups, name)
  const [meaning] = meanings
  if (meaning === undefined || meanings.length > 1) {
    // Only an older daemon sends more than it was asked for.
    const { refusal } = await import("../late/StrictStatus.ts")
    return unanswered(question, await refusal(status.groups, name))
  }
  const groups = atLevel(StatusSelection.select(status.groups, meaning))
  const health = healthOf(groups[0], meaning)
  if (command === "is-failed") return { stdout: "", code: health === "failed" ? 0 : 1 }
  const code = Health.exitCodes[health]
  return command === "is-up"
    ? { stdout: "", code }
    : { stdout: await textOf(question, { ...status, groups }, meaning.group), code }
}

const interpret = async (question: Question, line: string): Promise<Answer> => {
  const status = trusted(line)
  try {
    if (status !== undefined) return await present(question, status)
  } catch {
    // It is not what it says it is; the schema will say what is wrong with it.
  }
  const { decode } = await import("../late/StrictStatus.ts")
  const decoded = await decode(line)
  return "message" in decoded ? unanswered(question, decoded.message) : present(question, decoded.status)
}

/**
 * Asks the daemon: prints all that it knows, with a level the original's `status()` text, with a name only that group or
 * entry, and then the exit code, with which it resolves, says how it fares; `is-up` and `is-failed` do nothing but that.
 */
export const answer = async (question: Question): Promise<number> => {
  const { name } = question
  const socket = await DaemonSocket.find(question)
  if (socket === undefined) return ExitCode.invalidCltab
  const params = name === undefined ? {} : { name }
  const exchanged = await exchange(
    socket,
    JSON.stringify({ jsonrpc: "2.0", id: 1, method: "status", params }),
    question.timeout,
    () => Print.warn([CallText.unanswered(socket)])
  )
  const { code, complaint, stdout } = "message" in exchanged
    ? unanswered(question, exchanged.message)
    : await interpret(question, exchanged.answer)
  Print.print(stdout)
  if (complaint !== undefined) Print.complain(complaint)
  return code
}
