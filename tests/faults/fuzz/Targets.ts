import * as BlowUp from "./BlowUpTarget.ts"
import * as Cltab from "./CltabTarget.ts"
import * as LedgerFile from "./LedgerFileTarget.ts"
import * as LedgerText from "./LedgerTextTarget.ts"
import * as Lines from "./LinesTarget.ts"
import * as Lives from "./LivesTarget.ts"
import * as Mark from "./MarkTarget.ts"
import * as Socket from "./SocketTarget.ts"
import type { Target } from "./Target.ts"

/** Everything under test. */
export const targets: ReadonlyArray<Target> = [
  Cltab,
  Lines,
  Lives,
  Socket,
  LedgerText,
  LedgerFile,
  Mark,
  BlowUp
].map(({ target }) => target)

export const named = (name: string): Target => {
  const found = targets.find((target) => target.name === name)
  if (found === undefined) throw new Error(`no such target: ${name}`)
  return found
}
