import * as DaemonPaths from "@clinit/core/DaemonPaths"
import * as CltabFile from "@clinit/core/node/CltabFile"
import * as fs from "node:fs"
import * as Print from "./Print.ts"

// Without Effect: all that the quick way of the commands needs.

/** A daemon removes its socket moments after it has answered that all is down. It is not waited for any longer than that. */
const endMillis = 2_000

const inodeOf = (socket: string): number | undefined => {
  try {
    return fs.lstatSync(socket, { throwIfNoEntry: false })?.ino
  } catch {
    return undefined
  }
}

/** Done when the socket has gone, or another one has its place. */
export const gone = async (socket: string): Promise<void> => {
  const inode = inodeOf(socket)
  const until = performance.now() + endMillis
  if (inode === undefined) return
  while (inodeOf(socket) === inode && performance.now() < until) {
    await new Promise((resolve) => void setTimeout(resolve, 5))
  }
}

/**
 * The socket that flags and cltab lead to; nothing, and it has been said why, if the cltab cannot be read. Like the original's client
 * it reads the settings lines of the cltab, whatever its entries look like, and does without a cltab that is missing.
 */
export const find = async (
  flags: { readonly cltab: string; readonly socket: string | undefined }
): Promise<string | undefined> => {
  const content = await CltabFile.read(flags.cltab)
  if (content._tag === "Bytes") return DaemonPaths.resolve(flags, DaemonPaths.read(content.bytes)).socket
  const complaint = `${content.reason}: ${flags.cltab}`
  if (!content.isMissing) return void Print.complain(complaint)
  Print.warn([complaint])
  return DaemonPaths.resolve(flags, {}).socket
}
