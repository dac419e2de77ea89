import { Code } from "./JsonRpcCode.ts"

// Without Effect: a watch without it decides by this, too.

/** How long after a loss the first attempt is made, in milliseconds. */
export const firstMillis = 50

/** Each attempt waits this many times as long as the one before, up to `mostMillis`. */
export const factor = 2
export const mostMillis = 2_000

/** How long the attempt after so many that failed waits, in milliseconds. */
export const delayMillis = (failed: number): number => Math.min(mostMillis, firstMillis * factor ** failed)

/** What the failure of a watch says of itself. */
interface Failure {
  readonly _tag: string
  readonly code?: number | undefined
}

/** Whether the same may work a moment later: the daemon is not there, went away, or has too many clients. */
export const mayPass = ({ _tag, code }: Failure): boolean =>
  _tag === "NoDaemon" || _tag === "ConnectionLost" || (_tag === "ProtocolError" && code === Code.busy)
