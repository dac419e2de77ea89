import * as Plan from "./Plan.ts"
import { Stage } from "./Stage.ts"

/** Takes the plan's actions without a crash; returns what runs in the end, and how often each entry was started. */
export const play = async (plan: Plan.Plan, containment: string) => {
  const stage = new Stage(containment)
  let wanted = plan.first
  stage.writeCltab(wanted)
  await stage.home.isUp(stage.home.start())
  for (const [group, level] of wanted.targets) await stage.home.client.tell(group, level)
  for (const { actions, silentEdit } of plan.rounds) {
    for (
      const action of [
        ...actions.map(({ action }) => action),
        ...silentEdit === undefined ? [] : [silentEdit]
      ]
    ) {
      await stage.act(action)
      wanted = Plan.applied(wanted, action)
    }
  }
  const summary = await stage.conclude(wanted, new Set())
  await stage.close()
  stage.home.wipe()
  return summary
}
