import { PerformanceObserver } from "node:perf_hooks"
import * as v8 from "node:v8"
import * as vm from "node:vm"

/** When so much time has passed without a collection of garbage, a burst of work has come to rest. */
const restMillis = 2_000

/** The heap has to have grown by so much for a full collection, which takes 20 to 40 ms, to be worth it. */
const worthBytes = 4 * 1_024 * 1_024

const heapBytes = () => v8.getHeapStatistics().total_physical_size

/** The collector of V8, which Node lends only to who asks for it at its start; a context that is made later has it as well. */
const borrowCollector = (): (() => void) | undefined => {
  v8.setFlagsFromString("--expose-gc")
  try {
    const collect: unknown = vm.runInNewContext("globalThis.gc")
    return typeof collect === "function"
      ? () => void collect({ type: "major", execution: "sync" })
      : undefined
  } finally {
    v8.setFlagsFromString("--no-expose-gc")
  }
}

/**
 * From now on this process, which is a daemon and works in bursts, holds less memory: the heap for what is young does not grow, only
 * what runs very often is compiled, and what a burst has left is given back when it has come to rest. Nothing wakes for this while nothing happens.
 */
export const begin = (): void => {
  // It would double with each burst and stay so; and of a page that was written the next fork makes a copy.
  v8.setFlagsFromString("--semi-space-growth-factor=1")
  // Ten times what V8 has: a burst is over before its functions are compiled to the end, by threads that keep the memory which that took.
  v8.setFlagsFromString("--invocation-count-for-maglev=4000")
  v8.setFlagsFromString("--invocation-count-for-turbofan=30000")
  // What the start has left is worth it in any case.
  let bytesAtRest = -Infinity
  const rest = setTimeout(() => {
    const isWorthIt = heapBytes() - bytesAtRest >= worthBytes
    if (isWorthIt) borrowCollector()?.()
    // V8 gives pages back some time after it has collected.
    bytesAtRest = isWorthIt ? heapBytes() : Math.min(bytesAtRest, heapBytes())
  }, restMillis).unref()
  new PerformanceObserver(() => rest.refresh()).observe({ entryTypes: ["gc"] })
}
