/** What was promised and does not hold. */
export class Broken extends Error {}

/** Fails the input with this message unless the promise holds. */
export const claim: (holds: boolean, broken: string | (() => string)) => asserts holds = (holds, broken) => {
  if (!holds) throw new Broken(typeof broken === "string" ? broken : broken())
}

/** One input that failed. */
export interface Failure {
  readonly target: string
  readonly seed: number
  readonly index: number
  readonly message: string
  /** What failures of the same cause have in common. */
  readonly kind: string
  readonly input: Uint8Array
}

/** The message without what differs from input to input. */
export const kindOf = (message: string): string =>
  message.replace(/"(?:[^"\\]|\\.)*"/g, "\"...\"").replace(/\d+/g, "#").split("\n")[0]!.slice(0, 90)

/** Of whatever was thrown: a broken promise says enough, a bug has a place. */
export const messageOf = (error: unknown): string =>
  error instanceof Broken
    ? error.message
    : `threw ${
      error instanceof Error ? error.stack?.split("\n").slice(0, 4).join(" ") ?? error.message : String(error)
    }`
