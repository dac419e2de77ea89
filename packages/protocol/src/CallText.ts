// Apart from the errors of `ClinitClient.ts`: who asks without Effect says the same words.

/** Nobody answers at the socket's path. */
export const noDaemon = (socket: string, reason: string): string => `no daemon at ${socket}: ${reason}`

/** Somebody listens at the socket's path, and is stopped or too busy to answer. */
export const unanswered = (socket: string): string =>
  `the daemon at ${socket} does not answer, but is waited for (--timeout SECONDS gives up)`

/** It was not waited for any longer. Whether it took the request is not known. */
export const noAnswer = (socket: string, seconds: number): string =>
  `the daemon at ${socket} did not answer within ${seconds} s`

/** How long a daemon may be silent before that is said. */
export const patienceMillis = 3_000

/** The daemon went away while it was listened to. */
export const daemonGone = (reason: string): string => `the daemon went away: ${reason}`

/** The daemon went away before it answered. */
export const connectionLost = (reason: string): string => `the daemon went away before it answered: ${reason}`

/** The peer answered something that is not understood, or did not understand. */
export const misunderstood = (reason: string): string => `protocol error: ${reason}`
