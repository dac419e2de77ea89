import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as fs from "node:fs/promises"
import { StatusFileError, StatusFileTarget } from "../StatusFile.ts"
import * as ReplacedFile from "./ReplacedFile.ts"

/** Renaming over a device or a directory would destroy it, and a symlink's owner may not be ours. */
const refuseForeign = async (file: string) => {
  const stat = await fs.lstat(file).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
    throw error
  })
  if (stat !== undefined && !stat.isFile()) throw new Error("exists and is not a regular file")
}

const refused = (reason: string) => new StatusFileError({ reason })

/**
 * The status file at this path: written beside it, then renamed; only a regular file is ever replaced, and only as
 * long as that place is ours. While the layer lives it is written again if somebody removed it, and its directory made
 * again, for the owner only. `near`: see `ReplacedFile.keep`.
 */
export const layer = (
  file: string,
  isOurs: () => boolean = () => true,
  near = false
): Layer.Layer<StatusFileTarget> =>
  Layer.effect(
    StatusFileTarget,
    Effect.gen(function*() {
      const replaced = ReplacedFile.make(file, 0o644)
      const change = ReplacedFile.changing(file, isOurs)
      yield* ReplacedFile.keep(file, replaced, change, near)
      return {
        replace: (text: string) =>
          change(async () => {
            await refuseForeign(file)
            await replaced.replace(text)
          }, refused),
        remove: change(async () => {
          await replaced.letGo()
          await refuseForeign(file)
          await fs.rm(file, { force: true })
        }, refused)
      }
    })
  )
