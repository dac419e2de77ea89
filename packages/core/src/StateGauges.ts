import type { GroupName } from "@clinit/protocol/Names"
import { GroupState, ProcessState } from "@clinit/protocol/Status"
import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import * as Struct from "effect/Struct"
import * as Metrics from "./Metrics.ts"
import type { StatusBoard } from "./StatusBoard.ts"

const processStates = Struct.keys(ProcessState.cases)

/** The gauges of states, which ask the board whenever somebody reads them. */
export interface StateGauges {
  /** Shows the states of a group that was told, and of its entries, from now on. */
  readonly add: (group: GroupName) => void
  readonly remove: (group: GroupName) => void
  readonly removeAll: () => void
}

/**
 * Registers the gauges in the context's registry until they are removed. `untold` counts the groups of the cltab that were
 * never told anything.
 */
export const make = (
  context: Context.Context<never>,
  board: Pick<StatusBoard["Service"], "group" | "groups">,
  untold: () => number
): StateGauges => {
  const register = (name: Metrics.OfType<"gauge">, labels: Metrics.Labels, read: () => number) =>
    Metrics.register(name, labels, context, read)

  const ofDaemon = GroupState.literals.map((state) =>
    register("groups", { state }, () => {
      const there = board.groups().filter((group) => group.state === state).length
      return state === "CONFIGURED" ? there + untold() : there
    })
  )
  const ofGroups = new Map<GroupName, ReadonlyArray<Metric.Registration>>()

  const remove = (group: GroupName) => {
    for (const registration of ofGroups.get(group) ?? []) registration.remove()
    ofGroups.delete(group)
  }

  return {
    add(group) {
      if (ofGroups.has(group)) return
      const states = GroupState.literals.map((state) =>
        register("groupState", { group, state }, () => board.group(group)?.state === state ? 1 : 0)
      )
      const processes = processStates.map((state) =>
        register(
          "processes",
          { group, state },
          () => board.group(group)?.processes.filter((process) => process.state._tag === state).length ?? 0
        )
      )
      ofGroups.set(group, [...states, ...processes])
    },
    remove,
    removeAll() {
      for (const group of ofGroups.keys()) remove(group)
      for (const registration of ofDaemon) registration.remove()
    }
  }
}
