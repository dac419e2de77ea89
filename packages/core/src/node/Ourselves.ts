/** The processes of the supervisor: whatever tree they are in, it is not stopped by stopping them. */
export const pids: Set<number> = new Set([1, process.pid])
