import * as DaemonPaths from "@clinit/core/DaemonPaths"
import * as CltabFile from "@clinit/core/node/CltabFile"

// Without Effect: all that the quick way of the commands needs.

/** Where the daemon is, with what is to be said of it, or why that cannot be told. */
export type Found =
  | { readonly socket: string; readonly warnings: ReadonlyArray<string> }
  | { readonly unreadable: string }

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
