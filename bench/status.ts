/**
 * How long a whole `clinit status` takes, compared with a Node that does nothing: medians of 21 runs each that alternate, so
 * that what else the machine does hits all of them. Run it on a quiet machine, after `npm run build`.
 */
import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { setTimeout as delay } from "node:timers/promises"

const runs = 21
const sizes = [1, 500]
const limit = 2.5

const clinit = new URL("../packages/cli/dist/clinit.js", import.meta.url).pathname

const millisOf = (args: ReadonlyArray<string>): number => {
  const begun = performance.now()
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" })
  const millis = performance.now() - begun
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${stderr}`)
  return millis
}

const median = (times: ReadonlyArray<number>): number => times.toSorted((a, b) => a - b)[times.length >> 1]!

/** Runs these in turn, again and again; the median of each, in milliseconds. */
const medians = (commands: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<number> => {
  const times: ReadonlyArray<Array<number>> = commands.map(() => [])
  for (let run = 0; run < runs; run++) {
    for (const [index, command] of commands.entries()) times[index]!.push(millisOf(command))
  }
  return times.map(median)
}

/** Uses a daemon with so many entries, in ten groups or one, all of them running. */
const withDaemon = async (entries: number, use: (cltab: string) => void) => {
  const directory = mkdtempSync(path.join(tmpdir(), "clinit-bench-"))
  const cltab = path.join(directory, "cltab")
  const groups = Math.ceil(entries / 50)
  const lines = Array.from(
    { length: entries },
    (_, index) => `g${index % groups}:t${index}:1:respawn:exec sleep 100000`
  )
  writeFileSync(
    cltab,
    [`:::socket:${directory}/s`, `:::clstat:${directory}/clstat`, ...lines, ""].join("\n")
  )
  const daemon = spawn(process.execPath, [clinit, "-c", cltab, "-d"], { stdio: "ignore" })
  try {
    while (!existsSync(`${directory}/clstat`)) await delay(20)
    for (let group = 0; group < groups; group++) {
      millisOf([clinit, "-c", cltab, "--timeout", "120", `g${group}`, "1"])
    }
    use(cltab)
  } finally {
    daemon.kill("SIGTERM")
    if (daemon.exitCode === null) await new Promise((resolve) => void daemon.once("exit", resolve))
    rmSync(directory, { recursive: true, force: true })
  }
}

let isWithin = true
console.log(`Node ${process.version}, medians of ${runs}`)
console.log("entries  command            ms  ratio")
for (const entries of sizes) {
  await withDaemon(entries, (cltab) => {
    const questions = [["status"], ["status", "--json"], ["status", "g0"], ["is-up", "g0"]]
    const [bare, ...times] = medians([
      ["-e", "0"],
      ...questions.map((question) => [clinit, "-c", cltab, ...question])
    ])
    const row = (name: string, millis: number) =>
      console.log(
        [
          String(entries).padStart(7),
          name.padEnd(14),
          millis.toFixed(1).padStart(6),
          (millis / bare!).toFixed(2).padStart(5)
        ].join("  ")
      )
    row("node -e 0", bare!)
    for (const [index, question] of questions.entries()) {
      row(question.join(" "), times[index]!)
      isWithin &&= times[index]! <= limit * bare!
    }
  })
}
if (!isWithin) {
  console.error(`more than ${limit} times a bare Node`)
  process.exitCode = 1
}
