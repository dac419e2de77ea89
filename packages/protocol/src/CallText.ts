// Apart from the errors of `ClinitClient.ts`: who asks without Effect says the same words.

/** Nobody answers at the socket's path. */
export const noDaemon = (socket: string, reason: string): string => `no daemon at ${socket}: ${reason}`

/** The daemon went away before it answered. */
export const connectionLost = (reason: string): string => `the daemon went away before it answered: ${reason}`
