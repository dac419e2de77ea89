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

const attempt = (file: string, work: () => Promise<void>) =>
  Effect.uninterruptible(Effect.tryPromise({
    try: work,
    catch: (error) => new StatusFileError({ reason: `${file}: ${ReplacedFile.reason(error)}` })
  }))

/**
 * The status file at this path: written beside it, then renamed; only a regular file is ever replaced. Its directory
 * is made again, for the owner only, if it goes missing.
 */
export const layer = (file: string): Layer.Layer<StatusFileTarget> =>
  Layer.sync(StatusFileTarget, () => {
    const replaced = ReplacedFile.make(file, 0o644)
    return {
      replace: (text) =>
        attempt(file, async () => {
          await refuseForeign(file)
          await replaced.replace(text)
        }),
      remove: attempt(file, async () => {
        await refuseForeign(file)
        await fs.rm(file, { force: true })
      })
    }
  })
