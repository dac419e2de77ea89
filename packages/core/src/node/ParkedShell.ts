import * as LaunchScript from "./LaunchScript.ts"
import * as TreeMark from "./TreeMark.ts"

// A process that moves into a control group waits for all processors of the machine: 7 to 18 ms, unless somebody else has
// just done so. A shell that has moved before anybody knows what it will be saves an entry that, and its own start.

/**
 * What has a shell move by the entrance to its control group, wait for a line and carry it out; without one it ends. That
 * it is not let in, as when everything ends at that moment, is nobody's business.
 */
export const scriptBehind = (entrance: string): string =>
  [
    `{ ${entrance} } 2>/dev/null`,
    "echo >&3",
    `read -r ${LaunchScript.variable} <&3||exit 125`,
    `eval "$${LaunchScript.variable}"`
  ].join(";")

/** A shell reads its line byte by byte. */
const longestLine = 2_000

/** Words that mean the same to every shell, with a program that takes the shell's place: it need not begin once more. */
const plainExec = /^exec [A-Za-z0-9_./][A-Za-z0-9_./+@%,:= -]*$/

/**
 * The line by which a parked shell says that it has read it and becomes the process with this script and these marks, and nothing tells the two apart
 * but that it was there before; nothing if there is no such line.
 */
export const lineFor = (script: string, marks: string): string | undefined => {
  const command = plainExec.test(script) ? script : `exec /bin/sh -c ${LaunchScript.quote(script)}`
  const line = `unset ${LaunchScript.variable};export ${TreeMark.variable}=${
    LaunchScript.quote(marks)
  };echo >&3;exec 3<&-;${command}`
  return line.length <= longestLine && !/[\n\0]/.test(line) ? `${line}\n` : undefined
}
