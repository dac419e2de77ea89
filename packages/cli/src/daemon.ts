import type { DaemonStart } from "./commands/Daemon.ts"
import { daemon } from "./commands/Daemon.ts"
import * as Ending from "./Ending.ts"

/** Runs the daemon, without what parses every command line, and ends the process. */
export const run = (start: DaemonStart): void => Ending.endWith(daemon(start))
