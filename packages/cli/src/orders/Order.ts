/** What the daemon is ordered to do. */
export type Order =
  | {
    readonly verb: "tell"
    readonly group: string
    readonly level: string
    /** The words name only a level: the group is the one named like this host. */
    readonly ofHost: boolean
    /** The subcommand that the words resemble: said if they make little sense as a tell. */
    readonly command: string | undefined
  }
  /** `GROUP` or `GROUP/TAG`. */
  | { readonly verb: ByHand; readonly name: string }
  /** Without a name of all groups. */
  | { readonly verb: "retry"; readonly name: string | undefined }
  /** The signal as it was written. */
  | { readonly verb: "signal"; readonly name: string; readonly signal: string }
  | { readonly verb: "reread"; readonly apply: boolean }
  | { readonly verb: "shutdown" }

export type ByHand = "start" | "stop" | "restart"

/** How it is ordered. */
export interface Manner {
  readonly cltab: string
  readonly socket: string | undefined
  readonly verbose: boolean
  readonly wait: boolean
  readonly noWait: boolean
  /** How many seconds the answer is waited for; without a limit if there is none. */
  readonly timeout: number | undefined
}

/** An order as a command line gives it. */
export interface Given {
  readonly order: Order
  readonly manner: Manner
}

const byHand: ReadonlySet<string> = new Set<ByHand>(["start", "stop", "restart"])

export const isByHand = (verb: string): verb is ByHand => byHand.has(verb)

/** Whether the answer shall be the outcome: a time limit makes sense for nothing else. What is done by hand waits anyway. */
export const waits = ({ verb }: Order, { noWait, timeout, wait }: Manner): boolean =>
  !noWait && (isByHand(verb) || wait || timeout !== undefined)

/** What is waited for, in words. */
export const described = (order: Order): string => {
  switch (order.verb) {
    case "tell":
      return `${order.group} to level ${order.level}`
    case "retry":
      return "the retry"
    case "signal":
      return "the signal"
    case "reread":
      return "what the cltab asks for"
    case "shutdown":
      return "the shutdown"
    default:
      return `the ${order.verb} of ${order.name}`
  }
}

/** The group or entry that it is about; of the rest all groups. */
export const subject = (order: Order): string | undefined =>
  order.verb === "tell" ? order.group : "name" in order ? order.name : undefined
