import { defineConfig } from "vitest/config"

// Tests run on the sources: packages export those under this condition.
const conditions = ["@clinit/source"]

const project = (name: string) => ({
  extends: true as const,
  test: { name, root: `packages/${name}`, include: ["test/**/*.test.ts"] }
})

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    projects: [project("protocol"), project("core"), project("cli")],
    reporters: ["default", new URL("scripts/TallyReporter.ts", import.meta.url).pathname]
  }
})
