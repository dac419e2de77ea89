/** The processor time, in milliseconds, that the work takes at best. Other processes do not count. */
const cost = (work: () => void): number =>
  Math.min(...Array.from({ length: 4 }, () => {
    const before = process.cpuUsage()
    work()
    const { system, user } = process.cpuUsage(before)
    return (system + user) / 1_000
  }))

/**
 * The power of the size with which the work grows from `small` to `large`: 1 for what is linear, 2 for what is quadratic.
 * What is made ready for a size is not counted.
 */
export const exponent = <A>(
  prepare: (size: number) => A,
  work: (prepared: A) => void,
  [small, large]: readonly [small: number, large: number]
): number => {
  const [few, many] = [prepare(small), prepare(large)]
  work(many)
  const ratio = cost(() => work(many)) / cost(() => work(few))
  return Math.log(ratio) / Math.log(large / small)
}
