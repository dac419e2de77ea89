import type { CltabUnreadable } from "@clinit/core/CltabSource"
import type { LedgerRefused } from "@clinit/core/LedgerStore"
import type { SocketRefused } from "@clinit/core/node/NodeSocketServer"
import type { ContainmentUnavailable } from "@clinit/core/node/NodeSpawner"
import type { LockRefused } from "@clinit/core/node/OwnerLock"
import type { CallError, NoDaemon } from "@clinit/protocol/ClinitClient"
import * as Cause from "effect/Cause"
import type * as CliError from "effect/cli/CliError"
import * as Exit from "effect/Exit"
import type {
  Answered,
  CheckFailed,
  LevelFailed,
  OrderFailed,
  UnknownScope,
  UsageError,
  WaitTimedOut
} from "./CommandError.ts"
import { defect, invalidCltab, noDaemon, refused, usage } from "./ExitCodes.ts"

export { defect, invalidCltab, noDaemon, refused, usage } from "./ExitCodes.ts"

/** Every way in which a command can fail. */
export type Failure =
  | CallError
  | NoDaemon
  | CltabUnreadable
  | LockRefused
  | LedgerRefused
  | ContainmentUnavailable
  | SocketRefused
  | Answered
  | CheckFailed
  | LevelFailed
  | OrderFailed
  | UnknownScope
  | UsageError
  | WaitTimedOut
  | CliError.CliError

const byTag: Readonly<Record<Exclude<Failure, Answered>["_tag"], number>> = {
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
  LevelFailed: refused,
  OrderFailed: refused,
  UnknownScope: refused,
  WaitTimedOut: refused,
  LockRefused: refused,
  LedgerRefused: refused,
  ContainmentUnavailable: refused,
  SocketRefused: refused,
  NoDaemon: noDaemon,
  ConnectionLost: noDaemon,
  ProtocolError: noDaemon,
  InvalidCltab: invalidCltab,
  CltabUnreadable: invalidCltab,
  CheckFailed: invalidCltab,
  UsageError: usage,
  ShowHelp: usage,
  UnrecognizedOption: usage,
  DuplicateOption: usage,
  MissingOption: usage,
  MissingArgument: usage,
  UnexpectedArgument: usage,
  InvalidValue: usage,
  UnknownSubcommand: usage,
  ValidationError: usage,
  UserError: usage
}

/** The exit code of a finished command; total. */
export const of = (exit: Exit.Exit<unknown, Failure>): number => {
  if (Exit.isSuccess(exit)) return 0
  const failure = exit.cause.reasons.find(Cause.isFailReason)
  if (failure === undefined) return defect
  return failure.error._tag === "Answered" ? failure.error.code : byTag[failure.error._tag]
}
