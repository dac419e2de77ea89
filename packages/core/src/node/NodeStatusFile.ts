import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { StatusFileError, StatusFileTarget } from "../StatusFile.ts"

/** Renaming over a device or a directory would destroy it, and a symlink's owner may not be ours. */
const refuseForeign = async (file: string) => {
  const stat = await fs.lstat(file).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
    throw error
  })
  if (stat !== undefined && !stat.isFile()) throw new Error(`${file} exists and is not a regular file`)
}

const replace = async (file: string, text: string) => {
  await refuseForeign(file)
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.tmp`)
  await fs.rm(temporary, { force: true })
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants
  const handle = await fs.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644)
  try {
    try {
      await handle.writeFile(text)
    } finally {
      await handle.close()
    }
    await fs.rename(temporary, file)
  } catch (error) {
    await fs.unlink(temporary).catch(() => {}) // the first error is the one to tell
    throw error
  }
}

const attempt = (file: string, work: () => Promise<void>) =>
  Effect.uninterruptible(Effect.tryPromise({
    try: work,
    catch: (error) => new StatusFileError({ reason: `${file}: ${(error as Error).message}` })
  }))

/** The status file at this path: written beside it, then renamed; only a regular file is ever replaced. */
export const layer = (file: string): Layer.Layer<StatusFileTarget> =>
  Layer.succeed(StatusFileTarget, {
    replace: (text) => attempt(file, () => replace(file, text)),
    remove: attempt(file, async () => {
      await refuseForeign(file)
      await fs.rm(file, { force: true })
    })
  })
