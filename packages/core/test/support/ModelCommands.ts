import type { Script } from "@clinit/core/testing/ScriptedSpawner"
import type { Mode } from "@clinit/protocol/Names"

/**
 * What commands do. Every run of a command does the same, so that the outcome of a level can be told from its entries,
 * however often a crash makes them run.
 */
export const commands = {
  plain: {},
  late: { dies: 700 },
  stubborn: { ignores: ["SIGINT"], dies: 1_000 },
  deaf: { ignores: ["SIGINT", "SIGTERM"], dies: 300 },
  /** Hangs in the kernel: nothing that is sent to it ends it. */
  hung: { ignores: ["SIGINT", "SIGTERM", "SIGKILL"], runs: 55_000 },
  tree: { survivors: 8_000 },
  slow: { forks: 500 },
  slowLate: { forks: 2_000, dies: 2_500 },
  instant: { runs: 0 },
  brief: { runs: 200 },
  mortal: { runs: 20_000, survivors: 6_000 },
  job: { runs: 2_000 },
  jobThatFails: { runs: 1_000, exits: 3 },
  jobThatCrashes: { runs: 1_500, dieOf: "SIGQUIT" },
  jobWithDaemon: { runs: 3_000, survivors: 25_000 },
  jobThatForksSlowly: { forks: 300, runs: 1_000 },
  jobThatIsStubborn: { runs: 9_000, ignores: ["SIGINT"], survivors: 1_000 },
  refused: { refused: "EAGAIN" },
  // Loggers.
  reader: {},
  slowReader: { dies: 4_000 },
  deafReader: { deaf: true, dies: 200 },
  mortalReader: { runs: 7_000, dies: 1_000, survivors: 3_000 }
} as const satisfies Record<string, Script & Times>

/** Times are milliseconds here, to be counted with. */
interface Times {
  readonly forks?: number
  readonly runs?: number
  readonly dies?: number
  readonly survivors?: number
}

export type Command = keyof typeof commands

export const scriptOf = (command: string): Script & Times => commands[command as Command]

const jobs: ReadonlyArray<Command> = [
  "instant",
  "brief",
  "job",
  "jobThatFails",
  "jobThatCrashes",
  "jobWithDaemon",
  "jobThatForksSlowly",
  "jobThatIsStubborn",
  "hung",
  "refused"
]
const services: ReadonlyArray<Command> = [
  "plain",
  "plain",
  "late",
  "stubborn",
  "deaf",
  "tree",
  "slow",
  "slowLate"
]

/** The commands that make sense in a mode: a level must not wait for ever. */
export const fitting: Readonly<Record<Mode, ReadonlyArray<Command>>> = {
  wait: jobs,
  test: jobs,
  once: [...services, ...jobs],
  respawn: [...services, "brief", "mortal", "hung", "instant", "refused"],
  off: services
}
