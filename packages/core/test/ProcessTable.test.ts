import * as ControlGroup from "@clinit/core/node/ControlGroup"
import * as Membership from "@clinit/core/node/Membership"
import * as ProcessStat from "@clinit/core/node/ProcessStat"
import type { Process, Snapshot } from "@clinit/core/node/ProcessTable"
import * as TreeMark from "@clinit/core/node/TreeMark"
import { assert, describe, it } from "@effect/vitest"

const line = (name: string, state: string, threads: number) =>
  `42 (${name}) ${state} 7 40 39 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 ${threads} 0 12345 1000 10 18446744073709551615`

describe("a line of /proc/PID/stat", () => {
  it("is read whatever the process is called", () => {
    for (const name of ["sh", "a b", "a) Z 1 2", ") (", ""]) {
      assert.deepStrictEqual(ProcessStat.parse(line(name, "S", 1)), {
        pid: 42,
        parent: 7,
        group: 40,
        session: 39,
        startTime: "12345",
        isAlive: true,
        isKernelThread: false
      })
    }
  })

  it("tells a process that is only waited for from one whose main thread has ended before others", () => {
    const isAlive = (state: string, threads: number) => ProcessStat.parse(line("x", state, threads))?.isAlive
    assert.deepStrictEqual([
      isAlive("Z", 1),
      isAlive("Z", 2),
      isAlive("X", 1),
      isAlive("D", 1),
      isAlive("T", 1)
    ], [
      false,
      true,
      false,
      true,
      true
    ])
  })

  it("is nothing if it is cut short", () => {
    assert.isUndefined(ProcessStat.parse(""))
    assert.isUndefined(ProcessStat.parse("42 (sh) S 1 2"))
  })
})

describe("marks", () => {
  it("are added after those that were there", () => {
    assert.strictEqual(TreeMark.add(undefined, "a"), "a")
    assert.strictEqual(TreeMark.add("", "a"), "a")
    assert.strictEqual(TreeMark.add("a b", "c"), "a b c")
    assert.strictEqual(TreeMark.remove("a b c", "b"), "a c")
  })

  it("are those of the one variable of that very name", () => {
    assert.deepStrictEqual(TreeMark.parse("A=1\0CLINIT_TREE=a b\0B=2\0"), ["a", "b"])
    assert.deepStrictEqual(TreeMark.parse("CLINIT_TREE=a\0"), ["a"])
    assert.deepStrictEqual(TreeMark.parse("CLINIT_TREE=a"), ["a"])
    assert.deepStrictEqual(TreeMark.parse("CLINIT_TREE=\0"), [])
    assert.deepStrictEqual(TreeMark.parse("XCLINIT_TREE=a\0Y=CLINIT_TREE=b\0"), [])
    assert.deepStrictEqual(TreeMark.parse(""), [])
  })
})

const snapshotOf = (processes: ReadonlyArray<Partial<Process> & { readonly pid: number }>): Snapshot => {
  const all = processes.map((process): Process => ({
    parent: 1,
    group: process.pid,
    session: process.pid,
    startTime: String(process.pid),
    isAlive: true,
    isKernelThread: false,
    marks: [],
    ...process
  }))
  const by = <Key>(keysOf: (process: Process) => ReadonlyArray<Key>) => {
    const index = new Map<Key, Array<Process>>()
    for (const process of all.filter(({ isAlive }) => isAlive)) {
      for (const key of keysOf(process)) index.set(key, [...index.get(key) ?? [], process])
    }
    return index
  }
  return {
    beganAt: 0,
    isComplete: true,
    byPid: new Map(all.map((process) => [process.pid, process])),
    byParent: by(({ parent }) => [parent]),
    byGroup: by(({ group }) => [group]),
    bySession: by(({ session }) => [session]),
    byMark: by(({ marks }) => marks)
  }
}

describe("a tree's members", () => {
  const root = { pid: 10, startTime: "10", mark: "m" }
  const members = (
    processes: ReadonlyArray<Partial<Process> & { readonly pid: number }>,
    standing: Membership.Standing = "ours",
    known: ReadonlyMap<number, string> = new Map()
  ) =>
    Membership.ofTree(snapshotOf(processes), root, standing, known, new Set([1, 99]))
      .map(({ pid }) => pid).sort((one, other) => one - other)

  it("are the root, its group and session, those with the mark, and all their descendants", () => {
    assert.deepStrictEqual(
      members([
        { pid: 10 },
        { pid: 11, group: 10, session: 10 },
        { pid: 12, group: 12, session: 10 },
        { pid: 13, marks: ["n", "m"] },
        { pid: 14, parent: 13 },
        { pid: 15, parent: 14 },
        { pid: 16, parent: 11 },
        { pid: 17, marks: ["mm"] },
        { pid: 18, parent: 17 }
      ]),
      [10, 11, 12, 13, 14, 15, 16]
    )
  })

  it("stay so when their parents are gone, as long as pid and start time are the same", () => {
    assert.deepStrictEqual(members([{ pid: 20 }, { pid: 21 }], "ours", new Map([[20, "20"], [21, "1"]])), [
      20
    ])
  })

  it("are not those that are only waited for", () => {
    assert.deepStrictEqual(members([{ pid: 10, isAlive: false }, { pid: 11, group: 10, isAlive: false }]), [])
  })

  it("are neither ourselves nor, for our sake, what we started", () => {
    assert.deepStrictEqual(members([{ pid: 99, marks: ["m"], group: 10 }, { pid: 98, parent: 99 }]), [])
  })

  it("are not those of a group and session whose leader's pid is somebody else's by now", () => {
    const reused = { pid: 10, startTime: "77" }
    assert.deepStrictEqual(members([reused, { pid: 11, group: 10, session: 10 }]), [])
    assert.deepStrictEqual(members([reused, { pid: 11, group: 10, marks: ["m"] }]), [11])
  })

  it("are by the number of a group or session only as long as that is surely ours", () => {
    const processes = [{ pid: 11, group: 10, session: 10 }, { pid: 12, marks: ["m"] }]
    assert.deepStrictEqual(members(processes, "ours"), [11, 12])
    assert.deepStrictEqual(members(processes, "given back"), [12])
    assert.deepStrictEqual(members([{ pid: 10 }, ...processes], "given back"), [10, 12])
    assert.deepStrictEqual(members([{ pid: 10 }, ...processes], "unproven"), [12])
  })
})

describe("control groups", () => {
  const mountinfo = [
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755",
    "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu",
    String.raw`41 31 0:38 /a\040b /sys/fs/my\040groups rw,relatime shared:1 master:2 - cgroup2 cgroup2 rw`,
    ""
  ].join("\n")

  it("are found in /proc/self/mountinfo and /proc/self/cgroup", () => {
    assert.deepStrictEqual(ControlGroup.mounts(mountinfo), [{ root: "/a b", directory: "/sys/fs/my groups" }])
    assert.strictEqual(ControlGroup.ownOf("9:name=systemd:/x\n0::/y z\n"), "/y z")
    assert.isUndefined(ControlGroup.ownOf("9:name=systemd:/x\n"))
  })

  it("are where the mount shows them, if it does", () => {
    const whole = { root: "/", directory: "/m" }
    const part = { root: "/a", directory: "/m" }
    const directories = [[whole, "/"], [whole, "/a/b"], [part, "/a"], [part, "/a/b"], [part, "/ab"], [
      whole,
      "/../x"
    ]]
    assert.deepStrictEqual(
      directories.map(([mount, group]) => ControlGroup.directoryOf(mount as typeof whole, group as string)),
      ["/m", "/m/a/b", "/m", "/m/b", undefined, undefined]
    )
  })

  it("have names that mean nothing to the kernel or a shell, and different ones for different marks", () => {
    const words = [
      "a.1",
      ".a",
      "..",
      "cgroup.procs",
      "a/b",
      "a%2f.b",
      "it's",
      "ü",
      "x".repeat(300),
      "x".repeat(301)
    ]
    const names = words.map(ControlGroup.nameFor)
    assert.strictEqual(new Set(names).size, words.length)
    assert.strictEqual(names[0], "a.1")
    for (const name of names) {
      assert.match(name, /^(?!\.|cgroup\.)[A-Za-z0-9._%-]+$/)
      assert.isAtMost(name.length, 200)
    }
  })

  it("of trees lie in the base of the daemon's name, also if the daemon is in such a tree itself", () => {
    assert.strictEqual(ControlGroup.baseAround("/m/own", "n"), "/m/own/clinit-n")
    assert.strictEqual(ControlGroup.baseAround("/m/own/clinit-n/mark/deeper", "n"), "/m/own/clinit-n")
    assert.strictEqual(
      ControlGroup.baseAround("/m/own/clinit-n2/mark", "n"),
      "/m/own/clinit-n2/mark/clinit-n"
    )
  })

  it("are entered by a shell in front of what it is to do, in the same line", () => {
    assert.strictEqual(
      ControlGroup.entrance("/m/it's here"),
      String.raw`echo 0 >'/m/it'\''s here/cgroup.procs'||exit 126;`
    )
  })
})
