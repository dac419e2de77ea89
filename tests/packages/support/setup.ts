import { execFileSync } from "node:child_process"
import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import type { TestProject } from "vitest/node"
import build from "../../../packages/cli/test/support/build.ts"
import * as PublicModules from "../../../scripts/PublicModules.ts"
import * as Consumer from "./Consumer.ts"

declare module "vitest" {
  interface ProvidedContext {
    readonly consumer: Consumer.Consumer
  }
}

/** Before the tests of the packages: builds and packs them, and installs them in a directory that lasts as long as the tests. */
export default ({ provide }: TestProject) => {
  // Whoever packs may have a clean clone: nothing that was built for other purposes is there to help.
  for (const name of PublicModules.libraries) {
    rmSync(`${Consumer.root}packages/${name}/dist`, { recursive: true, force: true })
  }
  execFileSync(process.execPath, [`${Consumer.root}scripts/libraries.ts`], { stdio: "inherit" })
  build()
  const directory = mkdtempSync(path.join(realpathSync(tmpdir()), "clinit-packages-"))
  const remove = () => rmSync(directory, { recursive: true, force: true })
  // A run that is given up in the middle leaves nothing behind either.
  process.once("exit", remove)
  try {
    provide("consumer", Consumer.make(directory))
  } catch (error) {
    remove()
    throw error
  }
  return remove
}
