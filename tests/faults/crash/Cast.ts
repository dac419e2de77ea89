import type { Plot } from "./Worker.ts"
import * as Worker from "./Worker.ts"

/** An entry of the crash test's cltab. Levels are single characters. */
export interface Entry {
  readonly group: string
  readonly tag: string
  readonly levels: string
  readonly mode: "respawn" | "once" | "wait" | "test" | "off"
  readonly plot: Plot
  /** Another version is another command. */
  readonly version: number
}

/** The levels that groups are told to go to; no entry has the last one. */
export const levels = ["1", "2", "3", "0"]

const stay = (stopMillis: number): Plot => ({ _tag: "stay", stopMillis })
const plain: Plot = { _tag: "plain" }
const brief = (millis: number, code = 0): Plot => ({ _tag: "brief", millis, code })

/** The entries at the beginning. With `leaves` some processes leave their session, so that only marks find them. */
export const entries = (leaves: boolean): ReadonlyArray<Entry> => {
  const family: Plot = { _tag: "family", leaves }
  const groups: Record<string, ReadonlyArray<readonly [levels: string, Entry["mode"], Plot]>> = {
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
    ]
  }
  return Object.entries(groups).flatMap(([group, roles]) =>
    roles.map(([levels, mode, plot], index) => ({
      group,
      tag: `${group}${index}`,
      levels,
      mode,
      plot,
      version: 0
    }))
  )
}

/** The line of the cltab. */
export const line = ({ group, levels, mode, plot, tag, version }: Entry): string =>
  [group, tag, levels, mode, Worker.command(tag, version, plot)].join(":")

/** Whether it runs until it is stopped. */
export const isLasting = ({ plot }: Entry): boolean => plot._tag !== "brief"

/** How many processes it has beside its first. */
export const companions = ({ plot }: Entry): number => plot._tag === "family" ? 2 : 0

export const tags = (entries: ReadonlyArray<Entry>): ReadonlyArray<string> => entries.map(({ tag }) => tag)
