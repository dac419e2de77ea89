import * as ExitCode from "./ExitCode.ts"
import type { Recognised } from "./Express.ts"
import * as Print from "./Print.ts"

/** Answers the question or gives the order, and ends the process, as `main.ts` would. */
export const run = async (found: Exclude<Recognised, { readonly _tag: "Daemon" }>): Promise<void> => {
  try {
    // Only what is needed is evaluated.
    const code = found._tag === "Question"
      ? (await import("./status/Answer.ts")).answer(found.question)
      : (await import("./orders/CarryOut.ts")).carryOut(found.given)
    Print.end(await code)
  } catch (defect) {
    Print.complain(`internal error: ${defect instanceof Error ? defect.stack : String(defect)}`)
    Print.end(ExitCode.defect)
  }
}
