import { escape } from "@clinit/core/Quotation"

// Without Effect: the quick way of `clinit status` complains, too.

/** What went wrong, for standard error: control characters are shown, not sent to the terminal. */
export const lines = (text: string, prefix = "clinit: "): string =>
  text.split("\n").map((line) => `${prefix}${escape(line)}\n`).join("")

/** Whether a result was not printed only since its reader went away, or its terminal was closed: no reason to fail. */
export const isUnread = ({ code }: NodeJS.ErrnoException): boolean => code === "EPIPE" || code === "EIO"

/** What is said of a result that could not be printed, on a full disk for instance. */
export const unprinted = ({ message }: Error): string => lines(`cannot print: ${message}`)

/** What the refusal of a cltab means; what is wrong with that is told behind it. */
export const refusedCltab = (file: string): string =>
  `${file} was modified since it was loaded and is refused; what was loaded stays in force`
