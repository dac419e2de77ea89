import { it } from "@effect/vitest"
import { spawnSync } from "node:child_process"

/** The programs that CI has installed for the tests: a test that lacks one of them must not be skipped. */
const installed = (process.env["CLINIT_TEST_PROGRAMS"] ?? "").split(" ")

/** Why a test that needs this program cannot be made, if it cannot. */
export const lacks = (program: string): string | undefined =>
  installed.includes(program) || spawnSync(program, ["--version"]).error === undefined
    ? undefined
    : `no ${program}`

/** `it`, or where something stands against the test, a skipped test whose title says what. */
export const itUnless = (obstacle: string | undefined) => (title: string, test: () => Promise<void>): void =>
  obstacle === undefined ? void it(title, test) : void it.skip(`${title} [${obstacle}]`, test)
