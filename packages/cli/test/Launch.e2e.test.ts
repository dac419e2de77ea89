import { describe, expect, it } from "@effect/vitest"
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { getPriority } from "node:os"
import { itUnless } from "./support/Conditional.ts"
import { daemonBehind } from "./support/Daemons.ts"
import { eventually, until } from "./support/Eventually.ts"
import { tell } from "./support/Orders.ts"
import * as Proc from "./support/Proc.ts"
import { inScratch } from "./support/Scratch.ts"
import type { Scratch } from "./support/Scratch.ts"
import * as Stranger from "./support/Stranger.ts"
import { withoutTimes } from "./support/Times.ts"

const isRoot = process.geteuid?.() === 0

const fieldsOf = (pid: number, file: string, pattern: RegExp) =>
  Object.fromEntries(
    [...readFileSync(`/proc/${pid}/${file}`, "utf8").matchAll(pattern)].map(([, name = "", value = ""]) => [
      name,
      value.trim().replaceAll(/\s+/g, " ")
    ])
  )

/** What a process has of what it can be started with, as /proc shows it. */
const profileOf = (pid: number) => {
  const { CLINIT_TREE, ...environment } = fieldsOf(pid, "environ", /([^=\0]+)=([^\0]*)/g)
  const status = fieldsOf(pid, "status", /^(\w+):(.*)$/gm)
  const limits = fieldsOf(pid, "limits", /^(Max [a-z ]+?)\s{2,}(\S+\s+\S+)/gm)
  return {
    isMarked: CLINIT_TREE !== undefined,
    environment,
    ids: [status["Uid"], status["Gid"], status["Groups"]],
    umask: status["Umask"],
    limits: [limits["Max open files"], limits["Max core file size"]],
    niceness: getPriority(pid),
    directory: readlinkSync(`/proc/${pid}/cwd`),
    descriptors: Proc.descriptors(pid),
    arguments: readFileSync(`/proc/${pid}/cmdline`, "utf8")
  }
}

/** A program has its name a moment before its environment, and for another moment its libraries open. */
const sleeps = (pid: number) =>
  until("it sleeps", () => readFileSync(`/proc/${pid}/stat`, "utf8").startsWith(`${pid} (sleep) S `))

/** An environment as nobody wants it, and one with nothing but the mark by which tests know their processes. */
const dirty = [
  "umask 0137",
  "ulimit -Sc 0",
  "export IFS=x ENV=/no/env BASH_ENV=/no/env HOME=/wrong USER=wrong LC_ALL=xx_XX CDPATH=/tmp POSIXLY_CORRECT=1 PS4=x",
  "export ODD='a\"b' OLDPWD=/wrong PWD=/wrong TMPDIR=/wrong",
  `exec nice -n 5 "$@"`
].join("\n")
const empty = `exec env -i "${Proc.markName}=$${Proc.markName}" "$@"`

/** Of all that may be in a value, what a shell would make something of. */
const odd = `it's "q" $HOME \`id\` $(id) \\ -n *? ~ #; & | é ✓  end `

/** What the entry of a daemon that was started by this shell text is started with. */
const profileBehind = async (scratch: Scratch, command: string, ...lines: ReadonlyArray<string>) => {
  const daemon = await daemonBehind(scratch, command, ...lines, "g:a:1:respawn:sleep 1000")
  expect(await tell(scratch, "g", "1")).toBe("DONE")
  const pid = await scratch.pid("a")
  await sleeps(pid)
  const profile = profileOf(pid)
  expect((await scratch.clinit("shutdown", "-w")).exit).toBe(0)
  expect((await daemon.finished()).exit).toBe(0)
  return profile
}

describe("a process is started with what the cltab says, whatever the daemon was started with", () => {
  const test = async (scratch: Scratch, lines: ReadonlyArray<string>, expected: object) => {
    const directory = scratch.path("it's a place")
    mkdirSync(directory)
    chmodSync(scratch.directory, 0o755)
    writeFileSync(scratch.path("env"), `FROM_FILE=1\nODD=file\n`, { mode: 0o600 })
    const settings = [
      ":::env:clean",
      `:::env.${Proc.markName}:${scratch.directory}`,
      `:::g/env-file:${scratch.path("env")}`,
      `:::g/a/env.ODD:${odd}`,
      `:::g/cwd:${directory}`,
      ":::g/a/umask:0027",
      ":::nice:7",
      ":::limit.nofile:100:200",
      ":::limit.core:0",
      ...lines
    ]
    const profiles = [
      await profileBehind(scratch, dirty, ...settings),
      await profileBehind(scratch, empty, ...settings)
    ]
    expect(profiles[0]).toEqual(profiles[1])
    expect(profiles[0]).toMatchObject({
      isMarked: true,
      umask: "0027",
      limits: ["100 200", "0 0"],
      niceness: 7,
      directory,
      descriptors: [0, 1, 2],
      arguments: "sleep\x001000\0",
      ...expected
    })
    return {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      PWD: directory,
      FROM_FILE: "1",
      ODD: odd.trim().replaceAll(/\s+/g, " "),
      [Proc.markName]: scratch.directory,
      actual: profiles[0]!.environment
    }
  }

  it(
    "environment, directory, umask, niceness and limits",
    inScratch(async (scratch) => {
      const { actual, ...expected } = await test(scratch, [], {})
      expect(actual).toEqual(expected)
    })
  )

  itUnless(isRoot ? undefined : "not root")(
    "and the user with the groups of the account",
    inScratch(async (scratch) => {
      const { actual, ...expected } = await test(scratch, [":::user:nobody"], {
        ids: ["65534 65534 65534 65534", "65534 65534 65534 65534", "65534"]
      })
      expect(actual).toEqual({
        ...expected,
        HOME: "/nonexistent",
        USER: "nobody",
        LOGNAME: "nobody",
        SHELL: "/usr/sbin/nologin"
      })
    })
  )

  itUnless(isRoot ? undefined : "not root")(
    "and the user with other groups",
    inScratch(async (scratch) => {
      await test(scratch, [":::user:nobody", ":::groups:daemon,54321"], {
        ids: ["65534 65534 65534 65534", "65534 65534 65534 65534", "1 54321"]
      })
    })
  )

  it(
    "and a setting that is gone from the file is gone with the next start",
    inScratch(async (scratch) => {
      const mark = `:::env.${Proc.markName}:${scratch.directory}`
      await scratch.daemon(mark, ":::env.A:1", ":::umask:0027", "g:a:1:respawn:sleep 1000")
      await tell(scratch, "g", "1")
      const first = await scratch.pid("a")
      await sleeps(first)
      expect(profileOf(first)).toMatchObject({ umask: "0027", environment: { A: "1" } })
      scratch.configure(mark, "g:a:1:respawn:sleep 1000")
      await tell(scratch, "g", "off")
      await tell(scratch, "g", "1")
      const second = await scratch.pid("a")
      await sleeps(second)
      expect(second).not.toBe(first)
      expect(profileOf(second).umask).toBe(process.umask().toString(8).padStart(4, "0"))
      expect(profileOf(second).environment).not.toHaveProperty("A")
    })
  )
})

describe("a start whose settings cannot be carried out", () => {
  it(
    "is refused with the reason in the status, and says nothing where the entry's output goes",
    inScratch(async (scratch) => {
      symlinkSync("/etc/passwd", scratch.path("link"))
      await scratch.daemon(
        ":::g/a/limit.nofile:unlimited",
        "g:a:1:wait:echo a >> log",
        ":::g/b/user:no.such",
        "g:b:1:wait:echo b >> log",
        ":::g/c/cwd:/no/such",
        "g:c:1:wait:echo c >> log",
        `:::g/d/output:file:${scratch.path("link")}`,
        "g:d:1:wait:echo d >> log",
        `:::g/e/env-file:${scratch.path("none")}`,
        "g:e:1:wait:echo e >> log",
        "g:f:1:wait:echo f >> log"
      )
      expect(await tell(scratch, "g", "1")).toBe("FAILED")
      expect(withoutTimes((await scratch.clinit("status", "g")).stdout).split("\n")).toEqual([
        "g 1 FAILED",
        "  a wait FAILED, last could not be started: limit.nofile: prlimit: failed to set the NOFILE resource limit: Operation not permitted",
        `  b wait FAILED, last could not be started: user: this machine has no user "no.such"`,
        "  c wait FAILED, last could not be started: cwd: /no/such: ENOENT: no such file or directory",
        `  d wait FAILED, last could not be started: output: ${scratch.path("link")}: is a symbolic link`,
        `  e wait FAILED, last could not be started: env-file: ${
          scratch.path("none")
        }: ENOENT: no such file or directory`,
        "  f wait DONE, last exited 0",
        ""
      ])
      expect(scratch.lines("log")).toEqual(["f"])
      expect(scratch.read("daemon.out")).toBe("")
      expect(scratch.read("daemon.log").split("\n").filter((line) => /^(sh|prlimit)/.test(line))).toEqual([])
    })
  )

  itUnless(Stranger.obstacle)(
    "is refused to who is not root: another user, groups, and a niceness that the system does not grant",
    inScratch(async (scratch) => {
      await Stranger.start(
        scratch,
        ":::g/a/user:nobody",
        "g:a:1:wait:echo a >> log",
        ":::g/b/groups:none",
        "g:b:1:wait:echo b >> log",
        ":::g/c/nice:-5",
        "g:c:1:wait:echo c >> log"
      )
      expect(await tell(scratch, "g", "1")).toBe("FAILED")
      expect(withoutTimes((await scratch.clinit("status", "g")).stdout).split("\n")).toEqual([
        "g 1 FAILED",
        "  a wait FAILED, last could not be started: user: only root may start a process as nobody; the daemon runs as uid 54321",
        "  b wait FAILED, last could not be started: groups: only root may set the groups of a process; the daemon runs as uid 54321",
        "  c wait FAILED, last could not be started: nice: nice: cannot set niceness: Permission denied",
        ""
      ])
      expect(scratch.lines("log")).toEqual([])
    })
  )
})

describe("output to a file", () => {
  it(
    "goes on at its end after a respawn and without the daemon, and is for the daemon's user only",
    inScratch(async (scratch) => {
      const file = scratch.path("logs/a/out")
      const command = "echo begin $$; until [ -e go ]; do sleep 0.05; done; echo end $$ >&2; exec sleep 1000"
      const daemon = await scratch.daemon(`:::output:file:${file}`, `g:a:1:respawn:${command}`)
      await tell(scratch, "g", "1")
      const first = await scratch.pid("a")
      await eventually(() => scratch.lines("logs/a/out"), [`begin ${first}`])
      process.kill(first, "SIGKILL")
      const second = await until("it runs again", async () => {
        const pid = await scratch.pid("a")
        return pid !== first && pid
      })
      await eventually(() => scratch.lines("logs/a/out"), [`begin ${first}`, `begin ${second}`])
      expect(["logs", "logs/a", "logs/a/out"].map((name) => statSync(scratch.path(name)).mode & 0o777))
        .toEqual([0o700, 0o700, 0o600])
      expect([1, 2].map((fd) => Proc.descriptor(second, fd))).toEqual([file, file])
      expect(Proc.descriptors(daemon.pid).map((fd) => tryDescriptor(daemon.pid, fd))).not.toContain(file)
      await scratch.crash(daemon)
      scratch.write("go")
      await eventually(() => scratch.lines("logs/a/out"), [
        `begin ${first}`,
        `begin ${second}`,
        `end ${second}`
      ])
      await scratch.restart()
      expect(await scratch.pid("a")).toBe(second)
    })
  )
})

/** Nothing if it was closed meanwhile. */
const tryDescriptor = (pid: number, fd: number): string | undefined => {
  try {
    return Proc.descriptor(pid, fd)
  } catch {
    return undefined
  }
}
