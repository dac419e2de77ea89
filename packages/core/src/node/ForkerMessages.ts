import type { Words } from "../ShellCommand.ts"

// What a supervisor and its forker tell each other: one JSON value a line, each way.

/** The first line that a forker reads. */
export interface Premises {
  /** The pid of the supervisor: nothing is started once that is not the forker's parent any more. */
  readonly supervisor: number
  /** What processes are started with if their order has no environment of its own. */
  readonly environment: NodeJS.ProcessEnv
  /** The directory of the control group that both are in, if that is known. */
  readonly home?: string
}

/** A process to be started as the leader of a session. */
export interface Start {
  readonly id: number
  /** For `/bin/sh -c`. It moves to the control group by itself. */
  readonly script: string
  /** The program, and its arguments, that such a shell would become; that is to be started if it can be. */
  readonly program?: Words
  /** The value of the variable with its marks. */
  readonly marks: string
  /** The directory of a control group that has to be made before, with the one around it. */
  readonly cgroup?: string
  readonly environment?: NodeJS.ProcessEnv
  readonly directory?: string
  /** Which of the forker's descriptors its standard streams are to be; the same ones unless given. */
  readonly streams?: ReadonlyArray<number>
}

/** A shell that is to move into a control group of its own and wait there for what it is to be, whoever that will be. */
export interface Park {
  readonly park: number
  readonly script: string
  /** As that of a start. */
  readonly cgroup: string
}

/** What a parked shell is to carry out. From now on it is the process of a start with its number. */
export interface Begin {
  readonly begin: number
  readonly line: string
}

/** A question that is answered when every end has been told that came before it was read. */
export interface Ping {
  readonly ping: number
}

export type Order = Premises | Start | Park | Begin | Ping

/** The process exists. */
export interface Started {
  readonly id: number
  readonly pid: number
  /** Field 22 of its /proc/PID/stat, if that could be read. */
  readonly startTime?: string
}

/** The shell waits. Without one of these, that it has ended is all that is told of it. */
export interface Parked {
  readonly parked: number
  readonly pid: number
  readonly startTime?: string
}

/** It does not, and nothing of it is left. */
export interface Refused {
  readonly id: number
  readonly refused: string
}

/** The process has ended. */
export interface Ended {
  readonly id: number
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Pong {
  readonly ping: number
}

export type Report = Started | Parked | Refused | Ended | Pong
