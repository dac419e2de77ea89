import { InvalidCltab } from "@clinit/protocol/ClinitRpcs"
import * as Diagnostic from "@clinit/protocol/Diagnostic"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Cltab from "./Cltab.ts"
import { CltabSource } from "./CltabSource.ts"
import type { CltabUnreadable } from "./CltabSource.ts"

/** The cltab in force, and what is wrong with the file that it came from. */
export class LoadedCltab extends Context.Service<LoadedCltab, {
  readonly file: string
  readonly current: () => Cltab.Cltab
  /** What has been wrong since the last refresh, for as long as it lasts. */
  readonly trouble: () => ReadonlyArray<string>
  /**
   * Reads the file and puts it in force if it is valid. One with errors fails and changes nothing; one that cannot
   * be read leaves the last in force. Returns what whoever asked for it should hear.
   */
  readonly refresh: Effect.Effect<ReadonlyArray<string>, InvalidCltab>
}>()("@clinit/core/LoadedCltab") {
  /** Reads the cltab for the first time: without a valid one there is nothing to start with. */
  static readonly layer: Layer.Layer<LoadedCltab, InvalidCltab | CltabUnreadable, CltabSource> = Layer.effect(
    LoadedCltab,
    Effect.suspend(() => make)
  )
}

/** How often a cltab is looked at that could not be read. */
const recheckPeriod = Duration.seconds(5)

const make = Effect.gen(
  function*() {
    const { file, read } = yield* CltabSource

    const parse = (bytes: Uint8Array) =>
      Effect.suspend(() => {
        const cltab = Cltab.decode(bytes)
        return Cltab.isValid(cltab) ?
          Effect.succeed({ bytes, cltab }) :
          Effect.fail(new InvalidCltab({ file, diagnostics: cltab.diagnostics }))
      })
    let loaded = yield* Effect.flatMap(read, parse)
    let trouble: ReadonlyArray<string> = []
    const begun = loaded.cltab.settings

    /** The daemon listens and writes where it began to: clients that read the new lines look elsewhere. */
    const moved = ({ settings }: Cltab.Cltab) =>
      (["socket", "clstat", "containment"] as const)
        .filter((name) => settings[name]?.value !== begun[name]?.value)
        .map((name) => `${file}: a changed ${name} line takes effect when the daemon is started again`)

    /** What is to be said of a cltab for as long as it is in force. */
    const lasting = (cltab: Cltab.Cltab) => [
      ...cltab.diagnostics.map((diagnostic) => Diagnostic.format(file, diagnostic)),
      ...moved(cltab)
    ]

    /** Notes what is wrong now and logs what was not wrong before. */
    const note = (news: ReadonlyArray<string>) =>
      Effect.suspend(() => {
        const fresh = news.filter((each) => !trouble.includes(each))
        trouble = news
        return Effect.as(Effect.forEach(fresh, (each) => Effect.logWarning(each), { discard: true }), news)
      })
    yield* note(lasting(loaded.cltab))

    const load = Effect.fnUntraced(
      function*(bytes: Uint8Array) {
        loaded = yield* parse(bytes)
        yield* Effect.logInfo(`${file} read: ${loaded.cltab.entries.length} entries`)
        return yield* note(lasting(loaded.cltab))
      },
      Effect.tapError((error) =>
        note([`${file} was modified since it was loaded and refused:\n${error.message}`])
      )
    )

    const scope = yield* Effect.scope
    let rechecking: Fiber.Fiber<void> | undefined
    /** Looks from time to time whether a file that could not be read can be: the trouble ends with its cause. */
    const recheck = read.pipe(
      Effect.delay(recheckPeriod),
      Effect.eventually,
      // What it says is looked at by the next order, as ever.
      Effect.andThen(Effect.suspend(() => {
        rechecking = undefined
        return Effect.asVoid(note(lasting(loaded.cltab)))
      }))
    )
    const noteUnreadable = Effect.fnUntraced(function*({ message }: CltabUnreadable) {
      rechecking ??= yield* Effect.forkIn(recheck, scope)
      return yield* note([`${message} (the last cltab stays in force)`])
    })
    const noteReadable = Effect.suspend(() => {
      const watcher = rechecking
      rechecking = undefined
      return watcher === undefined ? Effect.void : Fiber.interrupt(watcher)
    })

    return LoadedCltab.of({
      file,
      current: () => loaded.cltab,
      trouble: () => trouble,
      refresh: Effect.matchEffect(read, {
        onFailure: noteUnreadable,
        onSuccess: (bytes) =>
          Effect.andThen(
            noteReadable,
            sameBytes(bytes, loaded.bytes) ?
              // Those who asked before were told what the file's warnings are; it need not be repeated at each order.
              Effect.as(note(lasting(loaded.cltab)), moved(loaded.cltab)) :
              load(bytes)
          )
      })
    })
  }
)

const sameBytes = (one: Uint8Array, other: Uint8Array) => {
  if (one.length !== other.length) return false
  for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) return false
  return true
}
