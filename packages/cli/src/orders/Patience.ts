import * as CallText from "@clinit/protocol/CallText"
import type { PromiseClient } from "@clinit/protocol/node/PromiseClient"
import * as PromiseSocket from "@clinit/protocol/node/PromiseSocket"
import type { GroupStatus } from "@clinit/protocol/Status"
import * as DisplayWidth from "../DisplayWidth.ts"
import * as Print from "../Print.ts"
import * as Progress from "../Progress.ts"

// What is said while an order is waited for.

/** What a daemon that works has answered in, however busy it is. */
export const answerMillis = 2_000

/** More than a timer can wait for. */
const maxTimerMillis = 2 ** 31 - 1

/** What the work comes to; nothing if that takes longer. */
export const within = <A>(work: Promise<A>, seconds: number | undefined): Promise<A | undefined> => {
  if (seconds === undefined) return work
  let timer: NodeJS.Timeout
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.min(seconds * 1_000, maxTimerMillis))
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/**
 * The group that has the name, or whose entry (`GROUP/TAG`) has it, without a name all groups; `undefined` if the daemon does
 * not answer.
 */
export const groupsNow = (
  daemon: PromiseClient,
  only: string | undefined
): Promise<ReadonlyArray<GroupStatus> | undefined> => {
  const signal = AbortSignal.timeout(answerMillis)
  return daemon.status(undefined, { signal }).then(
    ({ groups }) =>
      groups.filter(({ group }) => only === undefined || only === group || only.startsWith(`${group}/`)),
    () => signal.aborted ? undefined : []
  )
}

/** Whether the daemon answers a question now; one that has gone away has not left anybody waiting. */
const answers = (daemon: PromiseClient): Promise<boolean> => {
  const signal = AbortSignal.timeout(answerMillis)
  return daemon.version({ signal }).then(() => true, () => !signal.aborted)
}

/** Says once, when a command has taken a while, that it is because the daemon does not answer. Rejects when it is over. */
export const sayIfSilent = async (
  daemon: PromiseClient,
  socket: string,
  over: AbortSignal
): Promise<void> => {
  do await PromiseSocket.pause(CallText.patienceMillis, over)
  while (await answers(daemon))
  if (!over.aborted) Print.warn([CallText.unanswered(socket)])
}

/** Shows on a terminal, time and again, what of the group or entry `only` is waited for. Rejects when it is over. */
export const showProgress = async (
  daemon: PromiseClient,
  only: string | undefined,
  over: AbortSignal
): Promise<void> => {
  for (;;) {
    await PromiseSocket.pause(Progress.periodMillis, over)
    // Not before: to ask standard error what it is opens it.
    if (!process.stderr.isTTY || process.env["TERM"] === "dumb") return
    const groups = await groupsNow(daemon, only) ?? []
    const [line] = groups.flatMap((group) => Progress.of(group, Date.now()) ?? [])
    const shown = line === undefined
      ? ""
      : Progress.cut(line, DisplayWidth.columnsOf(process.stderr), await DisplayWidth.within(line))
    if (over.aborted) return
    if (line === undefined) Print.endTransient()
    else Print.transient(shown)
  }
}
