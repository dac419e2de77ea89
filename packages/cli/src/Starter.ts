import * as DaemonPaths from "@clinit/core/DaemonPaths"

/** Where socket and status file shall be, beside the cltab; nothing for the daemon's own places. */
export type Places = Pick<DaemonPaths.DaemonPaths, "socket" | "clstat">

const isWritable = (value: string): boolean =>
  DaemonPaths.value.notEmpty.test(value) && DaemonPaths.value.withoutControl.test(value)

/** A cltab to begin with: it is in order, and a daemon on it runs. Places that no cltab can name are left out. */
export const text = (places: Places | undefined): string => {
  const { clstat, socket } = places && isWritable(places.socket) && isWritable(places.clstat)
    ? places
    : { socket: undefined, clstat: undefined }
  const line = (name: keyof Places, value: string | undefined) =>
    value === undefined ? `#:::${name}:${DaemonPaths.defaults[name]}` : `:::${name}:${value}`
  return `# A cltab: one application a line, as group:tag:levels:mode:command. cltab(5) describes all of it.
#
# An application runs while its group is at one of its levels: "clinit demo up" starts, in the order of the file, what
# has the level "up", and stops what has not. At a level that nobody has, say "off", nothing of the group runs.
# Behind a word of a list stands a comma: without any, each letter would be a level.

# Where the daemon has its socket and its status file.
${line("socket", socket)}
${line("clstat", clstat)}

# test: has to exit with 0, or the level has failed; what stands below it waits for it.
demo:ready:up,:test:true
# wait: what stands below it waits for it.
demo:prepare:up,:wait:echo prepared
# respawn: is started again whenever it ends.
demo:clock:up,talk,:respawn:while :; do date; sleep 60; done
# once: is started once each time that the group comes to the level.
demo:hello:talk,:once:echo hello
# off: never runs; what the line says is kept.
demo:later:up,:off:echo later

# Settings are for the whole file, a group, or an entry; the most specific line counts. "clinit settings" shows them.
#:::stop:INT 5s, TERM 10s, KILL
#:::demo/user:nobody
#:::demo/clock/env.TZ:UTC
`
}
