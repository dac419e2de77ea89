import * as DaemonPaths from "@clinit/core/DaemonPaths"
import { describe, expect, it } from "@effect/vitest"

const read = (text: string) => DaemonPaths.read(new TextEncoder().encode(text))

describe("the paths in force", () => {
  const flags = { cltab: "/f/cltab", socket: "/f/s" }

  it("without flags and lines are the defaults", () => {
    expect(DaemonPaths.resolve({}, {})).toEqual({
      cltab: "/etc/cltab",
      socket: "/var/run/clinit/clinit.s",
      clstat: "/var/run/clinit/clstat",
      log: "/var/run/clinit/log"
    })
  })

  it("are the flag's rather than the default, if there is a flag", () => {
    expect(DaemonPaths.resolve(flags, {})).toEqual({ ...DaemonPaths.defaults, ...flags })
    expect(DaemonPaths.resolve({ socket: undefined }, {})).toEqual(DaemonPaths.defaults)
  })

  it("are the cltab's rather than the flag's", () => {
    expect(DaemonPaths.resolve(flags, read(":::socket:/c/s\n:::clstat:/c/c\n:::log:/c/l"))).toEqual({
      cltab: "/f/cltab",
      socket: "/c/s",
      clstat: "/c/c",
      log: "/c/l"
    })
  })

  it("no longer are a line's that was deleted (D33)", () => {
    expect(DaemonPaths.resolve(flags, read(":::socket:/c/s")).socket).toBe("/c/s")
    expect(DaemonPaths.resolve(flags, read("")).socket).toBe("/f/s")
  })
})

describe("a cltab's lines about paths", () => {
  it("count the last of several, whatever the rest of the file is like", () => {
    expect(read("nonsense\n:::socket:/a\n:::stop:???\n:::socket:/b:c\n:::g/socket:/d")).toEqual({
      socket: "/b:c"
    })
  })

  it.each([":::socket:", ":::socket:\r", ":::socket:/a\u0007", " :::socket:/a", ":::socket:/a\u0000\n#"])(
    "%j is none",
    (line) => expect(read(line)).toEqual({})
  )
})
