import { createInterface } from "node:readline"
import type { Home } from "./Stage.ts"

/** Waits for the deaths of these processes: `last` is when the last one died, by the monotonic clock in milliseconds. */
export const watch = async (home: Home, pids: Iterable<number>, seconds = 300) => {
  const { stage } = home
  const watcher = stage.spawn(stage.program("deaths"), [String(seconds * 1_000)], {
    directory: home.directory,
    mark: "deaths",
    stdio: ["pipe", "pipe", 2]
  })
  watcher.stdin!.on("error", () => {}) // that it has ended early is seen by what it says
  watcher.stdin!.end([...pids].join("\n"))
  const lines = createInterface({ input: watcher.stdout! })[Symbol.asyncIterator]()
  await lines.next()
  const last = lines.next().then(({ value }) => {
    if (typeof value !== "string") throw new Error("the processes' deaths could not be watched")
    const [word, number] = value.split(" ")
    if (word !== "DONE") throw new Error(`${number} processes still run after ${seconds} s`)
    return Number(number) / 1e6
  })
  last.catch(() => {}) // whoever awaits it hears of it
  return { last }
}
