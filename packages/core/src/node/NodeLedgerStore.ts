import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { hash, randomBytes } from "node:crypto"
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import { crc32 } from "node:zlib"
import type { Keeper, Kept } from "../LedgerStore.ts"
import { LedgerRefused, LedgerStore, LedgerUnwritable } from "../LedgerStore.ts"
import * as Adoption from "./Adoption.ts"
import * as JournalFile from "./JournalFile.ts"
import * as LeaderWatch from "./LeaderWatch.ts"
import * as ProcessStat from "./ProcessStat.ts"
import * as ReplacedFile from "./ReplacedFile.ts"

/** A larger ledger is refused rather than read into memory. */
const maxMebibytes = 128

const hex = (number: number) => number.toString(16).padStart(8, "0")

/** The last line of what was replaced: a checksum of all bytes before it, and how many they are. */
const trailer = (text: Uint8Array) => `#crc32 ${hex(crc32(text))} ${text.length}\n`
const trailerPattern = /#crc32 [0-9a-f]{8} (\d+)\n/g

const seal = (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.from(trailer(bytes))])

/**
 * The line before what was added at once: how many bytes that is, a checksum of all that was kept up to its end, seals and lines
 * like this one apart, and a checksum of this line and what was kept before.
 */
const heading = (length: number, sumBefore: number, sum: number) => {
  const line = `#more ${hex(length)} ${hex(sum)} `
  return `${line}${hex(crc32(line, sumBefore))}\n`
}
const emptyHeading = heading(0, 0, 0)
const headingPattern = /^#more ([0-9a-f]{8}) ([0-9a-f]{8}) [0-9a-f]{8}\n$/

/**
 * The text that was sealed, and what comes behind the seal. That is the last line unless something was added: a text may have
 * lines that look like one.
 */
const findSeal = (bytes: Buffer): { readonly text: Buffer; readonly rest: Buffer } => {
  const all = [...bytes.toString("latin1").matchAll(trailerPattern)]
  for (const { 0: line, 1: length, index } of [...all.slice(-1), ...all]) {
    const text = bytes.subarray(0, index)
    if (index === Number(length) && line === trailer(text)) {
      return { text, rest: bytes.subarray(index + line.length) }
    }
  }
  throw new Error(
    `is truncated or was altered: ${all.length === 0 ? "it has no checksum" : "its checksum is wrong"}`
  )
}

const decode = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new Error("is not UTF-8")
  }
}

const altered = () => new Error("is truncated or was altered: the checksum of what was added is wrong")

/** What was added next, behind what has this checksum; nothing if it is not all there. Fails if it was altered. */
const nextAdded = (
  rest: Buffer,
  sumBefore: number
): { readonly bytes: Buffer; readonly sum: number } | undefined => {
  const line = rest.subarray(0, emptyHeading.length).toString("latin1")
  const fields = headingPattern.exec(line + emptyHeading.slice(line.length))
  if (fields === null) throw altered()
  if (line.length < emptyHeading.length) return undefined
  const [length = 0, sum = 0] = fields.slice(1).map((field) => parseInt(field, 16))
  if (line !== heading(length, sumBefore, sum)) throw altered()
  const bytes = rest.subarray(line.length, line.length + length)
  if (bytes.length < length) return undefined
  if (crc32(bytes, sumBefore) !== sum) throw altered()
  return { bytes, sum }
}

/**
 * What was kept; fails if as much as a byte differs. Only the end of what was added last may be missing: its writer was killed,
 * or had no room, before it was all there.
 */
const unseal = (bytes: Buffer): Kept => {
  const sealed = findSeal(bytes)
  const added: Array<Buffer> = []
  let sum = crc32(sealed.text)
  let rest = sealed.rest
  while (rest.length > 0) {
    const next = nextAdded(rest, sum)
    if (next === undefined) break
    added.push(next.bytes)
    sum = next.sum
    rest = rest.subarray(emptyHeading.length + next.bytes.length)
  }
  return { text: decode(sealed.text), added: decode(Buffer.concat(added)), isTorn: rest.length > 0 }
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

const read = async (file: string): Promise<Kept | undefined> => {
  const sealed = await readSealed(file)
  return sealed === undefined ? undefined : unseal(sealed)
}

const startTime = Result.getOrUndefined(Result.try(() => ProcessStat.read("self")?.startTime))

const keeper: Keeper = { pid: process.pid, ...(startTime === undefined ? {} : { startTime }) }

/** Where there are no start times the owner lock has to do. */
const isRunning = ({ pid, startTime }: Keeper): boolean =>
  startTime !== undefined && pid !== process.pid && LeaderWatch.isAlive({ pid, startTime })

const refused = (reason: string) => new LedgerUnwritable({ reason })

/** HMAC with SHA-256 (RFC 2104) as node:crypto makes it, at a third of the price: that makes a stream for each text. */
const makeSign = () => {
  const blockBytes = 64
  let known: { readonly key: string; readonly inner: Buffer; readonly outer: Buffer } | undefined
  const padded = (key: string, byte: number) => {
    const block = Buffer.alloc(blockBytes)
    Buffer.from(key.length > blockBytes ? hash("sha256", key, "buffer") : key).copy(block)
    return block.map((each) => each ^ byte) as Buffer
  }
  return (key: string, text: string): string => {
    if (known?.key !== key) known = { key, inner: padded(key, 0x36), outer: padded(key, 0x5c) }
    const inner = hash("sha256", Buffer.concat([known.inner, Buffer.from(text)]), "buffer")
    return hash("sha256", Buffer.concat([known.outer, inner]), "hex").slice(0, 32)
  }
}

/**
 * The ledger at this path, which is written and removed only as long as that place is ours. While the layer lives, a
 * ledger that somebody removed is written again, and its directory made again, for the owner only; one that somebody
 * replaced is left alone until the next change.
 */
export const layer = (file: string, isOurs: () => boolean = () => true): Layer.Layer<LedgerStore> =>
  Layer.effect(
    LedgerStore,
    Effect.gen(function*() {
      const journal = JournalFile.make(file, 0o600)
      yield* Effect.addFinalizer(() => Effect.promise(async () => journal.letGo()))
      const change = ReplacedFile.changing(file, isOurs)
      yield* ReplacedFile.keep(file, journal, change, true)
      /** The checksum of what was kept. */
      let sum = 0
      return {
        file,
        read: Effect.tryPromise({
          try: () => read(file),
          catch: (error) => new LedgerRefused({ file, reason: ReplacedFile.reason(error) })
        }),
        replace: (text: string) =>
          change(async () => {
            const bytes = Buffer.from(text)
            await journal.replace(seal(bytes))
            sum = crc32(bytes)
          }, refused),
        append: (text: string) =>
          change(async () => {
            const bytes = Buffer.from(text)
            const sumAfter = crc32(bytes, sum)
            const isThere = await journal.append(
              Buffer.concat([Buffer.from(heading(bytes.length, sum, sumAfter)), bytes])
            )
            if (isThere) sum = sumAfter
            return isThere
          }, refused),
        remove: change(async () => {
          await journal.letGo()
          await ReplacedFile.unlink(file)
        }, refused),
        freshId: Effect.sync(() => randomBytes(16).toString("hex")),
        sign: makeSign(),
        boot: Adoption.bootId(),
        keeper,
        isRunning
      }
    })
  )
