import type { Applied } from "@clinit/core/Daemon"
import type { LiveProcess } from "@clinit/core/testing/ScriptedSystem"
import type { GroupPlan } from "@clinit/protocol/Plan"
import type { Event } from "./ModelMachine.ts"

const show = (plan: GroupPlan) => JSON.stringify(plan)

/** Compares what plans say with what is done about them in the same moment: no time passes between order and look. */
export const make = (
  processes: () => ReadonlyArray<LiveProcess>,
  fail: (text: string) => void
) => {
  /** What was ever told to go, by pid: no second stop begins. */
  const going = new Set<number>()
  let plan: GroupPlan | undefined
  let signalled = new Set<number>()
  let started: Array<string> = []

  return {
    event(event: Event) {
      if (event.what === "signal" && event.signal !== "SIGCONT") {
        going.add(event.pid)
        signalled.add(event.pid)
      } else if (
        event.what === "spawn" && event.entry.logs === undefined && event.entry.group === plan?.group
      ) {
        started.push(event.entry.tag)
      }
    },

    /** The group is about to be told what this is the plan of. */
    expect(next: GroupPlan) {
      plan = next
      signalled = new Set()
      started = []
      for (const { pid, reason, tag } of next.stop) {
        if (pid === undefined) continue
        const process = processes().find((each) => each.pid === pid)
        if (process?.entry.tag !== tag || process.entry.group !== next.group) {
          fail(`${tag} with pid ${pid}, which it is not, is ${reason._tag}: ${show(next)}`)
        }
        if (!going.has(pid)) continue
        // It is being stopped already.
        signalled.add(pid)
      }
    },

    /** The group was told, and all that could happen at once has happened. */
    check() {
      const told = plan
      plan = undefined
      if (told === undefined) return
      for (const { pid, tag } of told.stop) {
        const lives = processes().some((each) => each.pid === pid)
        if (pid !== undefined && lives && !signalled.has(pid)) fail(`${tag} is not stopped: ${show(told)}`)
      }
      for (const { state, tag } of told.keep) {
        if ("pid" in state && state.pid !== undefined && signalled.has(state.pid)) {
          fail(`${tag} is stopped: ${show(told)}`)
        }
      }
      const kept = new Set<string>(told.keep.map(({ tag }) => tag))
      const firsts = [...new Set(started)].filter((tag) => !kept.has(tag))
      const planned = told.start.map(({ tag }) => tag)
      if (firsts.some((tag, index) => tag !== planned[index])) {
        fail(`${firsts.join(", ")} are started: ${show(told)}`)
      }
      // Nobody is in the way, and what is first is tried at once.
      if (told.stop.length === 0 && kept.size === 0 && planned.length > 0 && firsts.length === 0) {
        fail(`nothing is started: ${show(told)}`)
      }
    },

    /** Whether a reread that applies what it reads has told just the groups of which its plan was. */
    compare(plans: ReadonlyArray<GroupPlan>, done: Applied) {
      const planned = plans.map(({ group, to }) => `${group} ${to ?? "halt"}`).toSorted().join(", ")
      const told = [
        ...done.applied.map(({ group, level }) => `${group} ${level}`),
        ...done.halting.map((group) => `${group} halt`)
      ].toSorted().join(", ")
      if (planned !== told) fail(`applied to ${told}, not to ${planned}`)
    }
  }
}
