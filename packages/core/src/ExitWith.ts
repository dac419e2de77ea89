import type { Tag } from "@clinit/protocol/Names"
import type { GroupStatus, RunEnd } from "@clinit/protocol/Status"
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import type { Meaning } from "./EntryName.ts"
import { StatusBoard } from "./StatusBoard.ts"

/** What a group or an entry has come to: the entry that counts, if one does, and how its last run ended. */
export interface Ending {
  readonly failed: boolean
  readonly culprit?: { readonly tag: Tag; readonly end: RunEnd }
}

/**
 * The end that this group, or entry of it, has come to; nothing as long as it has not. A group has when it is FAILED, by
 * the entry that failed first, or when it is at its level and nothing of that runs, or will run again. An entry has when
 * it was run and will not be again: it is done, passed, failed or was given up. What its level does not start, or a stop
 * has ended, has come to no end.
 */
export const of = ({ tag }: Pick<Meaning, "tag">, { processes, state }: GroupStatus): Ending | undefined => {
  if (tag !== undefined) {
    const entry = processes.find((process) => process.tag === tag)
    const result = entry?.state._tag
    if (result !== "Done" && result !== "Passed" && result !== "Failed") return undefined
    return { failed: result === "Failed", ...(entry?.lastEnd && { culprit: { tag, end: entry.lastEnd } }) }
  }
  if (state === "FAILED") {
    const [first] = processes.filter(({ state }) => state._tag === "Failed")
      .sort((one, other) => one.since - other.since)
    return { failed: true, ...(first?.lastEnd && { culprit: { tag: first.tag, end: first.lastEnd } }) }
  }
  const isSettled = state === "DONE" || state === "PASSED"
  const isOver = processes.every(({ loggers, state }) =>
    loggers === undefined && (state._tag === "Done" || state._tag === "Passed")
  )
  return isSettled && isOver ? { failed: false } : undefined
}

/** Waits until the group or entry has come to an end: it may have by now. */
export const ending = (meaning: Meaning): Effect.Effect<Ending, never, StatusBoard> =>
  Effect.scoped(Effect.gen(function*() {
    const board = yield* StatusBoard
    const changes = yield* board.changes
    while (true) {
      const status = board.group(meaning.group)
      const ending = status && of(meaning, status)
      if (ending !== undefined) return ending
      yield* PubSub.takeAll(changes)
    }
  }))
