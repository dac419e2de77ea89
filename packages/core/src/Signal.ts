import * as Schema from "effect/Schema"

/** The signals of signal(7) that can be told from one another by name, without their `SIG`. */
export const words = [
  "HUP",
  "INT",
  "QUIT",
  "ILL",
  "TRAP",
  "ABRT",
  "BUS",
  "FPE",
  "KILL",
  "USR1",
  "SEGV",
  "USR2",
  "PIPE",
  "ALRM",
  "TERM",
  "CHLD",
  "CONT",
  "STOP",
  "TSTP",
  "TTIN",
  "TTOU",
  "URG",
  "XCPU",
  "XFSZ",
  "VTALRM",
  "PROF",
  "WINCH",
  "IO",
  "SYS"
] as const

/** A signal's name as `kill(2)` and Node know it. */
export const Signal = Schema.Literals(words.map((word) => `SIG${word}` as const))
export type Signal = typeof Signal.Type

const harmless: ReadonlySet<Signal> = new Set([
  "SIGCHLD",
  "SIGCONT",
  "SIGSTOP",
  "SIGTSTP",
  "SIGTTIN",
  "SIGTTOU",
  "SIGURG",
  "SIGWINCH"
])

/** Whether the signal ends a process that has no handler for it, as signal(7) has it. */
export const endsByDefault = (signal: Signal): boolean => !harmless.has(signal)

/** The signal with this name, with or without `SIG`, in any case. */
export const named = (name: string): Signal | undefined => {
  const word = name.toUpperCase().replace(/^SIG/, "")
  return words.find((each) => each === word) && `SIG${word as typeof words[number]}`
}
