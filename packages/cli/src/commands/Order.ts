import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { EndsWith } from "../CommandError.ts"
import type { Shared } from "../Flags.ts"
import type { Order } from "../orders/Order.ts"
import * as Doing from "./Doing.ts"

/** Gives the order to the daemon. */
export const give = (order: Order, { socket, timeout, ...flags }: Shared): Effect.Effect<void, EndsWith> =>
  Doing.act({
    _tag: "Order",
    given: {
      order,
      manner: {
        cltab: flags.cltab,
        socket: Option.getOrUndefined(socket),
        verbose: flags.verbose,
        wait: flags.wait,
        noWait: flags.noWait,
        timeout: Option.getOrUndefined(timeout)
      }
    }
  })
