import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { EndsWith } from "../CommandError.ts"
import type { Shared } from "../Flags.ts"
import { carryOut } from "../orders/CarryOut.ts"
import type { Given, Order } from "../orders/Order.ts"

/** What becomes of an order that effect/cli has read. A test looks at the order instead. */
export const Ordering = Context.Reference<(given: Given) => Effect.Effect<void, EndsWith>>(
  "@clinit/cli/Ordering",
  {
    defaultValue: () =>
      Effect.fnUntraced(function*(given) {
        const code = yield* Effect.promise(() => carryOut(given))
        if (code !== 0) return yield* new EndsWith({ code })
      })
  }
)

/** Gives the order to the daemon. */
export const give = (order: Order, { socket, timeout, ...flags }: Shared): Effect.Effect<void, EndsWith> =>
  Effect.flatMap(Ordering, (ordering) =>
    ordering({
      order,
      manner: {
        cltab: flags.cltab,
        socket: Option.getOrUndefined(socket),
        verbose: flags.verbose,
        wait: flags.wait,
        noWait: flags.noWait,
        timeout: Option.getOrUndefined(timeout)
      }
    }))
