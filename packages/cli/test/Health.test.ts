import * as Health from "@clinit/cli/status/Health"
import { Tag } from "@clinit/protocol/Names"
import type { GroupState, ProcessState, ProcessStatus } from "@clinit/protocol/Status"
import { describe, expect, it } from "@effect/vitest"

const states: { readonly [Name in ProcessState["_tag"]]: readonly [ProcessState, Health.Health] } = {
  Starting: [{ _tag: "Starting" }, "not running"],
  Running: [{ _tag: "Running", pid: 1 }, "up"],
  Pausing: [{ _tag: "Pausing", retryAt: 0 }, "failed"],
  Stopping: [{ _tag: "Stopping" }, "not running"],
  Done: [{ _tag: "Done" }, "up"],
  Passed: [{ _tag: "Passed" }, "up"],
  Failed: [{ _tag: "Failed" }, "failed"]
}

const entry = (mode: ProcessStatus["mode"], state: ProcessState["_tag"]): ProcessStatus => ({
  tag: Tag.make("a"),
  mode,
  state: states[state][0],
  since: 0,
  restarts: 0
})

describe("an entry", () => {
  for (const [state, health] of Object.values(states)) {
    it(`that is ${state._tag} is ${health}`, () => {
      expect(Health.ofEntry({ state })).toBe(health)
    })
  }
})

describe("a group", () => {
  const running = [entry("respawn", "Running")]
  for (
    const [state, processes, health] of [
      ["CONFIGURED", [], "not running"],
      ["STARTING", running, "not running"],
      ["CHECKING", running, "not running"],
      ["STOPPING", running, "not running"],
      ["HALTING", running, "not running"],
      ["FAILED", running, "failed"],
      ["DONE", [], "not running"],
      ["DONE", running, "up"],
      ["DONE", [entry("wait", "Done")], "up"],
      ["DONE", [...running, entry("respawn", "Pausing")], "failed"],
      ["DONE", [...running, entry("respawn", "Failed")], "failed"],
      ["DONE", [...running, entry("respawn", "Starting")], "up"],
      ["PASSED", [entry("test", "Passed")], "up"]
    ] as ReadonlyArray<[GroupState, ReadonlyArray<ProcessStatus>, Health.Health]>
  ) {
    const entries = processes.map(({ mode, state }) => `${mode} ${state._tag}`).join(", ")
    it(`that is ${state} with ${entries === "" ? "nothing started" : entries} is ${health}`, () => {
      expect(Health.ofGroup({ state, processes })).toBe(health)
    })
  }
})
