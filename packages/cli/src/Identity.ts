import type { Client } from "@clinit/protocol/Event"
import * as os from "node:os"

const longestCommand = 200

/** Nothing for a user who has no account. */
const userName = (): string | undefined => {
  try {
    return os.userInfo().username
  } catch {
    return undefined
  }
}

/** This process as it tells the daemon's history who gives an order. */
export const self = (): { readonly client: Client } => {
  const name = userName() ?? `uid ${process.getuid?.()}`
  const sudoer = process.env["SUDO_USER"]
  return {
    client: {
      pid: process.pid,
      user: sudoer === undefined ? name : `${name}, by sudo of ${sudoer}`,
      command: ["clinit", ...process.argv.slice(2)].join(" ").slice(0, longestCommand)
    }
  }
}
