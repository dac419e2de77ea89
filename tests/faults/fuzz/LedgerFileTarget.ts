import { LedgerStore } from "@clinit/core/LedgerStore"
import * as NodeLedgerStore from "@clinit/core/node/NodeLedgerStore"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { isUtf8 } from "node:buffer"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { crc32 } from "node:zlib"
import { toBytes } from "./ByteText.ts"
import type { ByteText } from "./ByteText.ts"
import { claim } from "./Failure.ts"
import { checkReason, checkText } from "./LedgerChecks.ts"
import * as LedgerInputs from "./LedgerInputs.ts"
import * as Mutation from "./Mutation.ts"
import type { Random } from "./Random.ts"
import type { Input, Session, Target } from "./Target.ts"

/** As the store seals it; that the store reads it back shows that this is right. */
const seal = (text: ByteText): ByteText => {
  const bytes = toBytes(text)
  return `${text}#crc32 ${crc32(bytes).toString(16).padStart(8, "0")} ${bytes.length}\n`
}

/** A file whose checksum is right, and what became of it: often nothing. */
const generate = (random: Random): Input => {
  const { bytes, origin } = LedgerInputs.generate(random)
  const sealed = seal(bytes)
  if (random.chance(0.5)) return { origin, bytes: sealed }
  const mutated = random.chance(0.1)
    ? Mutation.noise(random, random.below(100))
    : Mutation.mutate(random, sealed, LedgerInputs.words)
  return { origin: "mutated", bytes: mutated }
}

/** The text in front of a right checksum, by other means than those of the store. */
const unsealed = (bytes: ByteText): ByteText | undefined => {
  const at = bytes.lastIndexOf("#crc32 ")
  return at >= 0 && seal(bytes.slice(0, at)) === bytes ? bytes.slice(0, at) : undefined
}

const open = async (): Promise<Session> => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "clinit-fuzz-"))
  const file = path.join(directory, "ledger")
  const scope = Effect.runSync(Scope.make())
  const store = Context.get(
    await Effect.runPromise(Layer.buildWithScope(NodeLedgerStore.layer(file), scope)),
    LedgerStore
  )
  await Effect.runPromise(store.remove)
  return {
    async check({ bytes, origin }, random) {
      fs.writeFileSync(file, toBytes(bytes), { mode: 0o600 })
      const read = await Effect.runPromise(Effect.result(store.read))
      // Where what is added would begin, its first bytes alone are what a writer left that was killed.
      const torn = Result.isSuccess(read) && read.success?.isTorn === true
      const end = bytes.lastIndexOf("#more")
      const text = unsealed(torn && end >= 0 ? bytes.slice(0, end) : bytes)
      if (text === undefined || !isUtf8(toBytes(text))) {
        claim(Result.isFailure(read), "a file that was altered is read")
        return checkReason(read.failure.message)
      }
      claim(Result.isSuccess(read), () => `a file that was not altered is refused: ${String(read)}`)
      const decoded = Buffer.from(text, "latin1").toString("utf8")
      claim(read.success?.text === decoded && read.success.added === "", "a file reads as something else")
      checkText(decoded, random, origin === "valid")
    },
    settle: async () => {
      // What the store itself writes is what this suite takes for sealed.
      await Effect.runPromise(store.replace("a line\n"))
      claim(fs.readFileSync(file, "latin1") === seal("a line\n"), "the store seals in another way")
      await Effect.runPromise(store.remove)
    },
    close: async () => {
      await Effect.runPromise(Scope.close(scope, Exit.void))
      fs.rmSync(directory, { recursive: true, force: true })
    }
  }
}

/** The ledger's file: its checksum, and what stands behind a right one. */
export const target: Target = {
  name: "ledger file",
  generate,
  open,
  settleEvery: 5_000,
  lanes: 1,
  patience: 1_000,
  isPure: false
}
