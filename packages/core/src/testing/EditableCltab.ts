import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CltabSource, CltabUnreadable } from "../CltabSource.ts"

declare const TextEncoder: new() => { encode(text: string): Uint8Array }

/** A cltab in memory that a test can edit, make unreadable, or slow down. */
export class EditableCltab extends Context.Service<EditableCltab, {
  readonly write: (text: string) => void
  readonly makeUnreadable: (reason: string) => void
  /** From now on each reading takes this long; it sees the content as it is at its end. */
  readonly slowDown: (delay: Duration.Input) => void
}>()("@clinit/core/testing/EditableCltab") {}

/** The cltab `/test/cltab`, with this text until it is edited. */
export const layer = (text: string): Layer.Layer<EditableCltab | CltabSource> =>
  Layer.effectContext(Effect.sync(() => {
    const file = "/test/cltab"
    let content: Uint8Array | CltabUnreadable = new TextEncoder().encode(text)
    let delay: Duration.Input = Duration.zero
    return Context.make(EditableCltab, {
      write: (edited) => void (content = new TextEncoder().encode(edited)),
      makeUnreadable: (reason) => void (content = new CltabUnreadable({ file, reason, isMissing: false })),
      slowDown: (time) => void (delay = time)
    }).pipe(Context.add(CltabSource, {
      file,
      read: Effect.suspend(() =>
        Effect.delay(
          Effect.suspend(() =>
            content instanceof Uint8Array ? Effect.succeed(content) : Effect.fail(content)
          ),
          delay
        )
      )
    }))
  }))
