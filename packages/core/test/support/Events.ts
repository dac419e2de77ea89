import type { History } from "@clinit/core/History"
import type { Event, Happening } from "@clinit/protocol/Event"

const value = (of: unknown): string =>
  typeof of === "string" ? of : JSON.stringify(of).replaceAll("\"", "").replaceAll("_tag:", "")

const words = ({ _tag, ...members }: Happening): string =>
  [_tag, ...Object.entries(members).map(([name, of]) => `${name}=${value(of)}`)].join(" ")

/** An event as `SEQ SECONDSs SUBJECT WHAT`, with its members. */
export const brief = ({ at, group, seq, tag, what }: Event): string =>
  `${seq} ${at / 1_000}s ${group === undefined ? "-" : tag === undefined ? group : `${group}/${tag}`} ${
    words(what)
  }`

/** Everything of the group and its entries, or of the daemon. */
export const of = (history: History["Service"], group?: string): ReadonlyArray<string> =>
  history.of(group === undefined ? {} : { group: group as never }, Infinity).events.map(brief)
