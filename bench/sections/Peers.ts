/** Other supervisors that are installed, at the same work. */
import type { Figure } from "../Figure.ts"
import type { Section } from "../Section.ts"
import * as BusyboxInit from "../supervisors/BusyboxInit.ts"
import * as Directories from "../supervisors/Directories.ts"
import * as Floors from "../supervisors/Floors.ts"
import * as Pm2 from "../supervisors/Pm2.ts"
import * as Supervisord from "../supervisors/Supervisord.ts"
import * as Sysvinit from "../supervisors/Sysvinit.ts"
import * as Cycle from "./Cycle.ts"
import * as Respawn from "./Respawn.ts"

const peers = [Directories.runit, Directories.s6, Supervisord.kind, Sysvinit.kind, BusyboxInit.kind, Pm2.kind]

export const measure: Section = async (bench) => {
  const { many, sizes } = bench.scale
  const figures: Array<Figure> = []
  for (const peer of peers) {
    const obstacle = peer.missing()
    if (obstacle !== undefined) {
      bench.say(`${peer.name} is left out: ${obstacle}`)
      continue
    }
    const what = (text: string) => `${peer.name}: ${text}`
    for (const size of sizes.filter((size) => size !== 10 && size <= many)) {
      bench.say(`${peer.name}, cycle of ${size}`)
      figures.push(...await Cycle.compare(bench, [peer, Floors.node, Floors.c], size, what))
    }
    for (const figure of await Respawn.compare(bench, [peer, Floors.node, Floors.c])) {
      figures.push({ ...figure, what: what(figure.what) })
    }
  }
  return figures
}
