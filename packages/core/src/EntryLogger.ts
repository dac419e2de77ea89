import type { Entry } from "./Cltab.ts"
import type { OutputTarget } from "./OutputTarget.ts"

/** What of an entry's output a logger reads; one for `output` reads the errors, too, unless they go elsewhere. */
export const streams = ["output", "error-output"] as const
export type Stream = typeof streams[number]

/** Where this stream goes. Errors go where the rest goes, unless that is said of them. */
export const targetOf = ({ settings }: Entry, stream: Stream): OutputTarget | undefined =>
  stream === "output" ? settings?.output : settings?.["error-output"] ?? settings?.output

/** A logger, under the name of its entry. */
export type LoggerEntry = Entry & { readonly logs: Stream }

/** Whether these are errors that go into the pipe of the rest, to the one logger of both. */
const isShared = ({ settings }: Entry, stream: Stream): boolean => {
  const [rest, errors] = [settings?.output, settings?.["error-output"]]
  return stream === "error-output" && rest?._tag === "Pipe" && errors?._tag === "Pipe" &&
    rest.command === errors.command
}

/**
 * The loggers of an entry, as entries that read what it writes: each runs as long as the entry is supervised, under the
 * entry's name and with its settings.
 */
export const of = (entry: Entry): ReadonlyArray<LoggerEntry> =>
  streams.flatMap((stream) => {
    const target = entry.settings?.[stream]
    return target?._tag === "Pipe" && !isShared(entry, stream)
      ? [{ ...entry, mode: "respawn", command: target.command, logs: stream }]
      : []
  })
