import type { Event } from "@clinit/protocol/Event"
import * as Reconnection from "@clinit/protocol/Reconnection"
import * as WatchPosition from "@clinit/protocol/WatchPosition"
import { assert, describe, it } from "@effect/vitest"

const event = (seq: number): Event => ({ seq, at: 0, what: { _tag: "Daemon", words: "" } })

describe("a watch asks", () => {
  it("without a position for what happens from now on, and with one for what comes after it in its sequence", () => {
    assert.deepStrictEqual(WatchPosition.request(undefined, undefined), {})
    assert.deepStrictEqual(WatchPosition.request("web", { seq: 0 }) as unknown, { group: "web", since: 0 })
    assert.deepStrictEqual(WatchPosition.request(undefined, { seq: 7, sequence: "a" }), {
      since: 7,
      sequence: "a"
    })
  })
})

describe("a watch that has begun is", () => {
  const begun = (
    asked: WatchPosition.Position | undefined,
    answer: Parameters<typeof WatchPosition.begun>[1]
  ) => {
    const { latest, position, renumbered } = WatchPosition.begun(asked, answer)
    return { latest, position, renumbered }
  }

  it("where the daemon says, in the daemon's sequence", () => {
    assert.deepStrictEqual(begun(undefined, { seq: 9, sequence: "b", after: 9 }), {
      latest: 9,
      position: { seq: 9, sequence: "b" },
      renumbered: false
    })
    assert.deepStrictEqual(begun({ seq: 7, sequence: "a" }, { seq: 9, sequence: "b", after: 7 }), {
      latest: 9,
      position: { seq: 7, sequence: "b" },
      renumbered: false
    })
    assert.deepStrictEqual(
      begun({ seq: 7, sequence: "a" }, { seq: 9, sequence: "b", after: 5, renumbered: true }),
      { latest: 9, position: { seq: 5, sequence: "b" }, renumbered: true }
    )
  })

  it("where an older daemon must be, which says only what its latest event is", () => {
    assert.deepStrictEqual(begun(undefined, { seq: 9 }), {
      latest: 9,
      position: { seq: 9 },
      renumbered: false
    })
    assert.deepStrictEqual(begun({ seq: 7 }, { seq: 9 }), {
      latest: 9,
      position: { seq: 7 },
      renumbered: false
    })
    assert.deepStrictEqual(begun({ seq: 12 }, { seq: 9 }), {
      latest: 9,
      position: { seq: 0 },
      renumbered: true
    })
  })
})

describe("what comes", () => {
  it("moves the position in its sequence", () => {
    assert.deepStrictEqual(WatchPosition.afterEvent({ seq: 7, sequence: "a" }, event(9)), {
      _tag: "Event",
      position: { seq: 9, sequence: "a" },
      event: event(9)
    })
  })

  it("is no news if it was told before", () => {
    assert.isUndefined(WatchPosition.afterEvent({ seq: 7 }, event(7)))
    assert.isUndefined(WatchPosition.afterEvent({ seq: 7 }, event(1)))
  })

  it("is a gap that is told once: the position is right before the event that follows it", () => {
    const missed = { count: 3, next: 11 }
    assert.deepStrictEqual(WatchPosition.afterMissed({ seq: 7 }, missed), {
      _tag: "Missed",
      position: { seq: 10 },
      missed
    })
    assert.strictEqual(WatchPosition.afterMissed({ seq: 20 }, missed).position.seq, 20)
  })
})

describe("after a loss", () => {
  it("it is tried again after 50 ms, then twice as long each time up to 2 s", () => {
    assert.deepStrictEqual([0, 1, 2, 3, 4, 5, 6, 7, 2_000].map(Reconnection.delayMillis), [
      50,
      100,
      200,
      400,
      800,
      1_600,
      2_000,
      2_000,
      2_000
    ])
  })

  it("only what may pass is tried again", () => {
    const passes = [{ _tag: "NoDaemon" }, { _tag: "ConnectionLost" }, { _tag: "ProtocolError", code: -32004 }]
    const stays = [{ _tag: "ProtocolError" }, { _tag: "ProtocolError", code: -32601 }, {
      _tag: "UnknownGroup"
    }]
    assert.deepStrictEqual(passes.map(Reconnection.mayPass), [true, true, true])
    assert.deepStrictEqual(stays.map(Reconnection.mayPass), [false, false, false])
  })
})
