// A process that writes its pid, then each signal that it hears, to a file, and does nothing else until it is killed.
import * as fs from "node:fs"

const log = process.argv[2]!
for (const signal of ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"] as const) {
  process.on(signal, () => fs.appendFileSync(log, `${signal}\n`))
}
setInterval(() => {}, 1_000_000)
fs.appendFileSync(log, `${process.pid}\n`)
