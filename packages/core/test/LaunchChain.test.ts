import * as LaunchChain from "@clinit/core/node/LaunchChain"
import { assert, describe, it } from "@effect/vitest"

describe("the programs that set a process up", () => {
  it("are none where there is nothing to be made: for the daemon's own niceness, too", () => {
    assert.deepStrictEqual(LaunchChain.argv({}, undefined, 5), [])
    assert.deepStrictEqual(LaunchChain.argv({ nice: 5 }, undefined, 5), [])
  })

  it("are told by how much the niceness differs from the daemon's", () => {
    assert.deepStrictEqual(LaunchChain.argv({ nice: -3 }, undefined, 5), ["nice", "-n", "-8"])
    assert.deepStrictEqual(LaunchChain.argv({ nice: 10 }, undefined, -20), ["nice", "-n", "30"])
  })

  it("come in an order in which each still has the rights that it needs", () => {
    assert.deepStrictEqual(
      LaunchChain.argv(
        {
          nice: 1,
          "limit.nofile": { soft: 64, hard: 128 },
          "limit.core": { soft: 0, hard: "unlimited" },
          "limit.as": { soft: "unlimited", hard: "unlimited" }
        },
        { user: { uid: 33, gid: 34 }, groups: "account" },
        0
      ),
      [
        "prlimit",
        "--as=unlimited:unlimited",
        "--core=0:unlimited",
        "--nofile=64:128",
        "nice",
        "-n",
        "1",
        "setpriv",
        "--reuid=33",
        "--regid=34",
        "--init-groups",
        "--"
      ]
    )
  })

  it("set or drop supplementary groups, with or without another user", () => {
    assert.deepStrictEqual(
      LaunchChain.argv({}, { user: { uid: 1, gid: 2 }, groups: [] }, 0),
      ["setpriv", "--reuid=1", "--regid=2", "--clear-groups", "--"]
    )
    assert.deepStrictEqual(
      LaunchChain.argv({}, { user: undefined, groups: [5, 6] }, 0),
      ["setpriv", "--groups=5,6", "--"]
    )
  })
})
