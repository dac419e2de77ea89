import * as ControlGroup from "./ControlGroup.ts"
import type { Parked } from "./ForkerMessages.ts"
import type { ForkerProcess } from "./ForkerProcess.ts"
import type { Forkers } from "./Forkers.ts"
import * as ParkedShell from "./ParkedShell.ts"

/**
 * How many shells wait. So often the default throttle lets an entry die as soon as it is there, and as many entries may die at
 * once, without a move between control groups.
 */
const most = 5

/** Starts have come to rest when there was none for so long. */
const restMillis = 30

/** A shell that waits in a control group of its own for what it is to be. */
export interface Shell extends Pick<Parked, "pid" | "startTime"> {
  readonly number: number
  readonly directory: string
  readonly forker: ForkerProcess
}

export interface Parking {
  /** A shell that waits, if there is one: it has to be told, and no longer counts as one that waits. */
  readonly take: () => Shell | undefined
  /** A shell that was taken has come to nothing. */
  readonly wasLost: (shell: Shell) => void
  /** Notes that something was started: when that has come to rest the shells are made that are missing. */
  readonly stir: () => void
  readonly close: () => void
}

/** No shells are kept: a start needs no control group. */
export const none: Parking = { take: () => undefined, wasLost: () => {}, stir: () => {}, close: () => {} }

export interface Spares {
  /** A directory for a shell, which whoever forks makes. */
  readonly spare: () => string
  /** Nobody is there who needs it. */
  readonly unspare: (directory: string) => void
}

export const make = (forkers: Forkers, { spare, unspare }: Spares): Parking => {
  const waiting: Array<Shell> = []
  let coming = 0
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  const park = () => {
    const forker = isClosed ? undefined : forkers.ready()
    if (forker === undefined || waiting.length + coming >= most) return
    const directory = spare()
    let shell: Shell | undefined
    coming++
    const script = ParkedShell.scriptBehind(ControlGroup.entrance(directory))
    forker.park({ script, cgroup: directory }, {
      parked: ({ parked: number, pid, startTime }) => {
        coming--
        shell = { number, pid, ...(startTime === undefined ? {} : { startTime }), directory, forker }
        waiting.push(shell)
        park()
      },
      ended: () => {
        if (shell === undefined) coming--
        else if (waiting.includes(shell)) waiting.splice(waiting.indexOf(shell), 1)
        unspare(directory)
      }
    })
  }

  return {
    take: () => waiting.shift(),
    wasLost: ({ directory }) => unspare(directory),
    stir: () => {
      if (timer === undefined) timer = setTimeout(park, restMillis)
      else timer.refresh()
    },
    close: () => {
      isClosed = true
      clearTimeout(timer)
    }
  }
}
