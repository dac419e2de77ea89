/** Bundles the command line into packages/cli/dist: plain files without dependencies to install. */
import { build } from "esbuild"
import type { Plugin } from "esbuild"
import { chmodSync, readFileSync, renameSync, rmSync } from "node:fs"

const cli = new URL("../packages/cli/", import.meta.url).pathname
const { version } = JSON.parse(readFileSync(`${cli}package.json`, "utf8")) as { version: string }

/**
 * effect/cli makes a segmenter of text as soon as it is loaded. That takes 9 ms, an eighth of what a client command
 * takes as a whole, and only help and tables need it: it is made when it is first used.
 */
const lateSegmenter: Plugin = {
  name: "late-segmenter",
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]effect[\\/]dist[\\/]cli[\\/]CliOutput\.js$/ }, ({ path }) => {
      const eager = /const graphemeSegmenter = (?:\/\*#__PURE__\*\/)?(new Intl\.Segmenter\([^()]*\));/
      const text = readFileSync(path, "utf8")
      if (!eager.test(text)) throw new Error(`${path} no longer makes its segmenter so`)
      const late = "let made; const graphemeSegmenter = { segment: (text) => (made ??= $1).segment(text) };"
      return { contents: text.replace(eager, late) }
    })
}

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
  plugins: [lateSegmenter],
  chunkNames: "chunks/[name]-[hash]",
  define: { CLINIT_VERSION: JSON.stringify(version) }
})
chmodSync(`${cli}dist.new/clinit.js`, 0o755)
rmSync(`${cli}dist`, { recursive: true, force: true })
renameSync(`${cli}dist.new`, `${cli}dist`)
