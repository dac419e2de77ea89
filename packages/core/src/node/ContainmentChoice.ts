import type { Containment } from "@clinit/protocol/Status"
import * as Effect from "effect/Effect"
import type { SpawnerOptions } from "../Machine.ts"
import { ContainmentUnavailable } from "../Machine.ts"
import * as ControlGroup from "./ControlGroup.ts"
import * as ControlGroupPlace from "./ControlGroupPlace.ts"
import * as ProcessTable from "./ProcessTable.ts"

/** What is there to hold trees together, best first, and why something is not. */
const survey = (name: string) => {
  const procTrouble = ProcessTable.trouble()
  const found = procTrouble ?? ControlGroupPlace.find()
  const place = typeof found === "string" ? undefined : found
  const base = place === undefined ? undefined : ControlGroup.baseAround(place.own, name)
  return { procTrouble, place, base, cgroupTrouble: typeof found === "string" ? found : undefined }
}

const unavailable = (containment: Containment, reason: string) =>
  Effect.fail(new ContainmentUnavailable({ containment, reason }))

export const choose = Effect.fnUntraced(function*(
  { containment, name }: SpawnerOptions
): Effect.fn.Return<
  { readonly containment: Containment } & ReturnType<typeof survey>,
  ContainmentUnavailable
> {
  const surveyed = survey(name)
  const { base, procTrouble } = surveyed
  if (containment === "descendants" && procTrouble !== undefined) {
    return yield* unavailable(containment, procTrouble)
  }
  if (containment === "descendants" || containment === "group") {
    yield* Effect.logInfo(`processes are held together by ${inWords[containment]}, as asked for`)
    return { ...surveyed, containment }
  }
  const cgroupTrouble = surveyed.cgroupTrouble ??
    (yield* Effect.uninterruptible(Effect.promise(() => ControlGroupPlace.prove(base!))))
  if (cgroupTrouble === undefined) {
    yield* Effect.logInfo(`processes are held together by control groups in ${base}`)
    return { ...surveyed, containment: "cgroup" }
  }
  if (containment === "cgroup") return yield* unavailable(containment, cgroupTrouble)
  const second = procTrouble === undefined ? "descendants" : "group"
  yield* Effect.logInfo(
    `processes are held together by ${inWords[second]}: control groups are not available: ${cgroupTrouble}`
  )
  return { ...surveyed, containment: second }
})

const inWords = { descendants: "mark and descent", group: "process group alone" } as const
