import * as Complaint from "../Complaint.ts"
import * as ExitCode from "../ExitCode.ts"
import * as Status from "./Answer.ts"
import type { Question } from "./Question.ts"

// A stream that is not needed is not opened: that takes a millisecond.
const write = (stream: NodeJS.WriteStream, text: string, failed: (error: Error) => void) => {
  stream.on("error", failed)
  stream.write(text)
}

const complain = (text: string) => write(process.stderr, text, () => {})

/** Answers the question and ends the process, as `main.ts` would. */
export const run = async (question: Question): Promise<void> => {
  try {
    const { code, stderr, stdout } = await Status.answer(question, complain)
    process.exitCode = code
    if (stdout !== "") {
      write(process.stdout, stdout, (error) => {
        if (Complaint.isUnread(error)) return
        process.exitCode ||= ExitCode.refused
        complain(Complaint.unprinted(error))
      })
    }
    if (stderr !== "") complain(stderr)
  } catch (defect) {
    process.exitCode = ExitCode.defect
    complain(Complaint.lines(`internal error: ${defect instanceof Error ? defect.stack : String(defect)}`))
  }
}
