import type * as Effect from "effect/Effect"
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import { parseEnv } from "node:util"
import { quote } from "../Quotation.ts"
import type { SpawnError } from "../Spawner.ts"
import * as Environment from "./Environment.ts"
import * as FileAccess from "./FileAccess.ts"
import * as FileTrust from "./FileTrust.ts"
import * as PathWalk from "./PathWalk.ts"
import * as Refusal from "./Refusal.ts"

/** A larger one is refused rather than read into memory. */
const maxKibibytes = 1024

// Without NONBLOCK the opening of a FIFO would wait for a writer, for ever.
const openToRead = (file: string) => fs.open(file, constants.O_RDONLY | constants.O_NONBLOCK)

/** Whoever can write a directory could else have the entry, perhaps his own, given what only root may read. */
const openTrusted = async (file: string): Promise<fs.FileHandle> => {
  if (process.platform !== "linux") return await openToRead(file)
  const { directory, place } = await PathWalk.file(file)
  try {
    if (place.stat.isFile()) FileTrust.refuseOtherNames(place.stat, directory)
    return await openToRead(PathWalk.itself(place))
  } finally {
    await place.handle.close()
  }
}

const textOf = async (file: string): Promise<string> => {
  const handle = await openTrusted(file)
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) throw new Error("is not a regular file")
    if (!FileTrust.isOwn(stat)) {
      throw new Error(`belongs to neither root nor the daemon's user, but to uid ${stat.uid}`)
    }
    if (FileTrust.isOpen(stat)) {
      throw new Error(`can be written by others than its owner (mode ${FileTrust.mode(stat)}): chmod go-w`)
    }
    if (stat.size > maxKibibytes * 1024) throw new Error(`is larger than ${maxKibibytes} KiB`)
    const bytes = await handle.readFile()
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
    } catch {
      throw new Error("is not UTF-8")
    }
  } finally {
    await handle.close()
  }
}

/** The variables that the text sets, in the syntax of util.parseEnv(); throws if a name is none. */
export const parse = (text: string): ReadonlyMap<string, string> => {
  // Nothing of the text in the message: what is taken for a name may be a part of a secret.
  if (text.includes("\0")) throw new Error("has a zero byte")
  const variables = new Map(
    Object.entries(parseEnv(text)).map(([name, value]) => [name, value ?? ""])
  )
  for (const name of variables.keys()) {
    if (!Environment.isName(name)) {
      throw new Error(`sets ${quote(name)}: a name is letters, digits and _, and begins with no digit`)
    }
  }
  return variables
}

/** The variables of the file. Fails if it cannot be read or trusted, or if a name in it is none. */
export const read = (file: string): Effect.Effect<ReadonlyMap<string, string>, SpawnError> =>
  FileAccess.access(file, async () => parse(await textOf(file))).pipe(Refusal.about("env-file"))
