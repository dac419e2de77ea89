import * as fs from "node:fs"

/** O_CLOEXEC as /proc/PID/fdinfo/FD shows it, see proc_pid_fdinfo(5). */
const closeOnExec = 0o2_000_000

/**
 * Closes the descriptors beyond the standard ones that this process was started with and that its children would
 * inherit. To be called before anything else is opened; does nothing where there is no /proc.
 *
 * Node opens its own descriptors to be closed on exec and marks inherited ones likewise at its start, but only up to
 * the first number beyond 15 that is free.
 */
export const close = (): void => {
  let descriptors: ReadonlyArray<string>
  try {
    descriptors = fs.readdirSync("/proc/self/fd")
  } catch {
    return
  }
  for (const descriptor of descriptors.map(Number)) {
    if (descriptor > 2 && isPassedOn(descriptor)) fs.closeSync(descriptor)
  }
}

const isPassedOn = (descriptor: number): boolean => {
  try {
    const info = fs.readFileSync(`/proc/self/fdinfo/${descriptor}`, "latin1")
    const flags = /^flags:\s*([0-7]+)$/m.exec(info)?.[1]
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0
  } catch {
    return false // it was the one that the directory was read with
  }
}
