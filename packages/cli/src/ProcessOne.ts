import * as Effect from "effect/Effect"
import { accessSync, constants } from "node:fs"

/** Tells the daemon which process it is the child of, and whether it is started again; the shell below sets it. */
const variable = "CLINIT_PROCESS_1"

const shell = "/bin/sh"

/**
 * What process 1 of a container runs: a shell reaps every process that is left to it, which Node cannot. It starts the
 * daemon as its child, hands on TERM, INT and HUP once the daemon can be asked (USR2), and exits as the daemon does. A
 * daemon that was killed, which says nothing before its end (USR1), is started again and goes on with what it finds.
 */
const script = `
exec 3<&0
asked= ready= over=
pass() { [ -z "$ready" ] || kill -s "$1" "$daemon" 2> /dev/null; }
trap 'asked=TERM; pass TERM' TERM
trap 'asked=INT; pass INT' INT
trap 'pass HUP' HUP
trap 'ready=yes; [ -z "$asked" ] || pass "$asked"' USR2
trap 'over=yes' USR1
export ${variable}=$$
while :; do
  "$@" <&3 3<&- &
  daemon=$!
  code=129
  while [ "$code" -gt 128 ]; do
    wait "$daemon"
    code=$?
    kill -0 "$daemon" 2> /dev/null || break
  done
  wait "$daemon" 2> /dev/null
  again=$?
  [ "$again" -eq 127 ] || code=$again
  ready=
  export ${variable}="$$ again"
  if [ -n "$over" ] || [ "$code" -le 128 ]; then exit "$code"; fi
  echo "clinit: the daemon was killed (status $code) and is started again" >&2
  sleep 1
done
`

const hasShell = (): boolean => {
  try {
    accessSync(shell, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * Process 1 becomes a shell that runs this command line again as its child: it does not come back from here. For any
 * other process nothing happens.
 */
export const delegate: Effect.Effect<void> = Effect.suspend(() => {
  if (process.pid !== 1) return Effect.void
  if (!hasShell()) return Effect.logWarning(`there is no ${shell}: nobody reaps what is left to process 1`)
  const self = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  return Effect.sync(() => process.execve!(shell, [shell, "-c", script, "clinit", ...self], process.env))
})

/** What a daemon says to the shell that is process 1, if it is its child. */
export interface Superior {
  /** From now on signals are heeded. */
  readonly ready: Effect.Effect<void>
  /** Everything is over: the exit code that comes is meant, whatever it is. */
  readonly over: Effect.Effect<void>
  /** Whether this daemon was started again after one that was killed. */
  readonly isAgain: boolean
}

/** The process above, if it is such a shell. What is started from here does not hear of it. */
export const superior: Effect.Effect<Superior> = Effect.sync(() => {
  const [shell, again] = process.env[variable]?.split(" ") ?? []
  const isChild = process.ppid === 1 && shell === "1"
  delete process.env[variable]
  const say = (signal: NodeJS.Signals) =>
    Effect.sync(() => {
      if (isChild) process.kill(1, signal)
    })
  return { ready: say("SIGUSR2"), over: say("SIGUSR1"), isAgain: isChild && again !== undefined }
})
