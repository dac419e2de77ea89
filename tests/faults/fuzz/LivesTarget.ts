import * as Expectation from "./Expectation.ts"
import * as LinesTarget from "./LinesTarget.ts"
import * as RequestInputs from "./RequestInputs.ts"
import type { Session, Target } from "./Target.ts"
import * as World from "./World.ts"

const shutdown = JSON.stringify({ jsonrpc: "2.0", id: "end", method: "shutdown", params: { wait: true } })

const open = async (): Promise<Session> => {
  let world = await World.open()
  let known = Expectation.fresh()
  return {
    check: (input, random) => LinesTarget.feed(world, known, input, random),
    async settle() {
      const [before, then] = [world, known]
      // A life that ends badly must not spoil the next.
      world = await World.open()
      known = Expectation.fresh()
      if (!then.isShuttingDown) await LinesTarget.settle(before, then)
      Expectation.checkAnswer(await before.ask(shutdown), Expectation.expect(shutdown, then))
      await before.down()
      await World.settled(before, [])
      await before.close()
    },
    close: () => world.close()
  }
}

/** Lines to many daemons, one after another, which may be told to shut down: each ends with nothing left. */
export const target: Target = {
  name: "lives",
  generate: (random) => RequestInputs.line(random, { shutDown: true, watch: true }),
  open,
  settleEvery: 50,
  lanes: 1,
  patience: 1_000,
  isPure: false
}
