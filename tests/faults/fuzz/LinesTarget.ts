import * as JsonRpc from "@clinit/protocol/JsonRpc"
import * as LineDecoder from "@clinit/protocol/LineDecoder"
import * as Expectation from "./Expectation.ts"
import { claim } from "./Failure.ts"
import * as Framing from "./Framing.ts"
import type { Random } from "./Random.ts"
import * as RequestInputs from "./RequestInputs.ts"
import type { Input, Session, Target } from "./Target.ts"
import * as World from "./World.ts"
import * as WorldCltab from "./WorldCltab.ts"

/** Cuts the input into lines as the socket does, whatever pieces it comes in, and gives each to the daemon. */
export const feed = async (
  world: World.World,
  known: Expectation.Known,
  { bytes }: Input,
  random: Random
): Promise<void> => {
  const decoder = LineDecoder.make(JsonRpc.maxLineBytes)
  const stream = `${bytes}${random.chance(0.9) ? "\n" : ""}`
  const frames = [...Framing.pieces(random, stream).flatMap(decoder.push), ...decoder.end()]
  const lines = Framing.lines(stream)
  claim(frames.length === lines.length, `${frames.length} frames of ${lines.length} lines`)
  for (const [index, frame] of frames.entries()) {
    const line = lines[index]
    if (frame._tag === "TooLong") {
      claim(line === undefined, "a line that is not too long is refused")
      continue
    }
    claim(frame.text === line, "a line is not what was sent")
    const expected = Expectation.expect(line, known)
    const answer = world.ask(line)
    Expectation.checkAnswer(answer instanceof Promise ? await answer : answer, expected)
  }
}

/** Waits until what runs is what was told, by hand or not. */
export const settle = async (world: World.World, known: Expectation.Known) => {
  for (const line of Expectation.tellsAgain(known)) {
    Expectation.checkAnswer(await world.ask(line), Expectation.expect(line, known))
  }
  await World.settled(world, WorldCltab.running(known.told))
}

/** A cltab with a mistake. */
const broken = `${WorldCltab.text}broken\n`

const open = async (): Promise<Session> => {
  const world = await World.open()
  const known = Expectation.fresh()
  let settlements = 0
  return {
    check: (input, random) => feed(world, known, input, random),
    async settle() {
      await settle(world, known)
      const version = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "version" })
      Expectation.checkAnswer(await world.ask(version), Expectation.expect(version, known))
      // From time to time the cltab is broken or cannot be read.
      known.isBroken = ++settlements % 4 === 1
      if (settlements % 4 === 3) world.cltab.makeUnreadable("no")
      else world.cltab.write(known.isBroken ? broken : WorldCltab.text)
    },
    close: world.close
  }
}

/** Lines to one daemon that lives as long as the run. */
export const target: Target = {
  name: "lines",
  generate: (random) => RequestInputs.line(random, { watch: true }),
  open,
  settleEvery: 500,
  lanes: 1,
  patience: 1_000,
  isPure: false
}
