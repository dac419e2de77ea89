import * as DaemonPaths from "@clinit/core/DaemonPaths"
import * as CltabFile from "@clinit/core/node/CltabFile"
import * as fs from "node:fs"

// Without Effect: all that the quick way of the commands needs.

/** Where the daemon is, with what is to be said of it, or why that cannot be told. */
export type Found =
  | { readonly socket: string; readonly warnings: ReadonlyArray<string> }
  | { readonly unreadable: string }

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
 * The socket that flags and cltab lead to. Like the original's client it reads the settings lines of the cltab, whatever its
 * entries look like, and does without a cltab that is missing.
 */
export const find = async (
  flags: { readonly cltab: string; readonly socket: string | undefined }
): Promise<Found> => {
  const content = await CltabFile.read(flags.cltab)
  const complaint = content._tag === "Bytes" ? "" : `${content.reason}: ${flags.cltab}`
  if (content._tag === "Unreadable" && !content.isMissing) return { unreadable: complaint }
  const lines = content._tag === "Bytes" ? DaemonPaths.read(content.bytes) : {}
  return {
    socket: DaemonPaths.resolve(flags, lines).socket,
    warnings: complaint === "" ? [] : [complaint]
  }
}
