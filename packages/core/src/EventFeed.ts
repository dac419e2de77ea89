import type { GroupName } from "@clinit/protocol/Names"
import * as Effect from "effect/Effect"
import type { Recorded } from "./EventStock.ts"

/** Lines that follow the answer to a request, for as long as somebody reads them. */
export interface Feed {
  /** Waits until there is something to say, and takes it: one line or several, without the last newline. */
  readonly next: Effect.Effect<string>
  /** Takes what there is to say at the moment; empty if that is nothing. */
  readonly rest: () => string
  /** To be called when nobody reads any more. */
  readonly close: () => void
}

/** So many events wait for a reader; of more the oldest are dropped, and the reader is told how many. */
export const eventsKept = 4_096

/** So many characters are taken at a time, or a line if that is longer. */
const batchCharacters = 64 * 1_024

export interface Options {
  /** Only events of this group and its entries; those of the daemon are left out, too. */
  readonly group?: GroupName | undefined
  readonly kept?: number
}

/** A feed with its other end. */
export interface EventFeed extends Omit<Feed, "close"> {
  /** Says that this one has happened; the next offer is of the `seq` that follows. */
  readonly offer: (event: Recorded) => void
}

interface Waiting {
  readonly event: Recorded
  /** How many events before it the reader does not get. */
  missed: number
}

const notification = (method: string, params: string) =>
  `{"jsonrpc":"2.0","method":"${method}","params":${params}}`

/**
 * A feed of events that begins with the `past` ones after `since`, as far as they are known, and never holds up whoever
 * offers. A gap in the sequence is told where it is; of events that are no longer known nobody knows which group they
 * were of, so that they count for every reader.
 */
export const make = (
  past: ReadonlyArray<Recorded>,
  since: number,
  { group, kept = eventsKept }: Options = {}
): EventFeed => {
  let queue: Array<Waiting> = []
  let lost = 0
  let last = since
  let wake: (() => void) | undefined

  const put = (event: Recorded) => {
    lost += event.seq - last - 1
    last = event.seq
    if (group !== undefined && event.group !== group) return
    queue.push({ event, missed: lost })
    lost = 0
  }
  for (const event of past) put(event)
  const limit = Math.max(kept, queue.length)

  const take = (): string => {
    const lines: Array<string> = []
    let characters = 0
    let taken = 0
    for (const { event, missed } of queue) {
      if (characters >= batchCharacters) break
      if (missed > 0) lines.push(notification("missed", `{"count":${missed},"next":${event.seq}}`))
      const line = notification("event", event.line)
      lines.push(line)
      characters += line.length
      taken++
    }
    queue = queue.slice(taken)
    return lines.join("\n")
  }

  return {
    offer(event) {
      put(event)
      if (queue.length > limit) {
        const dropped = queue.shift()!
        queue[0]!.missed += dropped.missed + 1
      }
      if (queue.length > 0) wake?.()
    },
    next: Effect.callback((resume) => {
      if (queue.length > 0) return resume(Effect.sync(take))
      wake = () => {
        wake = undefined
        // Later, when whoever offers has done the rest: a reader is served with several events at once.
        resume(Effect.andThen(Effect.yieldNow, Effect.sync(take)))
      }
      return Effect.sync(() => void (wake = undefined))
    }),
    rest() {
      const batches: Array<string> = []
      while (queue.length > 0) batches.push(take())
      return batches.join("\n")
    }
  }
}
