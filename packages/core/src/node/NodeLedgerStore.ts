import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { createHmac, randomBytes } from "node:crypto"
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import { crc32 } from "node:zlib"
import type { Keeper } from "../LedgerStore.ts"
import { LedgerRefused, LedgerStore, LedgerUnwritable } from "../LedgerStore.ts"
import * as Adoption from "./Adoption.ts"
import * as LeaderWatch from "./LeaderWatch.ts"
import * as ProcessStat from "./ProcessStat.ts"
import * as ReplacedFile from "./ReplacedFile.ts"

/** A larger ledger is refused rather than read into memory. */
const maxMebibytes = 64

/** The last line: a checksum of all bytes before it, and how many they are. */
const trailer = (text: Uint8Array) => `#crc32 ${crc32(text).toString(16).padStart(8, "0")} ${text.length}\n`
const trailerPattern = /#crc32 [0-9a-f]{8} (?<length>\d+)\n$/
const longestTrailer = trailer(new Uint8Array(0)).length + 20

const seal = (text: string) => {
  const bytes = Buffer.from(text)
  return Buffer.concat([bytes, Buffer.from(trailer(bytes))])
}

/** The text that was sealed; fails if as much as a byte differs. */
const unseal = (bytes: Buffer): string => {
  const end = trailerPattern.exec(bytes.subarray(-longestTrailer).toString("latin1"))
  if (end === null) throw new Error("is truncated or was altered: its last line is no checksum")
  const text = bytes.subarray(0, bytes.length - end[0].length)
  if (trailer(text) !== end[0]) throw new Error("is truncated or was altered: its checksum is wrong")
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(text)
  } catch {
    throw new Error("is not UTF-8")
  }
}

const notRegular = "is not a regular file"
const reasons: Readonly<Record<string, string>> = {
  ELOOP: "is a symbolic link",
  ENXIO: notRegular // a socket
}

/** Looks at the descriptor, not at the path: that may lead elsewhere a moment later. */
const readSealed = async (file: string): Promise<Buffer | undefined> => {
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants
  let handle: fs.FileHandle
  try {
    handle = await fs.open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === "ENOENT") return undefined
    throw new Error(reasons[code ?? ""] ?? `cannot be read: ${ReplacedFile.reason(error)}`, { cause: error })
  }
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) throw new Error(notRegular)
    if (stat.uid !== process.geteuid?.()) throw new Error(`belongs to another user (uid ${stat.uid})`)
    if ((stat.mode & 0o077) !== 0) {
      const mode = (stat.mode & 0o7777).toString(8).padStart(4, "0")
      throw new Error(`is open to others than its owner (mode ${mode})`)
    }
    if (stat.size > maxMebibytes * 1024 * 1024) throw new Error(`is larger than ${maxMebibytes} MiB`)
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}

const read = async (file: string): Promise<string | undefined> => {
  const sealed = await readSealed(file)
  return sealed === undefined ? undefined : unseal(sealed)
}

const unlink = (file: string) =>
  fs.unlink(file).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
  })

const startTime = Result.getOrUndefined(Result.try(() => ProcessStat.read("self")?.startTime))

const keeper: Keeper = { pid: process.pid, ...(startTime === undefined ? {} : { startTime }) }

/** Where there are no start times the owner lock has to do. */
const isRunning = ({ pid, startTime }: Keeper): boolean =>
  startTime !== undefined && pid !== process.pid && LeaderWatch.isAlive({ pid, startTime })

const refused = (reason: string) => new LedgerUnwritable({ reason })

/**
 * The ledger at this path, which is written and removed only as long as that place is ours. While the layer lives, a
 * ledger that somebody removed is written again, and its directory made again, for the owner only; one that somebody
 * replaced is left alone until the next change.
 */
export const layer = (file: string, isOurs: () => boolean = () => true): Layer.Layer<LedgerStore> =>
  Layer.effect(
    LedgerStore,
    Effect.map(ReplacedFile.keep(file, 0o600, isOurs, true), ({ change, replaced }) => ({
      file,
      read: Effect.tryPromise({
        try: () => read(file),
        catch: (error) => new LedgerRefused({ file, reason: ReplacedFile.reason(error) })
      }),
      replace: (text: string) => change(() => replaced.replace(seal(text)), refused),
      remove: change(() => {
        replaced.letGo()
        return unlink(file)
      }, refused),
      freshId: Effect.sync(() => randomBytes(16).toString("hex")),
      sign: (key: string, text: string) => createHmac("sha256", key).update(text).digest("hex").slice(0, 32),
      boot: Adoption.bootId(),
      keeper,
      isRunning
    }))
  )
