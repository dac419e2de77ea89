import * as Command from "effect/cli/Command"
import type { FlagDescriptor } from "effect/cli/Completions"
import * as Completions from "effect/cli/Completions"
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Output from "./Output.ts"
import { version } from "./Version.ts"

// effect/cli's own has the alias -v, which has always meant something else here.
const versionFlag = GlobalFlag.Action({
  flag: Flag.Boolean("version").pipe(Flag.withDescription("Show the version"), Flag.withDefault(false)),
  run: () => Output.print(`clinit ${version}`)
})

/** Flags that act by themselves, whatever the command. */
export const builtIns = [GlobalFlag.Help, versionFlag]

/** The same, as completion describes flags. */
export const described = (): ReadonlyArray<FlagDescriptor> =>
  Completions.fromCommand(Command.make("clinit", { help: GlobalFlag.Help.flag, version: versionFlag.flag }))
    .flags
