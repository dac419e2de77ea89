import { defineConfig } from "vitest/config"

// Tests run on the sources: packages export those under this condition.
const conditions = ["@clinit/source"]

const project = (name: string) => ({
  extends: true as const,
  test: { name, root: `packages/${name}`, include: ["test/**/*.test.ts"] }
})

// Real processes, which mostly wait: many tests at a time, each with time to spare.
const endToEnd = { globalSetup: "test/support/build.ts", maxConcurrency: 12, testTimeout: 60_000 }
const cli = project("cli")

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    projects: [project("protocol"), project("core"), { ...cli, test: { ...cli.test, ...endToEnd } }],
    reporters: ["default", new URL("scripts/TallyReporter.ts", import.meta.url).pathname]
  }
})
