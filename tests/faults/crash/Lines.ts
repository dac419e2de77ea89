/** What a run wrote, and what of it is in the log. */
export interface RunLines {
  /** `PID-STARTTIME` of the writer. */
  readonly run: string
  /** The last line that it is known to have written. */
  readonly written: number
  /** The last line that is in the log. */
  readonly logged: number
  /** How many lines before that are not. */
  readonly gaps: number
}

const numbered = /^line (\d+-\d+) (\d+)$/

/**
 * The runs of a log, in the order of their first lines, and then those of which it has none. Fails if a line is there twice or
 * after one that was written later. What a killed logger has torn apart is passed over.
 */
export const runs = (log: string, wrote: string): ReadonlyArray<RunLines> => {
  const found = new Map<string, { logged: number; gaps: number }>()
  let latest: string | undefined
  for (const line of log.split("\n")) {
    const [, run, digits] = numbered.exec(line) ?? []
    if (run === undefined) continue
    const number = Number(digits)
    const before = found.get(run) ?? { logged: 0, gaps: 0 }
    if (found.has(run) && run !== latest) throw new Error(`"${line}" comes after lines of ${latest}`)
    if (number <= before.logged) throw new Error(`"${line}" comes after number ${before.logged}`)
    found.set(run, { logged: number, gaps: before.gaps + number - before.logged - 1 })
    latest = run
  }
  const written = new Map(
    wrote.split("\n").slice(0, -1).map((line) => line.split(" ")).map(([run, count]) => [run!, Number(count)])
  )
  return [...new Set([...found.keys(), ...written.keys()])].map((run) => ({
    run,
    written: written.get(run) ?? 0,
    ...found.get(run) ?? { logged: 0, gaps: 0 }
  }))
}
