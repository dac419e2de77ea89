import type { Client } from "@clinit/protocol/Event"
import type { PromiseClient } from "@clinit/protocol/node/PromiseClient"
import { ClinitFailed } from "@clinit/protocol/node/PromiseClient"
import * as os from "node:os"
import type { Order } from "./Order.ts"
import type { Outcome } from "./Outcome.ts"
import * as OutcomeOf from "./Outcome.ts"

/** Whether the outcome is waited for, and who gives the order. */
export interface Terms {
  readonly wait: boolean
  readonly client: Client
}

/**
 * What the answer says. It came over a socket that only the daemon's owner can open, and is taken for what its type says; if it
 * turns out not to be that, the schema says what is wrong with it.
 */
const understood = async <A extends object>(
  verb: Order["verb"],
  answer: A,
  read: (answer: A) => Outcome
): Promise<Outcome> => {
  try {
    const outcome = read(answer)
    if ([...outcome.warnings, ...outcome.results].every((line) => typeof line === "string")) return outcome
  } catch {
    // As below.
  }
  const { trouble } = await import("../late/StrictAnswer.ts")
  throw new ClinitFailed("ProtocolError", await trouble(verb, answer))
}

/** The name of the signal that has this number here, which may be written as for kill(1); any other word is left as it is. */
const signalNamed = (word: string): string =>
  Object.entries(os.constants.signals).find(([, number]) => String(number) === word.replace(/^-/, ""))?.[0] ??
    word

/** Gives the order, and says what came of it. Rejects with what the client does. */
export const perform = async (order: Order, daemon: PromiseClient, terms: Terms): Promise<Outcome> => {
  const { verb } = order
  switch (verb) {
    case "tell":
      return understood(
        verb,
        await daemon.tell(order.group, order.level, terms),
        (answer) => OutcomeOf.ofTell(order, answer)
      )
    case "start":
    case "stop":
    case "restart":
      return understood(
        verb,
        await daemon[verb](order.name, terms),
        (answer) =>
          terms.wait
            ? OutcomeOf.ofWaited(order, answer, Date.now())
            : OutcomeOf.plain(`${order.name}: ${answer.message}`, answer.warnings)
      )
    case "retry":
      return understood(verb, await daemon.retry(order.name, terms), OutcomeOf.ofRetry)
    case "signal":
      return understood(
        verb,
        await daemon.signal(order.name, signalNamed(order.signal), { client: terms.client }),
        ({ message, warnings }) => OutcomeOf.plain(message, warnings)
      )
    case "reread":
      return understood(verb, await daemon.reread({ apply: order.apply, ...terms }), OutcomeOf.ofReread)
    case "shutdown":
      await daemon.shutdown(terms)
      return OutcomeOf.silent
  }
}
