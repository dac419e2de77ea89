import * as ExitCode from "./ExitCode.ts"
import type { Recognised } from "./Express.ts"
import { carryOut } from "./orders/CarryOut.ts"
import * as Print from "./Print.ts"
import { answer } from "./status/Answer.ts"

/** Answers the question or gives the order, and ends the process, as `main.ts` would. */
export const run = async (found: Exclude<Recognised, { readonly _tag: "Daemon" }>): Promise<void> => {
  try {
    Print.end(await (found._tag === "Question" ? answer(found.question) : carryOut(found.given)))
  } catch (defect) {
    Print.complain(`internal error: ${defect instanceof Error ? defect.stack : String(defect)}`)
    Print.end(ExitCode.defect)
  }
}
