import type { Refusal } from "@clinit/protocol/node/PromiseClient"

// Numbers alone, without the failures that they stand for: all that the quick way of the commands needs.

/** What the exit codes mean; 0 is success, 70 (EX_SOFTWARE of sysexits.h) a defect of clinit itself. */
export const refused = 1
export const usage = 2
export const noDaemon = 3
export const invalidCltab = 4
export const defect = 70

/** What a call can be refused with. */
export const ofRefusal: Readonly<Record<Refusal["_tag"], number>> = {
  UnknownGroup: refused,
  NeverTold: refused,
  EntryOff: refused,
  NotRunning: refused,
  UnknownSignal: refused,
  NoEnvironment: refused,
  UnknownEntry: refused,
  AmbiguousName: refused,
  ShuttingDown: refused,
  Superseded: refused,
  InvalidCltab: invalidCltab
}
