/** When states are coloured: where a terminal is there to show it, always, or never. */
export const colours = ["auto", "always", "never"] as const
export type Colour = typeof colours[number]

export const commands = ["status", "is-up", "is-failed"] as const

/** What the daemon is asked by `clinit status`, `is-up` and `is-failed`; `name` is `GROUP` or `GROUP/TAG`. */
export interface Question {
  readonly command: typeof commands[number]
  readonly cltab: string
  readonly socket: string | undefined
  readonly name: string | undefined
  readonly level: string | undefined
  readonly json: boolean
  readonly all: boolean
  readonly color: Colour
  /** How many seconds the answer is waited for; without a limit if there is none. */
  readonly timeout: number | undefined
}
