import type { GroupName, Tag } from "@clinit/protocol/Names"
import * as Effect from "effect/Effect"

/** Annotates what the effect logs, and the fibers that it forks, with the group, and the tag if it is about an entry. */
export const of = (
  { group, tag }: { readonly group: GroupName; readonly tag?: Tag | undefined }
): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> =>
  Effect.annotateLogs(tag === undefined ? { group } : { group, tag })
