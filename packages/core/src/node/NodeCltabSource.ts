import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CltabSource, CltabUnreadable } from "../CltabSource.ts"
import * as CltabFile from "./CltabFile.ts"

/** The cltab at this path, read anew each time. */
export const layer = (file: string): Layer.Layer<CltabSource> =>
  Layer.succeed(CltabSource, {
    file,
    read: Effect.flatMap(
      Effect.promise(() => CltabFile.read(file)),
      (content) =>
        content._tag === "Bytes"
          ? Effect.succeed(content.bytes)
          : Effect.fail(
            new CltabUnreadable({ file, reason: content.reason, isMissing: content.isMissing })
          )
    )
  })
