/** The monotonic clock in milliseconds: the same that the programs in `native` stamp. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6
