import * as ProcessStat from "./ProcessStat.ts"
import type { Process } from "./ProcessTable.ts"

/** A leader that is not our child: nobody tells us of its death. */
export type Leader = Pick<Process, "pid" | "startTime">

/** Whether it still runs. What cannot be told counts as alive. */
export const isAlive = (leader: Leader): boolean => {
  try {
    const holder = ProcessStat.read(leader.pid)
    return holder !== undefined && holder.isAlive && ProcessStat.isSame(holder, leader)
  } catch {
    return true
  }
}

/** How often is looked whether they live. */
const pollMillis = 500

/** Looks after leaders, all at a time. */
export interface LeaderWatch {
  /** Calls back once, within half a second of the leader's death. */
  readonly watch: (leader: Leader, onDeath: () => void) => void
  /** Looks now: calls back for those that have died. */
  readonly look: () => void
  /** Calls nobody back any more. */
  readonly close: () => void
}

export const make = (): LeaderWatch => {
  const watched = new Map<Leader, () => void>()
  let timer: NodeJS.Timeout | undefined
  const close = () => {
    clearInterval(timer)
    timer = undefined
  }
  const look = () => {
    for (const [leader, onDeath] of watched) {
      if (isAlive(leader)) continue
      watched.delete(leader)
      onDeath()
    }
    if (watched.size === 0) close()
  }
  return {
    watch: (leader, onDeath) => {
      watched.set(leader, onDeath)
      timer ??= setInterval(look, pollMillis)
    },
    look,
    close: () => {
      watched.clear()
      close()
    }
  }
}
