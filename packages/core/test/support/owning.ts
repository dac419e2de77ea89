// A process that takes, gives back and counts owner locks as it is told.
import * as OwnerLock from "@clinit/core/node/OwnerLock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { spawn } from "node:child_process"
import * as fs from "node:fs"

type Order =
  | { readonly do: "acquire"; readonly file: string }
  | { readonly do: "release" | "leave a child" }
  | { readonly do: "contend"; readonly file: string; readonly wins: number }

let scope: Scope.Closeable | undefined

const acquire = async (file: string) => {
  scope = Effect.runSync(Scope.make())
  const result = await Effect.runPromise(Effect.result(Scope.provide(OwnerLock.acquire(file), scope)))
  return result._tag === "Success" ? "won" : result.failure.message
}

const release = async () => {
  if (scope !== undefined) await Effect.runPromise(Scope.close(scope, Exit.void))
  return "released"
}

/**
 * Takes and gives back the lock as often as told; "broken" if somebody else was there at the same time, or if the
 * lock file is open to others.
 */
const contend = async (file: string, wins: number) => {
  const marker = `${file}.inside`
  const enter = () => {
    if ((fs.statSync(file).mode & 0o777) !== 0o600) throw new Error("the lock file is open to others")
    fs.writeFileSync(marker, "", { flag: "wx" })
    fs.unlinkSync(marker)
  }
  for (let won = 0; won < wins;) {
    if (await acquire(file) !== "won") continue
    won++
    try {
      enter()
    } catch (error) {
      await release()
      return `broken: ${String(error)}`
    }
    await release()
  }
  return "done"
}

/** Starts a process that outlives this one, as the processes of an entry can. */
const leaveChild = async () => spawn("/bin/sleep", ["600"], { detached: true, stdio: "ignore" }).pid

const obey = (order: Order): Promise<unknown> => {
  switch (order.do) {
    case "acquire":
      return acquire(order.file)
    case "release":
      return release()
    case "leave a child":
      return leaveChild()
    case "contend":
      return contend(order.file, order.wins)
  }
}

process.on("message", (order: Order) => {
  void obey(order).then((reply) => process.send?.(reply), (error: unknown) => process.send?.(String(error)))
})
process.send?.("ready")
