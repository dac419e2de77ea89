import * as fs from "node:fs"
import { Worker } from "node:worker_threads"
import type { Progress } from "./Run.ts"

// Runs in a thread of its own, which goes on while the main thread hangs in a loop or a regular expression. It can only
// end the process; what the input was is known from its number.
const program = `
  const { workerData: { shared, file, patience } } = require("node:worker_threads")
  const current = new Int32Array(shared)
  let seen = -2
  let since = Date.now()
  setInterval(() => {
    const now = Atomics.load(current, 0)
    if (now !== seen || now < 0) [seen, since] = [now, Date.now()]
    else if (Date.now() - since > patience) {
      require("node:fs").writeFileSync(file, String(now))
      process.kill(process.pid, "SIGKILL")
    }
  }, 200)
`

/** Kills this process if there is no progress for so many milliseconds; the last input's number is then in the file. */
export const start = (
  file: string,
  patience: number
): { readonly progress: Progress; readonly stop: () => Promise<void> } => {
  const shared = new SharedArrayBuffer(4)
  const current = new Int32Array(shared)
  current[0] = -1
  const worker = new Worker(program, { eval: true, workerData: { shared, file, patience } })
  return {
    progress: (index) => void Atomics.store(current, 0, index),
    stop: async () => void await worker.terminate()
  }
}

/** The number that a process which was killed left in the file. */
export const read = (file: string): number | undefined => {
  try {
    return Number(fs.readFileSync(file, "utf8"))
  } catch {
    return undefined
  }
}
