/**
 * Milliseconds of processor time that this thread has used: how long something takes does not depend on what else runs
 * on the machine.
 */
export const now = (): number => {
  // Node 22 has only the whole process's, with the threads that collect garbage.
  const { system, user } = (process.threadCpuUsage ?? process.cpuUsage)()
  return (user + system) / 1000
}
