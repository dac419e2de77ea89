import type { CltabUnreadable } from "@clinit/core/CltabSource"
import type { Ending } from "@clinit/core/ExitWith"
import type { LedgerRefused } from "@clinit/core/LedgerStore"
import type { ContainmentUnavailable } from "@clinit/core/Machine"
import type { LockRefused } from "@clinit/core/Premises"
import type { SocketRefused } from "@clinit/core/SocketRefused"
import type { CallError, NoDaemon } from "@clinit/protocol/ClinitClient"
import * as Cause from "effect/Cause"
import type * as CliError from "effect/cli/CliError"
import * as Exit from "effect/Exit"
import * as os from "node:os"
import type { CheckFailed, EndsWith, NoAnswer, NotWritten, UnknownScope, UsageError } from "./CommandError.ts"
import { defect, invalidCltab, noDaemon, ofRefusal, refused, usage } from "./ExitCode.ts"

/** Every way in which a command can fail. */
export type Failure =
  | CallError
  | NoDaemon
  | CltabUnreadable
  | LockRefused
  | LedgerRefused
  | ContainmentUnavailable
  | SocketRefused
  | CheckFailed
  | EndsWith
  | NoAnswer
  | NotWritten
  | UnknownScope
  | UsageError
  | CliError.CliError

const byTag: Readonly<Record<Exclude<Failure, EndsWith>["_tag"], number>> = {
  ...ofRefusal,
  NotWritten: refused,
  UnknownScope: refused,
  LockRefused: refused,
  LedgerRefused: refused,
  ContainmentUnavailable: refused,
  SocketRefused: refused,
  NoDaemon: noDaemon,
  ConnectionLost: noDaemon,
  NoAnswer: noDaemon,
  ProtocolError: noDaemon,
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
export const exitCode = (exit: Exit.Exit<unknown, Failure>): number => {
  if (Exit.isSuccess(exit)) return 0
  const failure = exit.cause.reasons.find(Cause.isFailReason)
  if (failure === undefined) return defect
  return failure.error._tag === "EndsWith" ? failure.error.code : byTag[failure.error._tag]
}

const ofEnd = ({ culprit }: Ending): number => {
  switch (culprit?.end._tag) {
    case undefined:
      return 0
    case "Exited":
      return culprit.end.code
    case "Signaled":
      return 128 + (os.constants.signals[culprit.end.signal as NodeJS.Signals] ?? 0)
    case "NotSpawned":
      return 126
    case "TimedOut":
      return 124
    case "Unknown":
      return refused
  }
}

/**
 * What the daemon exits with for `--exit-with`: as shells and timeout(1) have it, the exit code, 128 and the signal, 124
 * for a timeout and 126 for what could not be started; 1 if nobody saw it. What has failed is never 0.
 */
export const exitCodeOfEnding = (ending: Ending): number => ofEnd(ending) || (ending.failed ? refused : 0)
