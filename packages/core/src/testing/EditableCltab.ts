import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CltabSource, CltabUnreadable } from "../CltabSource.ts"

declare const TextEncoder: new() => { encode(text: string): Uint8Array }

/** A cltab in memory that a test can edit, or make unreadable. */
export class EditableCltab extends Context.Service<EditableCltab, {
  readonly write: (text: string) => void
  readonly makeUnreadable: (reason: string) => void
}>()("@clinit/core/testing/EditableCltab") {}

/** The cltab `/test/cltab`, with this text until it is edited. */
export const layer = (text: string): Layer.Layer<EditableCltab | CltabSource> =>
  Layer.effectContext(Effect.sync(() => {
    const file = "/test/cltab"
    let content: Uint8Array | CltabUnreadable = new TextEncoder().encode(text)
    return Context.make(EditableCltab, {
      write: (edited) => void (content = new TextEncoder().encode(edited)),
      makeUnreadable: (reason) => void (content = new CltabUnreadable({ file, reason, isMissing: false }))
    }).pipe(Context.add(CltabSource, {
      file,
      read: Effect.suspend(() =>
        content instanceof Uint8Array ? Effect.succeed(content) : Effect.fail(content)
      )
    }))
  }))
