import { it } from "@effect/vitest"

/** `it`, or where something stands against the test, a skipped test whose title says what. */
export const itUnless = (obstacle: string | undefined) => (title: string, test: () => Promise<void>): void =>
  obstacle === undefined ? void it(title, test) : void it.skip(`${title} [${obstacle}]`, test)
