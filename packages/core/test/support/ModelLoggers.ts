import type { LiveProcess } from "@clinit/core/testing/ScriptedSystem"
import type { GroupStatus } from "@clinit/protocol/Status"
import * as Model from "./Model.ts"
import { scriptOf } from "./ModelCommands.ts"
import type { Event } from "./ModelMachine.ts"

const describe = ({ entry: { group, logs, tag }, pid }: LiveProcess) => `${group}/${tag}/${logs} (pid ${pid})`

/** Such a logger ends by itself: there may be none for a while. */
const isMortal = ({ command }: { readonly command: string }) => scriptOf(command).runs !== undefined

/** Looks on at the loggers only: one of each, as long as its entry is supervised, and none that ends before it does. */
export const make = (
  processes: () => ReadonlyArray<LiveProcess>,
  /** Whether the main process of the entry lives. */
  isUp: (entry: Pick<Model.Entry, "group" | "tag">) => boolean,
  fail: (text: string) => void
) => {
  /** Of these nobody knows any more. */
  let lost: ReadonlySet<number> = new Set()
  const live = () => processes().filter(({ entry, pid }) => entry.logs !== undefined && !lost.has(pid))

  return {
    event(event: Event) {
      if (event.what === "signal") {
        const logger = live().find(({ pid }) => pid === event.pid)
        if (logger === undefined || event.signal === "SIGCONT" || isMortal(logger.entry)) return
        if (isUp(logger.entry)) fail(`${event.signal} to ${describe(logger)} while its entry runs`)
      } else if (event.what === "line" && event.line.endsWith("put started")) {
        const all = live()
        for (const [index, one] of all.entries()) {
          const { group, logs, tag } = one.entry
          const other = all.slice(index + 1).find(({ entry }) =>
            entry.group === group && entry.tag === tag && entry.logs === logs
          )
          if (other !== undefined) fail(`${describe(other)} starts while ${describe(one)} lives`)
        }
      }
    },

    calm(status: ReadonlyArray<GroupStatus>) {
      const shown = new Set<number>()
      for (const { group, processes, state: groupState } of status) {
        const isSettled = ["DONE", "PASSED", "FAILED"].includes(groupState)
        for (const { loggers = [], state, tag } of processes) {
          const what = `${group}/${tag} is ${state._tag}`
          for (const { pid, reads } of loggers) {
            shown.add(pid)
            const is = live().find((logger) => logger.pid === pid)?.entry
            if (is?.group !== group || is.tag !== tag || is.logs !== reads) {
              fail(`${what} with ${reads} to pid ${pid}, which is not its logger`)
            }
          }
          if (!isSettled || state._tag === "Starting" || state._tag === "Stopping") continue
          for (const { command, reads } of Model.loggersOf(tag)) {
            if (isMortal({ command }) || loggers.some((logger) => logger.reads === reads)) continue
            fail(`${what} without a logger for ${reads}`)
          }
        }
      }
      // A group that was never told, for all that is known after a crash, is not shown.
      const told = new Set<string>(status.flatMap(({ group, level }) => level === undefined ? [] : [group]))
      for (const logger of live()) {
        if (told.has(logger.entry.group) && !shown.has(logger.pid)) fail(`${describe(logger)} is not shown`)
      }
    },

    /** A daemon was killed that never could write its ledger. */
    lose() {
      lost = new Set(processes().map(({ pid }) => pid))
    },

    /** Those that live. */
    remaining: (): ReadonlyArray<string> => live().map(describe)
  }
}
