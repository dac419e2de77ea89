/** One entry of the daemon under test, and whether its command stays until it is told to go. */
interface Known {
  readonly group: string
  readonly tag: string
  readonly levels: ReadonlyArray<string>
  readonly mode: "once" | "wait" | "respawn" | "test"
}

const known: ReadonlyArray<Known> = [
  { group: "web", tag: "a", levels: ["1", "2"], mode: "respawn" },
  { group: "web", tag: "b", levels: ["2"], mode: "once" },
  { group: "web", tag: "w", levels: ["2", "3"], mode: "wait" },
  { group: "__proto__", tag: "p", levels: ["1"], mode: "respawn" },
  { group: "constructor", tag: "toString", levels: ["1", "2"], mode: "once" },
  { group: "check", tag: "t", levels: ["1"], mode: "test" },
  { group: "check", tag: "u", levels: ["2"], mode: "respawn" },
  { group: "größe", tag: "é", levels: ["1"], mode: "respawn" }
]

/** The cltab of the daemon under test. */
export const text = known.map(({ group, levels, mode, tag }) =>
  `${group}:${tag}:${levels.join("")}:${mode}:${mode}\n`
).join("")

/** What its commands do: those of wait and test entries end at once. */
export const scripts = { wait: { runs: 0 }, test: { runs: 0, exits: 1 } }

export const groups = [...new Set(known.map(({ group }) => group))]
/** What a retry can be of. */
export const names = [...groups, ...known.map(({ group, tag }) => `${group}/${tag}`)]
export const levels = ["1", "2", "3"]

/** The tags of the processes that run when the groups have settled at these levels. */
export const running = (told: ReadonlyMap<string, string>): ReadonlyArray<string> =>
  known.filter(({ group, levels, mode }) =>
    (mode === "once" || mode === "respawn") && levels.includes(told.get(group) ?? "none")
  ).map(({ tag }) => tag).sort()
