import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

// Tests run on the sources: packages export those under this condition.
const conditions = ["@clinit/source"]

const project = (name: string) => ({
  extends: true as const,
  // The limit is against what hangs: a machine that is busy with other things makes a second of work take ten.
  test: {
    name,
    root: `packages/${name}`,
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    env: { TZ: "UTC" }
  }
})

// Real processes, which mostly wait: many tests at a time.
const endToEnd = { globalSetup: "test/support/build.ts", maxConcurrency: 12 }
const cli = project("cli")

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    // By default a core is left idle, and most files have tests that wait for real processes.
    maxWorkers: availableParallelism() + 1,
    projects: [
      project("protocol"),
      project("core"),
      { ...cli, test: { ...cli.test, ...endToEnd } },
      // The packages as they are published: packed, installed and used.
      {
        extends: true as const,
        test: {
          name: "packages",
          root: "tests/packages",
          globalSetup: "support/setup.ts",
          testTimeout: 180_000
        }
      }
    ],
    reporters: ["default", new URL("scripts/TallyReporter.ts", import.meta.url).pathname]
  }
})
