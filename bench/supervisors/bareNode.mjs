// bareNode.mjs LIST: native/floor.c, with nothing but what Node has. No TypeScript, which would have to be stripped first.
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"

const entries = readFileSync(process.argv[2], "utf8").split("\n").filter(Boolean).map((line) => {
  const space = line.indexOf(" ")
  return { levels: line.slice(0, space), command: line.slice(space + 1), child: null }
})
const alive = setInterval(() => {}, 2 ** 30)
let level = "1"
let leaving = 0
let live = 0
let ends = false

const wanted = (entry) => entry.levels.includes(level)

const start = (entry) => {
  const child = spawn("/bin/sh", ["-c", entry.command], { stdio: "ignore" })
  entry.child = child
  live++
  child.on("error", () => {})
  child.on("exit", () => {
    entry.child = null
    live--
    if (wanted(entry)) {
      if (leaving === 0) start(entry)
    } else if (leaving > 0 && --leaving === 0) startMissing()
    if (ends && live === 0) clearInterval(alive)
  })
}

const startMissing = () => {
  for (const entry of entries) if (entry.child === null && wanted(entry)) start(entry)
}

const goTo = (next) => {
  level = next
  leaving = 0
  for (const entry of entries) {
    if (entry.child !== null && !wanted(entry)) {
      entry.child.kill("SIGTERM")
      leaving++
    }
  }
  if (leaving === 0) startMissing()
}

process.on("SIGHUP", () => goTo("0"))
process.on("SIGUSR1", () => goTo("1"))
process.on("SIGUSR2", () => goTo("2"))
process.on("SIGTERM", () => {
  ends = true
  goTo("0")
  if (live === 0) {
    clearInterval(alive)
    process.exit(0)
  }
})
startMissing()
