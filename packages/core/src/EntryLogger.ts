import { Stream } from "@clinit/protocol/Status"
import type { Entry } from "./Cltab.ts"
import * as OutputTarget from "./OutputTarget.ts"

/** A logger, under the name of its entry. */
export type LoggerEntry = Entry & { readonly logs: Stream }

/**
 * The loggers of an entry, as entries that read what it writes: each runs as long as the entry is supervised, under the
 * entry's name and with its settings.
 */
export const of = (entry: Entry): ReadonlyArray<LoggerEntry> =>
  Stream.literals.flatMap((stream) => {
    const { output, [stream]: target } = entry.settings ?? {}
    if (target?._tag !== "Pipe") return []
    // What goes the same way is for one logger.
    const isShared = stream === "error-output" && output !== undefined && OutputTarget.isSame(output, target)
    return isShared ? [] : [{ ...entry, mode: "respawn", command: target.command, logs: stream }]
  })
