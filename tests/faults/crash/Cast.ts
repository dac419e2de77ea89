import * as os from "node:os"
import * as Proc from "../../../packages/cli/test/support/Proc.ts"
import type { Plot } from "./Worker.ts"
import * as Worker from "./Worker.ts"

/** An entry of the crash test's cltab. Levels are single characters. */
export interface Entry {
  readonly group: string
  readonly tag: string
  readonly levels: string
  readonly mode: "respawn" | "once" | "wait" | "test" | "off"
  readonly plot: Plot
  /** Another version is another command or, of an entry with settings, another environment. */
  readonly version: number
  /** Its settings, each as `NAME:VALUE`; there, `{directory}` is that of the test and `{tag}` its own. */
  readonly settings?: ReadonlyArray<string>
  /** How often it was changed in how it is stopped, which leaves what runs alone. */
  readonly patience?: number
  /** What comes of it, if it is something else than its plot. */
  readonly fate?: "timed out" | "given up"
}

/** The levels that groups are told to go to; no entry has the last one. */
export const levels = ["1", "2", "3", "0"]

const stay = (stopMillis: number): Plot => ({ _tag: "stay", stopMillis })
const plain: Plot = { _tag: "plain" }
const brief = (millis: number, code = 0): Plot => ({ _tag: "brief", millis, code })

const talk: Plot = { _tag: "talk" }
const chat: Plot = { _tag: "chat", lines: 40 }
const deaf: Plot = { _tag: "deaf" }
const obey: Plot = { _tag: "obey" }

/** A pipe to a logger, which has the entry's settings. */
const piped = `output:pipe:${Worker.logger("{tag}")}`
const filed = "output:file:{directory}/logs/{tag}"

const isRoot = process.geteuid?.() === 0

/** A process that only a chain of programs can set up, and that looks whether all of it was done. */
const setUp = (niceness: number, files: number, umask: string): ReadonlyArray<string> => [
  ...(isRoot ? ["user:nobody"] : []),
  `nice:${os.getPriority() + niceness}`,
  `limit.nofile:${files}`,
  `umask:${umask}`,
  `env.${Worker.setUpName}:${isRoot ? "nobody" : os.userInfo().username} ${
    os.getPriority() + niceness
  } ${files} ${umask}`
]

const throttle = (pause: string, ...others: ReadonlyArray<string>): ReadonlyArray<string> => [
  "respawn.window:1min",
  "respawn.hits:0",
  `respawn.pause:${pause}`,
  ...others
]

type Role = readonly [
  levels: string,
  Entry["mode"],
  Plot,
  settings?: ReadonlyArray<string>,
  fate?: Entry["fate"]
]

/** The entries at the beginning. With `leaves` some processes leave their session, so that only marks find them. */
export const entries = (leaves: boolean): ReadonlyArray<Entry> => {
  const family: Plot = { _tag: "family", leaves }
  const groups: Record<string, ReadonlyArray<Role>> = {
    web: [
      ["123", "wait", brief(60)],
      ["12", "respawn", stay(150)],
      ["1", "respawn", family],
      ["23", "respawn", brief(1_300)],
      ["12", "once", plain],
      ["3", "off", plain]
    ],
    data: [
      ["12", "respawn", stay(300)],
      ["123", "respawn", family],
      ["2", "wait", brief(200)],
      ["13", "test", brief(30)],
      ["2", "once", stay(200)]
    ],
    probe: [["123", "test", brief(20)], ["1", "test", brief(100)], ["2", "test", brief(40, 3)], [
      "23",
      "test",
      brief(10)
    ]],
    batch: [
      ["12", "once", brief(20)],
      ["1", "once", brief(700)],
      ["123", "wait", brief(120, 1)],
      ["123", "respawn", plain],
      ["23", "respawn", brief(2_100, 1)]
    ],
    mail: [
      ["1", "respawn", plain],
      ["2", "respawn", plain],
      ["12", "respawn", family],
      ["123", "respawn", stay(50)],
      ["3", "once", plain]
    ],
    misc: [
      ["13", "respawn", stay(250)],
      ["12", "wait", brief(30)],
      ["123", "once", stay(100)],
      ["2", "test", brief(50, 1)],
      ["123", "respawn", brief(1_700)]
    ],
    tuned: [
      ["12", "respawn", stay(150), setUp(5, 256, "0027")],
      ["123", "respawn", plain, [...setUp(3, 300, "0022"), "env:clean", `env.${Proc.markName}:{directory}`]],
      ["13", "wait", brief(80), setUp(1, 400, "0077")],
      ["23", "test", brief(40), setUp(2, 512, "0022")],
      ["12", "once", plain, setUp(0, 128, "0002")],
      ["2", "respawn", family, setUp(7, 1_024, "0022")]
    ],
    logs: [
      ["123", "respawn", talk, [piped]],
      ["12", "respawn", talk, [piped, ...setUp(2, 256, "0022")]],
      ["13", "respawn", talk, [filed]],
      ["2", "respawn", talk, [filed, ...setUp(1, 256, "0022")]],
      ["23", "wait", chat, [piped]],
      ["12", "once", talk, [piped, "stop:TERM 500ms, KILL"]],
      ["1", "respawn", talk, [piped, "error-output:null"]]
    ],
    bounds: [
      ["12", "wait", plain, ["timeout:200ms"], "timed out"],
      ["3", "test", deaf, ["timeout:150ms", "stop:TERM 100ms, KILL"], "timed out"],
      ["1", "respawn", brief(10, 1), throttle("50ms", "respawn.give-up:3"), "given up"],
      ["23", "respawn", brief(30, 1), throttle("100ms", "respawn.factor:2", "respawn.cap:400ms")],
      ["12", "respawn", deaf, ["stop:INT 100ms, TERM 100ms, KILL 1s"]],
      ["123", "respawn", obey, [`stop:INT 50ms, "${Worker.goCommand}" 20s, KILL`]],
      ["2", "respawn", obey, [`stop:"${Worker.goCommand}" 20s, KILL`, ...setUp(4, 256, "0022")]]
    ]
  }
  return Object.entries(groups).flatMap(([group, roles]) =>
    roles.map(([levels, mode, plot, settings, fate], index): Entry => ({
      group,
      tag: `${group}${index}`,
      levels,
      mode,
      plot,
      version: 0,
      ...(settings && { settings, patience: 0 }),
      ...(fate && { fate })
    }))
  )
}

/** The lines of the cltab. */
export const lines = (entry: Entry, directory: string): ReadonlyArray<string> => {
  const { group, levels, mode, patience, plot, settings, tag, version } = entry
  const identity = `${tag}@${version}`
  const command = Worker.command(tag, plot)
  const line = (command: string) => [group, tag, levels, mode, command].join(":")
  if (settings === undefined) return [line(`${Worker.entryName}=${identity} ${command}`)]
  const own = [
    ...settings,
    `env.${Worker.entryName}:${identity}`,
    // Nobody lets it come to that: it is the last resort that differs.
    ...(patience === 0 || !isAdjustable(entry) ? [] : [`stop:INT 5s, TERM ${10 + patience!}s, KILL`])
  ]
  const inTest = (text: string) => text.replaceAll("{directory}", directory).replaceAll("{tag}", tag)
  return [line(command), ...own.map((setting) => `:::${group}/${tag}/${inTest(setting)}`)]
}

/** Whether it can be changed in how it is stopped. */
export const isAdjustable = ({ settings = [] }: Entry): boolean =>
  settings.length > 0 && settings.every((setting) => !setting.startsWith("stop:"))

/** Whether it runs until it is stopped. */
export const isLasting = ({ fate, plot }: Entry): boolean =>
  fate === undefined && plot._tag !== "brief" && plot._tag !== "chat"

/** Whether it has a logger. */
export const isLogged = ({ settings = [] }: Entry): boolean => settings.includes(piped)

/** How many processes it has beside its first. */
export const companions = ({ plot }: Entry): number => plot._tag === "family" ? 2 : 0

export const tags = (entries: ReadonlyArray<Entry>): ReadonlyArray<string> => entries.map(({ tag }) => tag)
