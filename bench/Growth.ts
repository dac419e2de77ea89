/** How what was measured grows with the number of entries. */
import type { Figure } from "./Figure.ts"
import { sample, slope } from "./Statistics.ts"

/** Below, what takes the same time for any number of entries says more than the entries. */
const fewest = 100

/** The log-log slopes of all that was measured with different numbers of entries, between the two largest. */
export const of = (figures: ReadonlyArray<Figure>): ReadonlyArray<Figure> =>
  [...Map.groupBy(figures, ({ what }) => what)].flatMap(([what, all]): ReadonlyArray<Figure> => {
    const [one, other] = all
      .filter(({ ours, size = 0, unit }) => size >= fewest && ours.median > 0 && ["ms", "MiB"].includes(unit))
      .toSorted((one, other) => one.size! - other.size!)
      .slice(-2)
    if (one === undefined || other === undefined) return []
    const between = (a: number, b: number) => sample([slope([one.size!, a], [other.size!, b])])
    return [{
      what: `growth of ${what}`,
      range: [one.size!, other.size!],
      unit: "exponent",
      ours: between(one.ours.median, other.ours.median),
      floors: Object.fromEntries(
        Object.entries(one.floors).flatMap(([name, floor]) =>
          floor.median > 0 && other.floors[name] !== undefined && other.floors[name].median > 0
            ? [[name, between(floor.median, other.floors[name].median)]]
            : []
        )
      )
    }]
  })
