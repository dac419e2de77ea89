import type { ChildExit } from "@clinit/protocol/Status"
import { describeEnd } from "@clinit/protocol/Status"
import * as Effect from "effect/Effect"
import type { ChildProcess } from "node:child_process"
import type { Socket } from "node:net"
import * as os from "node:os"
import type { Applied } from "../CltabSettings.ts"
import type { Child, ProcessIdentity } from "../Spawner.ts"
import { SpawnError } from "../Spawner.ts"
import * as LaunchScript from "./LaunchScript.ts"
import * as ProcessStat from "./ProcessStat.ts"

/** What sets a process up takes some milliseconds; one that takes this long hangs. */
const defaultPatienceMillis = 10_000

/** More is not read of what it says. */
const maxCharacters = 2_000

const assignment = new RegExp(`(?:^|\0)${LaunchScript.variable}=`)

/** Whether the process is being set up: until its command begins it has the chain's variable. */
export const isUnderWay = (pid: number): boolean => assignment.test(ProcessStat.readOf(pid, "environ") ?? "")

/** What is known of a process that is being set up. */
export type Admitted = Pick<Child, "exit" | "extinct"> & { readonly identity: Pick<ProcessIdentity, "pid"> }

/** What a set-up said, and whether it came to its end. */
interface Saying {
  readonly words: string
  readonly isReady: boolean
  readonly isOverdue: boolean
}

const readyAtEnd = new RegExp(`(?:^|\n)${LaunchScript.ready}\n$`)

const hear = (socket: Socket, patienceMillis: number): Effect.Effect<Saying> =>
  Effect.callback((resume) => {
    let text = ""
    const settle = (how: { readonly isReady?: true; readonly isOverdue?: true }) => {
      clearTimeout(timer)
      resume(
        Effect.succeed({
          words: wordsOf(text.replace(readyAtEnd, "")),
          isReady: false,
          isOverdue: false,
          ...how
        })
      )
    }
    const timer = setTimeout(() => settle({ isOverdue: true }), patienceMillis)
    // One that dies closes it; what became of it is its exit.
    socket.on("error", () => {})
    socket.once("close", () => settle({}))
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      text = (text + chunk).slice(-maxCharacters)
      if (readyAtEnd.test(text)) settle({ isReady: true })
    })
  })

/** The lines that programs wrote as one, without what only says that a shell said it. */
const wordsOf = (text: string): string =>
  text.split("\n").map((line) =>
    line.replace(/^sh: (?:(?:line )?\d+: )?/, "").replaceAll(/\p{Cc}/gu, " ").trim()
  )
    .filter((line) => line !== "").join("; ")

/** The setting that the words are about, as far as they tell. */
const settingOf = (words: string, { user }: Applied): string | undefined => {
  const [, resource] = /\bthe (\w+) resource limit/.exec(words) ?? []
  if (resource !== undefined) return `limit.${resource.toLowerCase()}`
  const [, program] = /(?:^|; |exec: )(prlimit|nice|setpriv|cd):/.exec(words) ?? []
  switch (program) {
    case "prlimit":
      return "limit"
    case "setpriv":
      return user === undefined ? "groups" : "user"
    case "cd":
      return "cwd"
    default:
      return program
  }
}

/**
 * Lets the command of a process that is being set up begin once nothing is missing; done then. If the set-up fails, or
 * hangs, or nobody waits for it any longer, the process is ended and waited for, and the command never begins. Its
 * standard error has to be a pipe to us.
 */
export const admit = (settings: Applied, patienceMillis = defaultPatienceMillis) =>
  Effect.fnUntraced(function*<C extends Admitted>(
    forked: ChildProcess | undefined,
    child: C
  ): Effect.fn.Return<C, SpawnError> {
    if (forked === undefined) throw new Error("what is set up has to be a child of ours")
    const socket = forked.stdio[2] as Socket
    const end = Effect.suspend(() => {
      forked.kill("SIGKILL")
      socket.destroy()
      return child.extinct
    })
    const refuse = (reason: string) => Effect.andThen(end, Effect.fail(new SpawnError({ reason })))

    const { isOverdue, isReady, words } = yield* Effect.onInterrupt(hear(socket, patienceMillis), () => end)
    const setting = settingOf(words, settings)
    const said = setting === undefined ? words : `${setting}: ${words}`
    if (isOverdue) {
      const seconds = patienceMillis / 1_000
      return yield* refuse(`it was not set up within ${seconds} seconds${said && `: ${said}`}`)
    }
    if (!isReady) return yield* refuse(said === "" ? whatSetsItUp(yield* child.exit) : said)
    // nice(1) goes on when it is refused.
    if (settings.nice !== undefined && niceness(child.identity.pid) !== settings.nice) {
      return yield* refuse(said === "" ? `nice: ${settings.nice} was not granted` : said)
    }
    if (words !== "") yield* Effect.logWarning(`pid ${child.identity.pid}: ${said}`)
    socket.end("\n")
    return child
  })

const whatSetsItUp = (end: ChildExit): string => `what sets it up ${describeEnd(end)} without a word`

/** That of the process; nothing if it has ended. */
const niceness = (pid: number): number | undefined => {
  try {
    return os.getPriority(pid)
  } catch {
    return undefined
  }
}
