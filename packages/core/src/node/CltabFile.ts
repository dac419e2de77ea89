import * as fs from "node:fs"
import { promisify } from "node:util"

// Without Effect, and without node:fs/promises, which loads the parts of Node that edit lines, too: `clinit status` reads a cltab.
const open = promisify(fs.open)
const fstat = promisify(fs.fstat)
const readFile = promisify(fs.readFile)
const close = promisify(fs.close)

/** What a file has, or why it cannot be read; `isMissing` if there is none, or something that is not a regular file. */
export type Content =
  | { readonly _tag: "Bytes"; readonly bytes: Uint8Array }
  | { readonly _tag: "Unreadable"; readonly reason: string; readonly isMissing: boolean }

/** A larger cltab is refused rather than read into memory. */
const maxBytes = 16 * 1024 * 1024

const bytes = async (file: string): Promise<Uint8Array> => {
  // Without NONBLOCK the opening of a FIFO would wait for a writer, for ever.
  const descriptor = await open(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
  try {
    const stat = await fstat(descriptor)
    if (!stat.isFile()) throw new Error(notFound)
    if (stat.size > maxBytes) throw new Error(`larger than ${maxBytes} bytes`)
    return await readFile(descriptor)
  } finally {
    await close(descriptor)
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

/** Reads the cltab at this path. Never rejects. */
export const read = (file: string): Promise<Content> =>
  bytes(file).then(
    (bytes) => ({ _tag: "Bytes", bytes }),
    (error: NodeJS.ErrnoException) => {
      const reason = reasons[error.code ?? ""] ?? error.message
      return { _tag: "Unreadable", reason, isMissing: reason === notFound }
    }
  )
