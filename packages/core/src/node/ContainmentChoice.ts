import { Containment } from "@clinit/protocol/Status"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as ControlGroup from "./ControlGroup.ts"
import * as ControlGroupPlace from "./ControlGroupPlace.ts"
import * as ProcessTable from "./ProcessTable.ts"

/** The containment that was asked for cannot be had here. */
export class ContainmentUnavailable
  extends Schema.TaggedError<ContainmentUnavailable>()("ContainmentUnavailable", {
    containment: Containment,
    reason: Schema.String
  })
{
  override get message() {
    return `containment ${this.containment} is not available: ${this.reason}`
  }
}

export interface Options {
  /** What holds the trees together; the best that there is unless given. */
  readonly containment?: Containment | undefined
  /** A word that no other daemon of this machine has: the control groups are named by it. */
  readonly name: string
}

/** What is there to hold trees together, best first, and why something is not. */
const survey = (name: string) => {
  const procTrouble = ProcessTable.trouble()
  const found = procTrouble ?? ControlGroupPlace.find()
  const place = typeof found === "string" ? undefined : found
  const base = place === undefined ? undefined : ControlGroup.baseAround(place.own, name)
  return { procTrouble, place, base, cgroupTrouble: typeof found === "string" ? found : undefined }
}

export const choose = Effect.fnUntraced(function*(
  { containment, name }: Options
): Effect.fn.Return<
  { readonly containment: Containment } & ReturnType<typeof survey>,
  ContainmentUnavailable
> {
  const surveyed = survey(name)
  const { base, procTrouble } = surveyed
  const unavailable = (containment: Containment, reason: string) =>
    Effect.fail(new ContainmentUnavailable({ containment, reason }))
  if (containment === "descendants" && procTrouble !== undefined) {
    return yield* unavailable(containment, procTrouble)
  }
  if (containment === "descendants" || containment === "group") {
    yield* Effect.logInfo(`processes are held together by ${inWords[containment]}, as asked for`)
    return { ...surveyed, containment }
  }
  const cgroupTrouble = surveyed.cgroupTrouble ?? ControlGroupPlace.prove(base!)
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
