/** Bundles the command line into packages/cli/dist: plain files without dependencies to install. */
import { build } from "esbuild"
import type { BuildOptions, Plugin } from "esbuild"
import { chmodSync, readFileSync, renameSync, rmSync } from "node:fs"
import { builtins } from "./builtins.ts"
import * as parts from "./parts.ts"

const packages = new URL("../packages/", import.meta.url).pathname
const cli = `${packages}cli/`
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

const forker = "forker.cjs"

/** The parts of a bundle lie beside one another or one folder deeper, and the forker's program at the top. */
const forkerFile: Plugin = {
  name: "forker-file",
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]ForkerFile\.ts$/ }, () => ({
      contents: `const folder = new URL("./", import.meta.url)
        const top = folder.pathname.endsWith("/chunks/") ? new URL("../", folder) : folder
        export const find = () => new URL("${forker}", top)`
    }))
}

// Built beside and then moved: whoever runs the old one meanwhile still finds all of its parts.
rmSync(`${cli}dist.new`, { recursive: true, force: true })
const common: BuildOptions = {
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node22.19",
  conditions: ["@clinit/source"],
  minify: true,
  legalComments: "none",
  define: { CLINIT_VERSION: JSON.stringify(version) }
}
const { elsewhere, late, quick, thorough } = parts
await build({
  ...common,
  entryPoints: [`${cli}src/${quick}.ts`],
  outfile: `${cli}dist.new/clinit.js`,
  plugins: [elsewhere(packages, [...thorough, ...late]), builtins(packages)]
})
// Apart from one another: of what they share there would be ten small files more, which every command had to open.
for (const entry of [...thorough, ...late]) {
  await build({
    ...common,
    entryPoints: { [entry]: `${cli}src/${entry}.ts` },
    outdir: `${cli}dist.new`,
    splitting: true,
    plugins: [elsewhere(packages, ["daemon", ...late]), lateSegmenter, forkerFile, builtins(packages)],
    chunkNames: "chunks/[name]-[hash]"
  })
}
await build({
  ...common,
  // Loaded a little faster than an ES module.
  format: "cjs",
  entryPoints: [`${packages}core/src/node/Forker.ts`],
  outfile: `${cli}dist.new/${forker}`
})
chmodSync(`${cli}dist.new/clinit.js`, 0o755)
rmSync(`${cli}dist`, { recursive: true, force: true })
renameSync(`${cli}dist.new`, `${cli}dist`)
