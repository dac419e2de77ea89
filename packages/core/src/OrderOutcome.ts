import type { Ordered, Outcome } from "@clinit/protocol/ClinitRpcs"
import type { GroupName, Tag } from "@clinit/protocol/Names"
import type { ProcessStatus } from "@clinit/protocol/Status"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as ByHand from "./ByHand.ts"
import type * as Group from "./Group.ts"

/** What became of the entries of an order, and with a level what the group settled at. */
export interface Settled {
  readonly entries: ReadonlyArray<Ordered>
  readonly outcome?: Outcome
}

/** So long has to run what was started, if it is not there to end, before it is called up: most that cannot run die at once. */
export const probation = Duration.millis(500)

/** Whether the entry is up: it runs, and has not died since it was started, or it has ended as it should. */
const isUp = (status: ProcessStatus | undefined, isNew: boolean): boolean => {
  switch (status?.state._tag) {
    case "Running":
      return !isNew || status.lastEnd === undefined
    case "Done":
    case "Passed":
      return true
    default:
      return false
  }
}

/** What the entry is as things are now; `isNew` if the order began it. */
const became = (
  verb: ByHand.Verb,
  group: GroupName,
  tag: Tag,
  status: ProcessStatus | undefined,
  isNew: boolean
): Ordered => ({
  group,
  tag,
  ...(status === undefined ? {} : { state: status.state }),
  ...(status?.lastEnd === undefined ? {} : { lastEnd: status.lastEnd }),
  ...((verb === "stop" ? status === undefined : isUp(status, isNew)) ? {} : { failed: true })
})

const doing = { start: "starting", stop: "stopping", restart: "restarting" }

/** What an order does, or that it has nothing to do; `isDown` if nothing is left of its entries. */
export const describe = (verb: ByHand.Verb, isIdle: boolean, isDown: boolean): string => {
  if (!isIdle) return doing[verb]
  return verb !== "stop" ? "already running" : isDown ? "already stopped" : "already stopping"
}

/** Waits for what comes of the order, and says so of each of its entries; `statusOf` looks when it is called. */
export const settled = (
  verb: ByHand.Verb,
  group: GroupName,
  { isIdle, settling, tags }: Group.Ordered,
  statusOf: (tag: Tag) => ProcessStatus | undefined
) =>
  Effect.gen(function*() {
    const outcome = yield* settling
    const mayDie = tags.some((tag) => statusOf(tag)?.state._tag === "Running")
    if (verb !== "stop" && !isIdle && mayDie) yield* Effect.sleep(probation)
    const entries = tags.map((tag) => became(verb, group, tag, statusOf(tag), !isIdle))
    return { entries, ...(outcome === undefined ? {} : { outcome }) } satisfies Settled
  })
