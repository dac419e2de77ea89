import { escape } from "@clinit/core/Quotation"

/** What went wrong, for standard error: control characters are shown, not sent to the terminal. */
export const lines = (text: string, prefix = "clinit: "): string =>
  text.split("\n").map((line) => `${prefix}${escape(line)}\n`).join("")
