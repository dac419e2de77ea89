import * as fs from "node:fs"
import * as path from "node:path"

/**
 * What an entry does.
 *
 * - `stay`: until it is stopped, which takes it some time
 * - `plain`: until it is stopped, which ends it at once
 * - `family`: as `plain`, with two processes beside it, one in a session of its own where the containment can hold it
 * - `brief`: for some time, then it exits
 * - `talk`: writes numbered lines until it is stopped, whether somebody reads them or not
 * - `chat`: writes so many numbered lines, then it exits
 * - `deaf`: until it is killed
 * - `obey`: until the command of its stop schedule tells it to go; signals that can be caught do not
 */
export type Plot =
  | { readonly _tag: "stay"; readonly stopMillis: number }
  | { readonly _tag: "plain" }
  | { readonly _tag: "family"; readonly leaves: boolean }
  | { readonly _tag: "brief"; readonly millis: number; readonly code: number }
  | { readonly _tag: "talk" }
  | { readonly _tag: "chat"; readonly lines: number }
  | { readonly _tag: "deaf" }
  | { readonly _tag: "obey" }

/** The environment variables that tell from the outside whose process it is. */
export const entryName = "CRASH_ENTRY"
export const roleName = "CRASH_ROLE"

/** The environment variable that says as what the process has to find itself: user, niceness, open files, umask. */
export const setUpName = "CRASH_SETUP"

/** The step of a stop schedule that makes an `obey` go. */
export const goCommand = "echo go > orders/$CLINIT_PID"

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
if [ -n "$CRASH_SETUP" ]; then
  is="$(id -un) $(nice) $(ulimit -n) $(umask)"
  [ "$is" = "$CRASH_SETUP" ] || echo "$tag $$ is $is and not $CRASH_SETUP" >> misfits
fi
read -r stat < "/proc/$$/stat"
set -- $\{stat##*) } "$3" "$4"
shift 19
echo "$$ $1" >> "starts/$tag"
run=$$-$1 number=0
say() {
  number=$((number + 1))
  # The number is taken once somebody holds the pipe: without a reader a write fails.
  until echo "line $run $number" 2> /dev/null; do sleep 0.1; done
}
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
  talk)
    trap '' PIPE
    trap 'exit 0' INT TERM
    while :; do
      say; say; say; say; say
      echo "$run $number" >> "wrote/$tag"
      sleep 0.1
    done ;;
  chat)
    trap '' PIPE
    while [ $number -lt "$1" ]; do say; done
    echo "$run $number" >> "wrote/$tag" ;;
  deaf)
    trap '' INT TERM
    exec sleep 100000 ;;
  obey)
    trap '' INT TERM
    until [ -e "orders/$$" ]; do sleep 0.05; done
    rm "orders/$$" ;;
esac
`

/** Reads by the line, and nothing beyond it: if it is killed, one line at most is in its hands. */
const loggerScript = `#!/bin/sh
# logger.sh TAG: run by the loggers of the crash test
exec 9>> "locks/$1.logger"
flock -n 9 || echo "logger of $1: $$" >> duplicates
while read -r line; do echo "$line" >> "logs/$1"; done
`

export const fileIn = (directory: string): string => path.join(directory, "worker.sh")

/** The command of a logger. */
export const logger = (tag: string): string => `${roleName}=logger ./logger.sh ${tag}`

/** Puts the worker and what it writes to, whoever it runs as, into the directory. */
export const install = (directory: string, tags: ReadonlyArray<string>): void => {
  fs.chmodSync(directory, 0o755)
  fs.writeFileSync(fileIn(directory), script, { mode: 0o755 })
  fs.writeFileSync(path.join(directory, "logger.sh"), loggerScript, { mode: 0o755 })
  const touch = (file: string) => {
    fs.writeFileSync(path.join(directory, file), "")
    fs.chmodSync(path.join(directory, file), 0o666)
  }
  for (const name of ["locks", "starts", "wrote", "logs", "orders"]) {
    fs.mkdirSync(path.join(directory, name))
    fs.chmodSync(path.join(directory, name), 0o777)
    if (name !== "orders") { for (const tag of tags) touch(path.join(name, tag)) }
  }
  for (const tag of tags) touch(path.join("locks", `${tag}.logger`))
  for (const file of ["duplicates", "misfits"]) touch(file)
}

const argumentsOf = (plot: Plot): ReadonlyArray<string> => {
  switch (plot._tag) {
    case "stay":
      return [String(plot.stopMillis / 1_000), "-"]
    case "family":
      return [plot.leaves ? "leaves" : "stays", "-"]
    case "brief":
      return [String(plot.millis / 1_000), String(plot.code)]
    case "chat":
      return [String(plot.lines), "-"]
    default:
      return ["-", "-"]
  }
}

/** The command of an entry; whose process it is has to be in its environment. */
export const command = (tag: string, plot: Plot): string =>
  ["./worker.sh", tag, plot._tag, ...argumentsOf(plot)].join(" ")
