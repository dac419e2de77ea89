import * as Effect from "effect/Effect"
import type { Subject } from "./EventStock.ts"
import type { History } from "./History.ts"
import { Requester } from "./Requester.ts"

/** Puts orders down in the history, as the client could have given them, with who gives them. */
export interface OrderRecord {
  /** That it is carried out, on the subject. */
  readonly asked: (order: string, subject?: Subject) => Effect.Effect<void>
  /** That it is refused, if it is: of what has the name, if anything has. What nobody has is not remembered for itself. */
  readonly noteRefusal: (
    order: string,
    name?: string
  ) => <A, E extends { readonly message: string }>(refusable: Effect.Effect<A, E>) => Effect.Effect<A, E>
}

/** So many characters of an order, or of the reason of its refusal, are put down. */
const longest = 500

const brief = (text: string) => text.length > longest ? `${text.slice(0, longest)}...` : text

/** `named` finds what has a name, if anything has. */
export const make = (
  history: History["Service"],
  named: (name: string) => Subject | undefined
): OrderRecord => ({
  asked: Effect.fnUntraced(function*(order, subject = {}) {
    const by = yield* Requester
    history.record({ ...subject, what: { _tag: "Asked", order: brief(order), by } })
  }),
  noteRefusal: (order, name) => (refusable) =>
    Effect.tapError(
      refusable,
      Effect.fnUntraced(function*({ message }) {
        const by = yield* Requester
        const what = { _tag: "Refused" as const, order: brief(order), by, reason: brief(message) }
        history.record({ ...(name === undefined ? undefined : named(name)), what })
      })
    )
})
