import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/**
 * What is wrong at present and not by an order's fault: a disk that is full, a process that cannot be killed. The one
 * owner of it; the log hears of its coming and going, and status replies show it for as long as it lasts.
 */
export class Trouble extends Context.Service<Trouble, {
  /** Says what is wrong with the subject. It is logged unless these were the words for it before. */
  readonly set: (subject: string, words: string) => Effect.Effect<void>
  /** Says that nothing is wrong with the subject any more. */
  readonly clear: (subject: string) => Effect.Effect<void>
  /** `SUBJECT: WORDS` of everything that is wrong. */
  readonly all: () => ReadonlyArray<string>
}>()("@clinit/core/Trouble") {
  static readonly layer: Layer.Layer<Trouble> = Layer.sync(Trouble, () => {
    const present = new Map<string, string>()
    return {
      set: (subject, words) =>
        Effect.suspend(() => {
          if (present.get(subject) === words) return Effect.void
          present.set(subject, words)
          return Effect.logWarning(`${subject}: ${words}`)
        }),
      clear: (subject) =>
        Effect.suspend(() =>
          present.delete(subject) ? Effect.logInfo(`${subject}: well again`) : Effect.void
        ),
      all: () => Array.from(present, ([subject, words]) => `${subject}: ${words}`)
    }
  })
}
