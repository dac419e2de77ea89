/** Bundles the command line into packages/cli/dist: plain files without dependencies to install. */
import { build } from "esbuild"
import { chmodSync, readFileSync, renameSync, rmSync } from "node:fs"

const cli = new URL("../packages/cli/", import.meta.url).pathname
const { version } = JSON.parse(readFileSync(`${cli}package.json`, "utf8")) as { version: string }

// Built beside and then moved: whoever runs the old one meanwhile still finds all of its parts.
rmSync(`${cli}dist.new`, { recursive: true, force: true })
await build({
  entryPoints: { clinit: `${cli}src/bin.ts`, main: `${cli}src/main.ts` },
  outdir: `${cli}dist.new`,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node22.19",
  conditions: ["@clinit/source"],
  minify: true,
  legalComments: "none",
  chunkNames: "chunks/[name]-[hash]",
  define: { CLINIT_VERSION: JSON.stringify(version) }
})
chmodSync(`${cli}dist.new/clinit.js`, 0o755)
rmSync(`${cli}dist`, { recursive: true, force: true })
renameSync(`${cli}dist.new`, `${cli}dist`)
