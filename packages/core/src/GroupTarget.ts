import type { Outcome, Superseded } from "@clinit/protocol/ClinitRpcs"
import type { Level } from "@clinit/protocol/Names"
import * as Deferred from "effect/Deferred"
import type * as Effect from "effect/Effect"
import type * as ByHand from "./ByHand.ts"
import type { Entry } from "./Cltab.ts"
import type * as LedgerText from "./LedgerText.ts"

// What a group was told last: where it is to be.

/** A level with the group's entries as they were told, and what waits for its outcome. */
export interface AtLevel {
  readonly _tag: "Level"
  readonly level: Level
  readonly entries: ReadonlyArray<Entry>
  readonly byHand: ByHand.Orders
  readonly outcome: Deferred.Deferred<Outcome, Superseded>
}

/**
 * What comes once a group stands still: it stays, stopped by hand, until a start; it ends; or it ends and is forgotten
 * with its status line, since the cltab no longer has it.
 */
export type After = "stay" | "end" | "forget"

/** Standing still, and what waits for that. */
export interface Halt {
  readonly _tag: "Halt"
  readonly after: After
  /** The level that it was told before, if it was told any. */
  readonly from: Level | undefined
  readonly down: Deferred.Deferred<void, Superseded>
}

export type GroupTarget = AtLevel | Halt

/** The level that it is at, or that a start by hand takes it to. */
export const levelOf = (target: Pick<AtLevel, "_tag" | "level"> | Omit<Halt, "down">): Level | undefined =>
  target._tag === "Level" ? target.level : target.after === "stay" ? target.from : undefined

/** Waits for what becomes of it. */
export const settling = (target: GroupTarget): Effect.Effect<Outcome | void, Superseded> =>
  target._tag === "Level" ? Deferred.await(target.outcome) : Deferred.await(target.down)

/** What the ledger is to know of it. */
export const wishOf = (target: GroupTarget): LedgerText.Wish => {
  const level = levelOf(target)
  if (target._tag === "Halt") return { target: null, ...(level === undefined ? {} : { stoppedAt: level }) }
  const byHand = Array.from(target.byHand, ([tag, order]) => ({ tag, order }))
  return { target: target.level, ...(byHand.length === 0 ? {} : { byHand }) }
}

/** What a recorded wish is for a group with these entries; one that has none, or was told nothing, has to go. */
export const ofWish = (
  { byHand = [], stoppedAt, target }: LedgerText.Wish,
  entries: ReadonlyArray<Entry>
): Omit<AtLevel, "outcome"> | Omit<Halt, "down"> => {
  if (target !== null && entries.length > 0) {
    const orders = new Map(byHand.map(({ order, tag }) => [tag, order]))
    return { _tag: "Level", level: target, entries, byHand: orders }
  }
  const stays = stoppedAt !== undefined && entries.length > 0
  return { _tag: "Halt", after: stays ? "stay" : "forget", from: stoppedAt }
}
