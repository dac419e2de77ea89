import * as fs from "node:fs"
import * as path from "node:path"

/**
 * What an entry does.
 *
 * - `stay`: until it is stopped, which takes it some time
 * - `plain`: until it is stopped, which ends it at once
 * - `family`: as `plain`, with two processes beside it, one in a session of its own where the containment can hold it
 * - `brief`: for some time, then it exits
 */
export type Plot =
  | { readonly _tag: "stay"; readonly stopMillis: number }
  | { readonly _tag: "plain" }
  | { readonly _tag: "family"; readonly leaves: boolean }
  | { readonly _tag: "brief"; readonly millis: number; readonly code: number }

/** The environment variables that tell from the outside whose process it is. */
export const entryName = "CRASH_ENTRY"
export const roleName = "CRASH_ROLE"

/**
 * Each start is written down with pid and start time, and takes a lock that all of its processes inherit: the kernel
 * itself tells if ever there are two of an entry at a time.
 *
 * Shells have what they start in the background ignore INT; `env` undoes that.
 */
const script = `#!/bin/sh
# worker.sh TAG PLOT ARGUMENTS: run by the entries of the crash test
tag=$1 plot=$2
exec 9>> "locks/$tag"
flock -n 9 || echo "$tag $$" >> duplicates
read -r stat < "/proc/$$/stat"
set -- $\{stat##*) } "$3" "$4"
shift 19
echo "$$ $1" >> "starts/$tag"
shift $(($# - 2))
case $plot in
  plain) exec sleep 100000 ;;
  stay)
    trap 'sleep "$1"; kill $! 2> /dev/null; exit 0' INT TERM
    env --default-signal=INT sleep 100000 &
    wait ;;
  family)
    export CRASH_ROLE=child
    env --default-signal=INT sleep 100000 &
    if [ "$1" = leaves ]; then setsid -f sleep 100000
    else env --default-signal=INT sleep 100000 &
    fi
    unset CRASH_ROLE
    exec sleep 100000 ;;
  brief) sleep "$1"; exit "$2" ;;
esac
`

export const fileIn = (directory: string): string => path.join(directory, "worker.sh")

/** Puts the worker and what it writes to into the directory. */
export const install = (directory: string): void => {
  fs.writeFileSync(fileIn(directory), script, { mode: 0o755 })
  for (const name of ["locks", "starts"]) fs.mkdirSync(path.join(directory, name))
}

const argumentsOf = (plot: Plot): ReadonlyArray<string> => {
  switch (plot._tag) {
    case "stay":
      return [String(plot.stopMillis / 1_000), "-"]
    case "plain":
      return ["-", "-"]
    case "family":
      return [plot.leaves ? "leaves" : "stays", "-"]
    case "brief":
      return [String(plot.millis / 1_000), String(plot.code)]
  }
}

/** The command of an entry: another version is another command that does the same. */
export const command = (tag: string, version: number, plot: Plot): string =>
  [`${entryName}=${tag}@${version}`, "./worker.sh", tag, plot._tag, ...argumentsOf(plot)].join(" ")
