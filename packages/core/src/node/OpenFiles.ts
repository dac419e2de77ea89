import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as fs from "node:fs"
import { Trouble } from "../Trouble.ts"
import * as Beat from "./Beat.ts"

/** How many files this process may have open at once; nothing where the system does not tell or sets no limit. */
export const limit = (): number | undefined => {
  const limits = Result.try(() => fs.readFileSync("/proc/self/limits", "utf8"))
  const soft = /^Max open files +(\d+) /m.exec(Result.getOrElse(limits, () => ""))?.[1]
  return soft === undefined ? undefined : Number(soft)
}

/** More than a start of a process with pipes takes at once, with what other threads may open meanwhile. */
const neededForPipes = 16

/**
 * Throws, as opening a file does, if there are too few descriptors left to start a process with pipes. Node would tell
 * as well, but never close again those of its pipes that it had opened by then.
 */
export const ensureRoomForPipes = (): void => {
  const opened: Array<number> = []
  try {
    while (opened.length < neededForPipes) opened.push(fs.openSync("/dev/null", "r"))
  } finally {
    for (const descriptor of opened) fs.closeSync(descriptor)
  }
}

/** How often it is tried whether a file can be opened. */
const period = Duration.seconds(2)

const isShort = () => {
  try {
    fs.closeSync(fs.openSync("/dev/null", "r"))
    return false
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === "EMFILE" || code === "ENFILE"
  }
}

/**
 * Tells while no more files can be opened: the system accepts connections then and drops them without a word to us,
 * so that nothing else would tell.
 */
export const watch: Effect.Effect<never, never, Trouble> = Effect.gen(function*() {
  const trouble = yield* Trouble
  while (true) {
    yield* Effect.suspend(() =>
      isShort() ?
        trouble.set("open files", "the limit is reached: clients are dropped, processes cannot be started") :
        trouble.clear("open files")
    )
    yield* Beat.every(period)
  }
})
