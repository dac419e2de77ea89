import { readdirSync, readFileSync } from "node:fs"

/** The cheap way, where there is Perl. */
const perl = (count: number) =>
  `perl -e 'for (1..${count}) { fork or exit } open F, ">", "up"; close F; sleep 1000'`

/**
 * Shell that starts so many processes and becomes one that never waits for them. They end at once, or when `bell` is
 * rung: that is a FIFO, which each of them waits to be opened. When all are started there is a file `up`.
 */
export const careless = (count: number) =>
  `[ -p bell ] || mkfifo bell; command -v perl > /dev/null && exec ${perl(count)}; ` +
  `i=0; while [ $i -lt ${count} ]; do (read x < bell) & i=$((i+1)); done; : > up; exec sleep 1000`

/** How many children of the process only wait to be waited for. */
export const count = (parent: number): number =>
  readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1")
      const [state, ppid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
      return state === "Z" && Number(ppid) === parent
    } catch {
      return false // it is gone
    }
  }).length
