/** Shell for entries that behave badly. Each appends `up` to the file `up` when it is so far. */

/** Runs until it is killed, whatever it is told: what is ignored stays ignored behind `exec`. */
export const deaf = "trap '' INT TERM; echo up >> up; exec sleep 1000"

/**
 * A daemon in the way of daemons: a new session, and the process that called for it ends, so that it is nobody's child.
 * What a shell puts into the background ignores INT. Its pid is in `pids`, a line each.
 */
export const daemonised = (program: string, prefix = "") =>
  `${prefix} setsid sh -c '${program} & echo $! >> pids' < /dev/null`

/** Keeps what the tests know their processes by, and wipes out everything else. */
export const wiped = "env -i PATH=\"$PATH\" CLINIT_TEST=\"$CLINIT_TEST\""

/**
 * Lives for a moment, in which it starts its successor: nobody who looks at it and then signals it finds it there. It
 * ends by itself after so many generations.
 */
export const comet = (generations: number) =>
  "trap '' INT TERM; comet() { sleep 0.1; [ $1 -le 0 ] || comet $(($1 - 1)) & }; " +
  `comet ${generations}; comet ${generations}; echo up >> up; exec sleep 1000`
