import * as DaemonPaths from "@clinit/core/DaemonPaths"
import * as Effect from "effect/Effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { NotWritten } from "../CommandError.ts"
import * as Output from "../Output.ts"
import * as Starter from "../Starter.ts"

/** A word that a shell takes as it is. */
const word = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`

const reasons: Readonly<Record<string, string>> = {
  EEXIST: "there is a file of this name already, which is left alone",
  ENOENT: "there is no such directory",
  EACCES: "permission denied"
}

const write = (file: string, text: string) =>
  Effect.try({
    // Of two that want to write it one fails, and no link is followed: what is there is never touched.
    try: () => fs.writeFileSync(file, text, { flag: "wx" }),
    catch: (error) => {
      const { code, message } = error as NodeJS.ErrnoException
      return new NotWritten({ file, reason: reasons[code ?? ""] ?? message })
    }
  })

/** Writes a cltab to begin with into a new file, or to standard output (`-`), and says how to go on. */
export const init = Effect.fnUntraced(function*(file: string) {
  if (file === "-") return yield* Output.print(Starter.text(undefined))
  const directory = path.join(path.dirname(path.resolve(file)), "run")
  const isDefault = path.resolve(file) === DaemonPaths.defaults.cltab
  const places = { socket: path.join(directory, "clinit.s"), clstat: path.join(directory, "clstat") }
  yield* write(file, Starter.text(isDefault ? undefined : places))
  const name = word(file)
  const flag = isDefault ? "" : ` -c ${name}`
  yield* Output.print(
    [`wrote ${name}; next:`, `  clinit check --strict ${name}`, `  clinit${flag} daemon --tell demo:up`].join(
      "\n"
    )
  )
})
