import { toBytes } from "./ByteText.ts"
import { checkText } from "./LedgerChecks.ts"
import * as LedgerInputs from "./LedgerInputs.ts"
import type { Target } from "./Target.ts"
import { pure } from "./Target.ts"

/** The text of a ledger behind its checksum, and what a daemon would make of it. */
export const target: Target = {
  name: "ledger text",
  generate: LedgerInputs.generate,
  open: pure(({ bytes, origin }, random) =>
    checkText(new TextDecoder().decode(toBytes(bytes)), random, origin === "valid")
  ),
  settleEvery: 1e9,
  lanes: 1,
  patience: 1_000,
  isPure: true
}
