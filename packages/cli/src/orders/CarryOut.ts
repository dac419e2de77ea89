import * as CallText from "@clinit/protocol/CallText"
import * as Clstat from "@clinit/protocol/Clstat"
import type { PromiseClient } from "@clinit/protocol/node/PromiseClient"
import { ClinitFailed, ClinitRefused, connect } from "@clinit/protocol/node/PromiseClient"
import * as Complaint from "../Complaint.ts"
import * as DaemonSocket from "../DaemonSocket.ts"
import * as ExitCode from "../ExitCode.ts"
import * as Identity from "../Identity.ts"
import * as Print from "../Print.ts"
import * as StatusLines from "../status/StatusLines.ts"
import * as Deed from "./Deed.ts"
import type { Given, Manner, Order } from "./Order.ts"
import * as OrderOf from "./Order.ts"
import * as Outcome from "./Outcome.ts"
import * as Patience from "./Patience.ts"

// Without Effect, whose loading takes longer than a short order.

/** How a command ends: with this exit code, and what is still to be said of it. */
interface End {
  readonly code: number
  readonly say?: () => void
  /** There is nobody who could be asked for anything more. */
  readonly isAlone?: boolean
}

const ends = (code: number, message: string): End => ({ code, say: () => Print.complain(message) })

const noAnswer = (socket: string, seconds: number): End =>
  ends(ExitCode.noDaemon, CallText.noAnswer(socket, seconds))

/** The daemon's answer, shown. */
const show = ({ failures, results, warnings }: Outcome.Outcome): End => {
  Print.warn(warnings)
  Print.print(results.map((line) => `${line}\n`).join(""))
  const last = failures.at(-1)
  for (const failure of failures.slice(0, -1)) Print.complain(failure)
  return last === undefined ? { code: 0 } : ends(ExitCode.refused, last)
}

/** What has become of an order that was not answered. */
const failed = (order: Order, error: unknown): End => {
  if (error instanceof ClinitFailed) {
    return { ...ends(ExitCode.noDaemon, error.message), isAlone: error._tag === "NoDaemon" }
  }
  if (!(error instanceof ClinitRefused)) throw error
  const { message, refusal } = error
  // A daemon that is newer may refuse for reasons that are not known here.
  if (!Object.hasOwn(ExitCode.ofRefusal, refusal._tag)) {
    return ends(ExitCode.noDaemon, CallText.misunderstood(message))
  }
  const code = ExitCode.ofRefusal[refusal._tag]
  if (refusal._tag === "UnknownGroup") {
    // The original's words, on standard output like its successes.
    Print.print(message)
    for (const hint of Outcome.hints(order)) Print.complain(hint)
    return { code }
  }
  if (refusal._tag !== "InvalidCltab") return ends(code, message)
  // What is wrong with the cltab is told where the command ends; what that means is only known here.
  Print.complain(Complaint.refusedCltab(refusal.file))
  return { code, say: () => Print.note(message) }
}

/** What is to be said of an order that was not done in time; what was begun goes on. */
const late = async (order: Order, seconds: number, daemon: PromiseClient, socket: string): Promise<End> => {
  if (order.verb === "signal") return noAnswer(socket, seconds)
  const groups = await Patience.groupsNow(daemon, OrderOf.subject(order))
  if (groups === undefined) return noAnswer(socket, seconds)
  const state = groups.flatMap(StatusLines.group(StatusLines.plainly(Date.now())))
  const undone = `${OrderOf.described(order)} is not done after ${seconds} s and goes on`
  return ends(ExitCode.refused, [state.length === 0 ? undone : `${undone}:`, ...state].join("\n"))
}

/** Best effort: whether the command succeeded is not decided by the status lines after it. */
const showSummary = async (daemon: PromiseClient, socket: string): Promise<void> => {
  const signal = AbortSignal.timeout(Patience.answerMillis)
  try {
    const { groups } = await daemon.status(undefined, { signal })
    Print.print(Clstat.summary(groups))
  } catch (error) {
    const reason = signal.aborted
      ? CallText.noAnswer(socket, Patience.answerMillis / 1_000)
      : (error as Error).message
    Print.warn([`no status: ${reason}`])
  }
}

/** Nothing more is to be said when it is over. */
const isOver = () => {}

/** Gives the order, and says what came of it. */
const give = async (order: Order, manner: Manner, daemon: PromiseClient, socket: string): Promise<End> => {
  const { timeout } = manner
  const over = new AbortController()
  const settled = new AbortController()
  Patience.sayIfSilent(daemon, socket, over.signal).catch(isOver)
  // A signal is sent at once.
  if (order.verb !== "signal") {
    Patience.showProgress(daemon, OrderOf.subject(order), settled.signal).catch(isOver)
  }
  try {
    const terms = { wait: OrderOf.waits(order, manner), ...Identity.self() }
    const carriedOut = async () => {
      const outcome = await Deed.perform(order, daemon, terms)
      if (order.verb === "shutdown" && terms.wait) await DaemonSocket.gone(socket)
      return outcome
    }
    const outcome = await Patience.within(carriedOut(), timeout).finally(() => {
      settled.abort()
      Print.endTransient()
    })
    return outcome === undefined ? await late(order, timeout!, daemon, socket) : show(outcome)
  } catch (error) {
    return failed(order, error)
  } finally {
    over.abort()
  }
}

/**
 * Gives the daemon the order, waits for its outcome if that is asked for, and says what came of it; with `verbose` the status
 * lines follow, as they are then, also behind a refusal. Resolves with the exit code.
 */
export const carryOut = async ({ manner, order }: Given): Promise<number> => {
  const socket = await DaemonSocket.find(manner)
  if (socket === undefined) return ExitCode.invalidCltab
  const daemon = connect({ socket })
  const { code, isAlone, say } = await give(order, manner, daemon, socket)
  if (manner.verbose && isAlone !== true) await showSummary(daemon, socket)
  daemon.close()
  say?.()
  return code
}
