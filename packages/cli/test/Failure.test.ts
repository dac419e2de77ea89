import {
  CheckFailed,
  EndsWith,
  NoAnswer,
  NotWritten,
  UnknownScope,
  UsageError
} from "@clinit/cli/CommandError"
import * as Failure from "@clinit/cli/Failure"
import { CltabUnreadable } from "@clinit/core/CltabSource"
import { LedgerRefused } from "@clinit/core/LedgerStore"
import { ContainmentUnavailable } from "@clinit/core/Machine"
import { LockRefused } from "@clinit/core/Premises"
import { SocketRefused } from "@clinit/core/SocketRefused"
import { ConnectionLost, NoDaemon, ProtocolError } from "@clinit/protocol/ClinitClient"
import {
  AmbiguousName,
  EntryOff,
  InvalidCltab,
  NeverTold,
  NoEnvironment,
  NotRunning,
  ShuttingDown,
  Superseded,
  UnknownEntry,
  UnknownGroup,
  UnknownSignal
} from "@clinit/protocol/ClinitRpcs"
import { GroupName, Level } from "@clinit/protocol/Names"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as Exit from "effect/Exit"

const reason = "because"
const group = GroupName.make("g")
const level = Level.make("1")

/** One of each: the type leaves none out. */
const examples: {
  readonly [Tag in Failure.Failure["_tag"]]: readonly [Failure.Failure & { _tag: Tag }, number]
} = {
  UnknownGroup: [new UnknownGroup({ group }), 1],
  NoEnvironment: [new NoEnvironment({ name: "g/a", reason }), 1],
  NeverTold: [new NeverTold({ group }), 1],
  UnknownEntry: [new UnknownEntry({ name: "g/a" }), 1],
  AmbiguousName: [new AmbiguousName({ name: "g/a", meanings: [] }), 1],
  ShuttingDown: [new ShuttingDown(), 1],
  Superseded: [new Superseded({ group, level }), 1],
  EntryOff: [new EntryOff({ name: "g/a" }), 1],
  NotRunning: [new NotRunning({ name: "g/a" }), 1],
  UnknownSignal: [new UnknownSignal({ signal: "HOP" }), 1],
  NotWritten: [new NotWritten({ file: "f", reason }), 1],
  UnknownScope: [new UnknownScope({ file: "f", scope: "g", lines: [] }), 1],
  LockRefused: [new LockRefused({ file: "f", reason }), 1],
  LedgerRefused: [new LedgerRefused({ file: "f", reason }), 1],
  ContainmentUnavailable: [new ContainmentUnavailable({ containment: "cgroup", reason }), 1],
  SocketRefused: [new SocketRefused({ socket: "s", reason }), 1],
  NoDaemon: [new NoDaemon({ socket: "s", reason }), 3],
  NoAnswer: [new NoAnswer({ socket: "s", seconds: 1 }), 3],
  ConnectionLost: [new ConnectionLost({ reason }), 3],
  ProtocolError: [new ProtocolError({ reason }), 3],
  InvalidCltab: [new InvalidCltab({ file: "f", diagnostics: [] }), 4],
  EndsWith: [new EndsWith({ code: 143 }), 143],
  CheckFailed: [new CheckFailed({ file: "f" }), 4],
  CltabUnreadable: [new CltabUnreadable({ file: "f", reason, isMissing: false }), 4],
  UsageError: [new UsageError({ reason }), 2],
  ShowHelp: [new CliError.ShowHelp({ commandPath: ["clinit"], errors: [] }), 2],
  UnrecognizedOption: [new CliError.UnrecognizedOption({ option: "-x", suggestions: [] }), 2],
  DuplicateOption: [new CliError.DuplicateOption({ option: "x", parentCommand: "a", childCommand: "b" }), 2],
  MissingOption: [new CliError.MissingOption({ option: "x" }), 2],
  MissingArgument: [new CliError.MissingArgument({ argument: "x" }), 2],
  UnexpectedArgument: [new CliError.UnexpectedArgument({ arguments: ["x"] }), 2],
  InvalidValue: [new CliError.InvalidValue({ option: "x", value: "y", expected: "z", kind: "flag" }), 2],
  UnknownSubcommand: [new CliError.UnknownSubcommand({ subcommand: "x", suggestions: [] }), 2],
  ValidationError: [new CliError.ValidationError({ message: "x" }), 2],
  UserError: [new CliError.UserError({ cause: new Error("x") }), 2]
}

describe("the exit code is", () => {
  for (const [failure, code] of Object.values(examples)) {
    it(`${code} for ${failure._tag}`, () => {
      expect(Failure.exitCode(Exit.fail(failure))).toBe(code)
    })
  }

  it("0 for success", () => {
    expect(Failure.exitCode(Exit.void)).toBe(0)
  })

  it("70 for a defect or an interruption", () => {
    expect(Failure.exitCode(Exit.die(new Error("bug")))).toBe(70)
    expect(Failure.exitCode(Exit.interrupt(1))).toBe(70)
  })

  it("the failure's if there is a defect beside it", () => {
    const both = Cause.combine(Cause.die("bug"), Cause.fail(examples.NoDaemon[0]))
    expect(Failure.exitCode(Exit.failCause(both))).toBe(3)
  })
})
