import type { ByteText } from "./ByteText.ts"
import type { Random } from "./Random.ts"

/** What is made of some bytes: `origin` tells what can be expected of them. */
export interface Input {
  readonly bytes: ByteText
  readonly origin: "valid" | "mutated" | "soup" | "noise" | "long"
}

/** Something under test, opened. */
export interface Session {
  /** Throws if a promise is broken. `random` goes on where the input's making has ended. */
  readonly check: (input: Input, random: Random) => void | Promise<void>
  /** Checks what must hold between inputs; called now and then and at the end. */
  readonly settle: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Something that reads what others write. */
export interface Target {
  readonly name: string
  readonly generate: (random: Random) => Input
  readonly open: () => Promise<Session>
  /** Inputs from one `settle` to the next. */
  readonly settleEvery: number
  /** Inputs that are checked at the same time. */
  readonly lanes: number
  /** The most milliseconds for one input. */
  readonly patience: number
  /** An input fails by itself, whatever came before: it can be checked again and cut down. */
  readonly isPure: boolean
}

/** The session of a target that remembers nothing. */
export const pure = (check: Session["check"]): Target["open"] => async () => ({
  check,
  settle: async () => {},
  close: async () => {}
})
