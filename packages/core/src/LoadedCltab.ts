import { InvalidCltab } from "@clinit/protocol/ClinitRpcs"
import * as Diagnostic from "@clinit/protocol/Diagnostic"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Cltab from "./Cltab.ts"
import * as CltabScopes from "./CltabScopes.ts"
import * as CltabSettings from "./CltabSettings.ts"
import { CltabSource } from "./CltabSource.ts"
import type { CltabUnreadable } from "./CltabSource.ts"

/** The cltab in force, and what is wrong with the file that it came from. */
export class LoadedCltab extends Context.Service<LoadedCltab, {
  readonly file: string
  readonly current: () => Cltab.Cltab
  /**
   * Reads the file and puts it in force if it is valid. One with errors fails and changes nothing; one that cannot
   * be read leaves the last in force. Returns what whoever asked for it should hear.
   */
  readonly refresh: Effect.Effect<ReadonlyArray<string>, InvalidCltab>
  /** What a refresh would put in force, and what whoever asks should hear; nothing is changed. */
  readonly preview: Effect.Effect<Preview, InvalidCltab>
  /** How the file is now; within a second, whatever it is kept on. Nothing is changed. */
  readonly inspect: Effect.Effect<Inspection>
}>()("@clinit/core/LoadedCltab") {
  /** Reads the cltab for the first time: without a valid one there is nothing to start with. */
  static readonly layer: Layer.Layer<LoadedCltab, InvalidCltab | CltabUnreadable, CltabSource> = Layer
    .suspend(() => LoadedCltab.under({}))

  /** The same, where these settings hold for the whole daemon unless a line of the file says otherwise. */
  static readonly under = (
    settings: CltabSettings.Settings
  ): Layer.Layer<LoadedCltab, InvalidCltab | CltabUnreadable, CltabSource> =>
    Layer.effect(LoadedCltab, make(settings))

  /** A valid cltab that comes from no file and never changes; messages call it so. What it warns of is logged once. */
  static readonly fixed = (name: string, cltab: Cltab.Cltab): Layer.Layer<LoadedCltab> => {
    const warnings = cltab.diagnostics.map((diagnostic) => Diagnostic.format(name, diagnostic))
    return Layer.effect(
      LoadedCltab,
      Effect.as(Effect.forEach(warnings, (each) => Effect.logWarning(each), { discard: true }), {
        file: name,
        current: () => cltab,
        refresh: Effect.succeed([]),
        preview: Effect.succeed({ cltab, warnings: [] }),
        inspect: Effect.succeed({ isModified: false, cltab, warnings })
      })
    )
  }
}

/** The cltab, where these settings hold for the whole daemon unless it says otherwise. */
export const withSettings = (settings: CltabSettings.Settings, cltab: Cltab.Cltab): Cltab.Cltab => {
  if (Object.keys(settings).length === 0) return cltab
  const all = { ...settings, ...cltab.settings }
  return { ...cltab, settings: all, entries: CltabScopes.apply(all, cltab.entries) }
}

/** What a refresh would put in force. */
export interface Preview {
  readonly cltab: Cltab.Cltab
  readonly warnings: ReadonlyArray<string>
}

/** What is to be said of the file and of what is in force. */
export interface Inspection {
  /** Whether the file says something else than what is in force, for all that is known. */
  readonly isModified: boolean
  /** What the file says; absent if it cannot be read or has errors. */
  readonly cltab?: Cltab.Cltab
  readonly warnings: ReadonlyArray<string>
}

/** A file that cannot be read within this time is on something that hangs. */
const inspectionPatience = Duration.seconds(1)

const unreadable = ({ message }: CltabUnreadable) => `${message} (the last cltab stays in force)`

const make = Effect.fnUntraced(
  function*(settings: CltabSettings.Settings) {
    const { file, read } = yield* CltabSource

    const parse = (bytes: Uint8Array) =>
      Effect.suspend(() => {
        const cltab = withSettings(settings, Cltab.decode(bytes))
        return Cltab.isValid(cltab) ?
          Effect.succeed({ bytes, cltab }) :
          Effect.fail(new InvalidCltab({ file, diagnostics: cltab.diagnostics }))
      })
    let loaded = yield* Effect.flatMap(read, parse)
    /** What the log was told last. */
    let known: ReadonlyArray<string> = []
    const scope = yield* Effect.scope
    const begun = loaded.cltab.settings

    /** The daemon listens and writes where it began to: clients that read the new lines look elsewhere. */
    const moved = ({ settings }: Cltab.Cltab) =>
      (["socket", "clstat", "containment", "log-format", "metrics", "otlp"] as const)
        .filter((name) => textOf(name, settings) !== textOf(name, begun))
        .map((name) => `${file}: a changed ${name} line takes effect when the daemon is started again`)

    /** What is to be said of a cltab for as long as it is in force. */
    const lasting = (cltab: Cltab.Cltab) => [
      ...cltab.diagnostics.map((diagnostic) => Diagnostic.format(file, diagnostic)),
      ...moved(cltab)
    ]

    /** Notes what is wrong now and logs what was not wrong before. */
    const note = (news: ReadonlyArray<string>) =>
      Effect.suspend(() => {
        const fresh = news.filter((each) => !known.includes(each))
        known = news
        return Effect.as(Effect.forEach(fresh, (each) => Effect.logWarning(each), { discard: true }), news)
      })
    yield* note(lasting(loaded.cltab))

    const refused = (error: InvalidCltab) =>
      `${file} was modified since it was loaded and refused:\n${error.message}`

    const load = Effect.fnUntraced(
      function*(bytes: Uint8Array) {
        loaded = yield* parse(bytes)
        yield* Effect.logInfo(`${file} read: ${loaded.cltab.entries.length} entries`)
        return yield* note(lasting(loaded.cltab))
      },
      Effect.tapError((error) => note([refused(error)]))
    )

    const preview = Effect.matchEffect(read, {
      onFailure: (error): Effect.Effect<Preview, InvalidCltab> =>
        Effect.succeed({ cltab: loaded.cltab, warnings: [unreadable(error)] }),
      onSuccess: (bytes) =>
        Effect.map(
          sameBytes(bytes, loaded.bytes) ? Effect.succeed(loaded) : parse(bytes),
          ({ cltab }) => ({ cltab, warnings: lasting(cltab) })
        )
    })

    const look = Effect.matchEffect(read, {
      onFailure: (error): Effect.Effect<Inspection> =>
        Effect.succeed({ isModified: false, warnings: [unreadable(error)] }),
      onSuccess: (bytes): Effect.Effect<Inspection> =>
        sameBytes(bytes, loaded.bytes)
          ? Effect.succeed({ isModified: false, cltab: loaded.cltab, warnings: lasting(loaded.cltab) })
          : Effect.match(parse(bytes), {
            onFailure: (error) => ({ isModified: true, warnings: [refused(error)] }),
            onSuccess: ({ cltab }) => ({
              isModified: true,
              cltab,
              warnings: [
                `${file} was modified since it was loaded: clinit plan --all shows what a reread would change`,
                ...lasting(loaded.cltab)
              ]
            })
          })
    })
    /** One at a time: each that hangs would take one of the few threads that all files are read by. */
    let looking: Fiber.Fiber<Inspection> | undefined
    const inspect = Effect.gen(function*() {
      // What began before somebody asked may have seen what was there before he edited it.
      if (looking !== undefined) yield* Fiber.await(looking)
      looking ??= yield* Effect.forkIn(
        Effect.ensuring(look, Effect.sync(() => void (looking = undefined))),
        scope
      )
      const exit = yield* Fiber.await(looking)
      // Once the scope is closed nobody looks any more.
      return Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
        ? { isModified: false, cltab: loaded.cltab, warnings: lasting(loaded.cltab) }
        : yield* exit
    }).pipe(
      Effect.timeoutOrElse({
        duration: inspectionPatience,
        orElse: () =>
          Effect.succeed({
            isModified: false,
            warnings: [
              `${file} cannot be read: the disk hangs, or this machine is overloaded`,
              ...lasting(loaded.cltab)
            ]
          })
      })
    )

    return LoadedCltab.of({
      file,
      current: () => loaded.cltab,
      refresh: Effect.matchEffect(read, {
        onFailure: (error) => note([unreadable(error)]),
        onSuccess: (bytes) =>
          sameBytes(bytes, loaded.bytes) ?
            // Those who asked before were told what the file's warnings are; it need not be repeated at each order.
            Effect.as(note(lasting(loaded.cltab)), moved(loaded.cltab)) :
            load(bytes)
      }),
      preview,
      inspect
    })
  }
)

const textOf = (name: keyof typeof CltabSettings.daemonWide, settings: CltabSettings.Settings) => {
  const setting = settings[name]
  return setting === undefined ? undefined : CltabSettings.valueOf(name).print(setting.value)
}

const sameBytes = (one: Uint8Array, other: Uint8Array) => {
  if (one.length !== other.length) return false
  for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) return false
  return true
}
