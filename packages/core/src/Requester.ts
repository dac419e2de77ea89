import type * as Event from "@clinit/protocol/Event"
import * as Context from "effect/Context"

/** Who gives the order that is being carried out, for the history; nothing need be known of it. */
export const Requester = Context.Reference<Event.Requester>("@clinit/core/Requester", {
  defaultValue: () => ({})
})

const longestUser = 100
const longestCommand = 200

/** A client as the history remembers it: what it says of itself, cut to what a line has room for. */
export const ofClient = (client: Event.Client | undefined): Event.Requester =>
  client === undefined ? {} : {
    pid: client.pid,
    ...(client.user === undefined ? {} : { user: client.user.slice(0, longestUser) }),
    ...(client.command === undefined ? {} : { command: client.command.slice(0, longestCommand) })
  }
