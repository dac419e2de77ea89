import { describe, expect, it } from "@effect/vitest"
import { existsSync, readFileSync } from "node:fs"
import type { Figure } from "../../../bench/Figure.ts"
import * as Goals from "../../../bench/Goals.ts"
import * as Growth from "../../../bench/Growth.ts"
import * as Report from "../../../bench/Report.ts"
import { sample } from "../../../bench/Statistics.ts"

const docs = new URL("../../../docs/", import.meta.url)
const document = readFileSync(new URL("performance.md", docs), "utf8")

const bringUp = (size: number, ours: ReadonlyArray<number>, node: number): Figure => ({
  what: "bring-up",
  size,
  unit: "ms",
  ours: sample(ours),
  floors: { Node: sample([node]) }
})

const run = (figures: ReadonlyArray<Figure>): Report.Run => ({
  when: "2026-11-23 18:00",
  commit: "abc1234",
  node: "v24.21.0",
  kernel: "6.18",
  processor: "some",
  cores: 2,
  memoryGiB: 24,
  load: 0.1,
  scale: "full",
  figures
})

describe("the performance suite's report", () => {
  it("a goal is met up to its multiple of the floor of the same run, and missed beyond", () => {
    const [met, missed] = [bringUp(1000, [1190, 1200, 5000], 1000), bringUp(1000, [1210], 1000)]
    expect(Report.missed(Goals.goals, [met])).toEqual([])
    expect(Report.missed(Goals.goals, [missed])).toEqual([
      "bring-up, 1000, 1210 ms, Node 1000: 1.21×, ≤ 1.2× Node: missed"
    ])
    expect(Report.missed(Goals.goals, [{ ...missed, floors: {} }])).toHaveLength(1)
  })

  it("growth is the slope between the two largest numbers of entries, for the floor as well", () => {
    const figures = [bringUp(10, [999], 1), bringUp(100, [100], 10), bringUp(1000, [1000], 1000)]
    const [growth, ...more] = Growth.of(figures)
    expect(more).toEqual([])
    expect(growth).toMatchObject({ what: "growth of bring-up", range: [100, 1000] })
    expect(growth!.ours.median).toBeCloseTo(1)
    expect(growth!.floors["Node"]!.median).toBeCloseTo(2)
  })

  it("docs/performance.md holds the table between its markers, and only that is replaced", () => {
    const table = "| bring-up | 1000 | 1195 (1190..1200) ms | Node 1000: 1.20× | ≤ 1.2× Node: met |"
    const filled = Report.fill(document, Goals.goals, run([bringUp(1000, [1190, 1200], 1000)]))
    expect(filled.split("\n")).toContain(table)
    const frame = (text: string) => text.replace(/(<!-- made: figures -->\n).*(\n<!-- end -->)/s, "$1$2")
    expect(frame(filled)).toBe(frame(document))
    expect(Report.fill(filled, Goals.goals, run([]))).toBe(Report.fill(document, Goals.goals, run([])))
  })

  it("docs/performance.md names only files that are there", () => {
    const links = [...document.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path]) => path!)
    expect(links.filter((path) => !existsSync(new URL(path, docs)))).toEqual([])
  })
})
