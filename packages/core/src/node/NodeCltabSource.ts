import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import { CltabSource, CltabUnreadable } from "../CltabSource.ts"

/** A larger cltab is refused rather than read into memory. */
const maxBytes = 16 * 1024 * 1024

const read = async (file: string): Promise<Uint8Array> => {
  // Without NONBLOCK the opening of a FIFO would wait for a writer, for ever.
  const handle = await fs.open(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) throw new Error(notFound)
    if (stat.size > maxBytes) throw new Error(`larger than ${maxBytes} bytes`)
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}

/** The original's words for a file that is not there, or not a file. */
const notFound = "file not found"
const reasons: Readonly<Record<string, string>> = {
  ENOENT: notFound,
  ENOTDIR: notFound,
  ENXIO: notFound, // a socket
  EACCES: "permission denied"
}

/** The cltab at this path, read anew each time. */
export const layer = (file: string): Layer.Layer<CltabSource> =>
  Layer.succeed(CltabSource, {
    file,
    read: Effect.tryPromise({
      try: () => read(file),
      catch: (error) => {
        const { code, message } = error as NodeJS.ErrnoException
        const reason = reasons[code ?? ""] ?? message
        return new CltabUnreadable({ file, reason, isMissing: reason === notFound })
      }
    })
  })
