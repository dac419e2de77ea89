#!/usr/bin/env node
// Older Nodes lack what the program is written for and would fail somewhere in the middle of it.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`clinit: Node 22.19 or later is needed, this is ${process.versions.node}\n`)
  process.exit(70)
}
const { recognise } = await import("./Express.ts")
const found = recognise(process.argv.slice(2))
if (found === undefined) await import("./main.ts")
else if (found._tag === "Daemon") (await import("./daemon.ts")).run(found.start)
else await (await import("./Quick.ts")).run(found)
