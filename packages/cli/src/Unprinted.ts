/** Whether a result was not printed only since its reader went away, or its terminal was closed: no reason to fail. */
export const isUnread = ({ code }: NodeJS.ErrnoException): boolean => code === "EPIPE" || code === "EIO"

/** What is said of a result that could not be printed, on a full disk for instance. */
export const describe = (error: Error): string => `clinit: cannot print: ${error.message}\n`
