import type { News } from "@clinit/protocol/ClinitClient"
import { ClinitClient } from "@clinit/protocol/ClinitClient"
import * as NodeClinitClient from "@clinit/protocol/node/NodeClinitClient"
import type { PromiseClient } from "@clinit/protocol/node/PromiseClient"
import { connect } from "@clinit/protocol/node/PromiseClient"
import * as Watch from "@clinit/protocol/Watch"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { setTimeout as delay } from "node:timers/promises"
import { until } from "./support/Eventually.ts"
import type { Scratch } from "./support/Scratch.ts"
import { inScratch } from "./support/Scratch.ts"

/** Something happens all the time. */
const busy = [":::containment:descendants", ":::g/r/respawn.hits:1000000", "g:r:1:respawn:sleep 0.01"]

const since = { seq: 0 }

interface Watcher {
  readonly news: Array<News>
  readonly end: () => Promise<void>
}

const withEffect = ({ socket }: Scratch): Watcher => {
  const news: Array<News> = []
  const giving = new AbortController()
  const watched = ClinitClient.pipe(
    Effect.flatMap(({ watch }) =>
      Stream.runForEach(
        watch({ since, reconnect: Watch.untiring }),
        (each) => Effect.sync(() => void news.push(each))
      )
    ),
    Effect.provide(NodeClinitClient.layer(socket)),
    (effect) => Effect.runPromiseExit(effect, { signal: giving.signal })
  )
  return {
    news,
    end: async () => {
      giving.abort()
      await watched
    }
  }
}

const withoutEffect = (client: PromiseClient): Watcher => {
  const news: Array<News> = []
  const watched = (async () => {
    for await (const each of client.watch({ since, reconnect: true })) news.push(each)
  })()
  return {
    news,
    end: async () => {
      client.close()
      await watched
    }
  }
}

/** Asserts that every number follows the one before, but where it was said that it does not; where that was. */
const breaks = (news: ReadonlyArray<News>): ReadonlyArray<number> => {
  const found: Array<number> = []
  let last = 0
  for (const each of news) {
    if (each._tag === "Watching") {
      if (each.renumbered) found.push(last = each.position.seq)
      expect(each.position.seq).toBe(last)
    } else {
      if (each._tag === "Missed") throw new Error(`missed ${each.missed.count}`)
      expect(each.event.seq).toBe(++last)
      expect(each.position.seq).toBe(last)
    }
  }
  return found
}

const lastOf = ({ news }: Watcher) => news.at(-1)?.position.seq ?? 0

describe.concurrent("a watch that reconnects, with Effect or without,", () => {
  it(
    "gets every event of daemons that are killed one after the other, in sequence or with a word where that breaks",
    inScratch(async (scratch) => {
      let daemon = await scratch.daemon(...busy)
      const watchers = [withEffect(scratch), withoutEffect(connect(scratch))]
      await scratch.tellMany("g", ["1"])
      for (let life = 0; life < 5; life++) {
        const before = watchers.map(lastOf)
        await until(
          "events come",
          () => watchers.every((watcher, index) => lastOf(watcher) > before[index]! + 20)
        )
        await delay(life * 7)
        await scratch.crash(daemon)
        daemon = await scratch.restart()
        await until(
          "all watch again",
          () =>
            watchers.every(({ news }) => news.filter(({ _tag }) => _tag === "Watching").length === life + 2)
        )
      }
      daemon.kill("SIGTERM")
      expect((await daemon.finished()).exit).toBe(0)
      const ends = ({ news }: Watcher) => {
        const last = news.at(-1)
        return last?._tag === "Event" && last.event.what._tag === "Daemon" &&
          last.event.what.words === "all groups are down"
      }
      await until("all have the end", () => watchers.every(ends))
      for (const { end, news } of watchers) {
        await end()
        expect(breaks(news).length).toBeLessThanOrEqual(5)
        const started = news.filter((each) =>
          each._tag === "Event" && each.event.what._tag === "Daemon" &&
          each.event.what.words.startsWith("started")
        )
        expect(started.length).toBe(6)
      }
    })
  )

  it(
    "is told that a daemon which was started after an orderly end numbers anew, and gets all of that",
    inScratch(async (scratch) => {
      const first = await scratch.daemon("g:a:1:respawn:exec sleep 1000")
      const watchers = [withEffect(scratch), withoutEffect(connect(scratch))]
      const follow = scratch.launch("watch", "--follow", "--since", "0")
      let followed = ""
      follow.child.stdout!.on("data", (text: string) => void (followed += text))
      await scratch.clinit("-w", "g", "1")
      await until("it is seen", () => followed.includes("g is DONE"))
      first.kill("SIGTERM")
      expect((await first.finished()).exit).toBe(0)
      await scratch.restart()
      await until("all watch again", () => watchers.every(({ news }) => breaks(news).length === 1))
      await until("the second start is seen", () => followed.split("daemon started\n").length === 3)
      await scratch.clinit("-w", "g", "1")
      for (const watcher of watchers) {
        await until("it goes on", () => lastOf(watcher) > 5)
        await watcher.end()
        expect(breaks(watcher.news)).toEqual([0])
      }
      follow.kill("SIGINT")
      const { exit, stderr, stdout } = await follow.finished()
      expect([exit, stderr]).toEqual([0, ""])
      const lines = stdout.split("\n")
      const renumbered = lines.indexOf("another daemon: its events are numbered from 1 on")
      expect(lines[renumbered - 1]).toMatch(/all groups are down$/)
      expect(lines[renumbered + 1]).toMatch(/daemon started$/)
    })
  )
})
