import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as fs from "node:fs"
import type { Kind } from "../CltabHost.ts"
import { CltabHost } from "../CltabHost.ts"
import * as Getent from "./Getent.ts"

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

/** What a directory service may take to answer; one that takes longer is not asked to the end. */
const patienceMillis = 5_000

/** Asks the name service, which also knows accounts that are in no file of this machine. */
const isKnown = (database: "passwd" | "group", name: string): Effect.Effect<boolean> =>
  Effect.match(Getent.lookUp(database, name, { environment: process.env, patienceMillis }), {
    onFailure: () => true,
    onSuccess: (fields) => fields !== undefined
  })

/** The machine that this process runs on. */
export const layer: Layer.Layer<CltabHost> = Layer.sync(CltabHost, () => ({
  path: process.env["PATH"],
  directory: process.cwd(),
  kindOf: (path) => Effect.sync(() => kindOf(path)),
  hasUser: (name) => isKnown("passwd", name),
  hasGroup: (name) => isKnown("group", name)
}))
