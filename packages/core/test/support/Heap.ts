import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

/** The bytes on the heap that something still refers to. */
export const reachableBytes = (): number => {
  collect()
  return process.memoryUsage().heapUsed
}
