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
  /** The way to it under this name. */
  readonly source: (file: string) => CltabSource["Service"]
}>()("@clinit/core/testing/EditableCltab") {}

const defaultFile = "/test/cltab"

/** The cltab `/test/cltab`, with this text until it is edited. */
export const layer = (text: string): Layer.Layer<EditableCltab | CltabSource> =>
  Layer.effectContext(Effect.sync(() => {
    let content: Uint8Array | string = new TextEncoder().encode(text)
    let delay: Duration.Input = Duration.zero
    const look = (file: string) =>
      typeof content === "string"
        ? Effect.fail(new CltabUnreadable({ file, reason: content, isMissing: false }))
        : Effect.succeed(content)
    const source = (file: string) => ({
      file,
      read: Effect.suspend(() => Effect.delay(Effect.suspend(() => look(file)), delay))
    })
    return Context.make(EditableCltab, {
      write: (edited) => void (content = new TextEncoder().encode(edited)),
      makeUnreadable: (reason) => void (content = reason),
      slowDown: (time) => void (delay = time),
      source
    }).pipe(Context.add(CltabSource, source(defaultFile)))
  }))
