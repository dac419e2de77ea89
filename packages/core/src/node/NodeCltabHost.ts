import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { execFile } from "node:child_process"
import * as fs from "node:fs"
import type { Kind } from "../CltabHost.ts"
import { CltabHost } from "../CltabHost.ts"
import * as Account from "./Account.ts"

const anyMayExecute = 0o111

// Synchronous: whoever checks has nothing else to do, and there may be a million paths to look at.
const kindOf = (path: string): Kind => {
  try {
    const stat = fs.statSync(path, { throwIfNoEntry: false })
    if (stat === undefined) return "missing"
    if (stat.isDirectory()) return "directory"
    if (!stat.isFile()) return "other"
    // Who will run it is not known here: access(2) would tell of whoever checks.
    return (stat.mode & anyMayExecute) === 0 ? "file" : "program"
  } catch {
    return "unknown"
  }
}

/** getent(1) ends with this if there is no such key. */
const notFound = 2

/** What a directory service may take to answer, in milliseconds; one that takes longer is not asked to the end. */
const patienceMillis = 5_000

/** Asks the name service, which also knows accounts that are in no file of this machine. */
const isKnown = (database: "passwd" | "group", name: string): Promise<boolean> =>
  new Promise((resolve) => {
    // Not every getent knows `--`.
    if (name.startsWith("-") || Account.isBeyondAll(name)) return resolve(false)
    execFile("getent", [database, name], { timeout: patienceMillis }, (error) => {
      resolve(error?.code !== notFound)
    })
  })

/** The machine that this process runs on. */
export const layer: Layer.Layer<CltabHost> = Layer.sync(CltabHost, () => ({
  path: process.env["PATH"],
  directory: process.cwd(),
  kindOf: (path) => Effect.sync(() => kindOf(path)),
  hasUser: (name) => Effect.promise(() => isKnown("passwd", name)),
  hasGroup: (name) => Effect.promise(() => isKnown("group", name))
}))
