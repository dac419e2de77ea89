import type { Reporter, TestModule } from "vitest/node"

/** Ends a test run with the line that CI looks for: `N passed, N failed, N skipped`. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, errors: ReadonlyArray<unknown>) {
    const tally = { passed: 0, failed: 0, skipped: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        tally[state === "pending" ? "skipped" : state] += 1
      }
      // A file that cannot even be loaded has no tests that could fail.
      if (module.state() === "failed" && [...module.children.allTests()].length === 0) tally.failed += 1
    }
    tally.failed += errors.length
    // Behind what the other reporters print.
    process.on("exit", () => {
      console.log(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`)
    })
  }
}
