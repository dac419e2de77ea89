import { describe, expect, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { hostname } from "node:os"
import { eventually } from "./support/Eventually.ts"
import { withoutHold } from "./support/Hold.ts"
import * as Program from "./support/Program.ts"
import { inScratch } from "./support/Scratch.ts"
import { withoutTimes } from "./support/Times.ts"

const { version } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8")
) as { version: string }

const started = { exit: 0, stdout: "level transition started\n", stderr: "" }
/** With -v the state is the one of that moment: a group that was just told may be on its way still. */
const settled = ({ stdout, ...rest }: Program.Finished) => ({
  ...rest,
  stdout: stdout.replaceAll(/STARTING|CHECKING/g, "DONE")
})
const silent = { exit: 0, stdout: "", stderr: "" }

/** The host's group, and groups named like subcommands. */
const lines = [
  `${hostname()}:host:1:once:exec sleep 1000`,
  "g:a:1:once:exec sleep 1000",
  "tell:b:1:once:exec sleep 1000",
  "-v:c:1:once:exec sleep 1000"
]

describe.concurrent("the original's command line", () => {
  const forms: ReadonlyArray<
    readonly [claim: string, line: ReadonlyArray<string>, answer: Program.Finished, states: object]
  > = [
    ["a word is a level for the group named like the host", ["-c", "cltab", "1"], started, {
      host: "1 DONE"
    }],
    ["two words are a group and a level", ["-c", "cltab", "g", "1"], started, { g: "1 DONE" }],
    ["no word is a reread, which says nothing", ["-c", "cltab"], silent, {}],
    ["a value may be attached to its flag", ["-ccltab", "g", "1"], started, { g: "1 DONE" }],
    [
      "flags may be bundled",
      ["-vccltab", "g", "1"],
      { ...started, stdout: started.stdout + "g 1 DONE\n" },
      {}
    ],
    [
      "a bundle's last flag may take the next word",
      ["-vc", "cltab", "g", "1"],
      { ...started, stdout: started.stdout + "g 1 DONE\n" },
      {}
    ],
    [
      "the word behind -v is a level",
      ["-c", "cltab", "-v", "1"],
      { ...started, stdout: `${started.stdout}${hostname()} 1 DONE\n` },
      { host: "1 DONE" }
    ],
    [
      "flags may follow the words",
      ["g", "1", "-c", "cltab", "-v"],
      { ...started, stdout: started.stdout + "g 1 DONE\n" },
      {}
    ],
    ["-v alone rereads and shows the status", ["-v", "-c", "cltab"], silent, {}],
    ["flags may be repeated, the last one counts", ["-c", "nowhere", "-vvc", "cltab"], silent, {}],
    [
      "of three and more words the last two count, and the others are reported",
      ["-c", "cltab", "g", "2", "g", "1"],
      { ...started, stderr: "clinit: warning: ignored: g 2\n" },
      { g: "1 DONE" }
    ],
    ["the settings in the cltab win over -s", ["-c", "cltab", "-s", "nowhere", "g", "1"], started, {
      g: "1 DONE"
    }],
    ["behind -- everything is a word", ["-c", "cltab", "--", "-v", "1"], started, { "-v": "1 DONE" }],
    [
      "a group that is named like a subcommand is told behind --",
      ["-c", "cltab", "--", "tell", "1"],
      started,
      { tell: "1 DONE" }
    ],
    [
      "a group that does not exist is refused in the original's words, on standard output",
      ["-c", "cltab", "nope", "1"],
      { exit: 1, stdout: "no such group: nope\n", stderr: "" },
      {}
    ],
    [
      "-v shows the status behind a refusal, too",
      ["-vc", "cltab", "nope", "1"],
      { exit: 1, stdout: "no such group: nope\n", stderr: "" },
      {}
    ],
    [
      "the name that the original used for a reread is a group like any other",
      ["-c", "cltab", "::ALL::", "::REREAD::"],
      { exit: 1, stdout: "no such group: ::ALL::\n", stderr: "" },
      {}
    ]
  ]
  for (const [claim, line, answer, states] of forms) {
    it(
      `${claim}: clinit ${line.join(" ").replace(hostname(), "HOST")}`,
      inScratch(async (scratch) => {
        await scratch.daemon(...lines)
        expect(settled(await scratch.bare(...line))).toEqual(answer)
        for (const [group, state] of Object.entries(states)) {
          await eventually(() => scratch.group(group === "host" ? hostname() : group), state as string)
        }
        const told = (await scratch.status()).groups.filter(({ level }) => level !== undefined)
        if (answer !== started && answer.exit === 0 && answer.stdout === "") expect(told).toEqual([])
      })
    )
  }

  for (
    const line of [["-k"], ["-vk", "extra", "words"], ["::ALL::", ":::SHUTDOWN:::"], [":::SHUTDOWN:::"], [
      "shutdown"
    ]]
  ) {
    it(
      `clinit ${line.join(" ")} shuts the daemon down`,
      inScratch(async (scratch) => {
        const daemon = await scratch.daemon("g:a:1:respawn:exec sleep 1000")
        await scratch.clinit("-w", "g", "1")
        expect((await scratch.clinit(...line)).exit).toBe(0)
        expect((await daemon.finished()).exit).toBe(0)
      })
    )
  }
})

describe.concurrent("what is wrong with a command line goes to standard error, with exit code 2 and nothing done", () => {
  const wrong: ReadonlyArray<readonly [claim: string, line: ReadonlyArray<string>, complaint: RegExp]> = [
    ["an unknown flag", ["-x", "g", "1"], /^clinit: Unrecognized flag: -x\nclinit: try: clinit --help\n$/],
    ["an unknown flag in a bundle", ["-vx", "g", "1"], /^clinit: Unrecognized flag: -x\n/],
    ["a digit in a bundle", ["-v1"], /^clinit: Unrecognized flag: -1\n/],
    ["a hyphen in a bundle", ["-v-k"], /^clinit: Unrecognized flag: -/],
    ["an unknown long flag", ["--verbos", "g", "1"], /^clinit: Unrecognized flag: --verbos\b/],
    ["a flag without its value", ["-s"], /^clinit: Missing value for flag --socket\. Expected: PATH\n/],
    ["an empty group", ["", "1"], /^clinit: the group name is empty\n$/],
    ["an empty level", ["g", ""], /^clinit: the level is empty\n$/],
    [
      "a group with white space",
      ["a b", "1"],
      /^clinit: the group name has white space or a control character\n$/
    ],
    [
      "a level with a control character",
      ["g", "\u001b[2J"],
      /^clinit: the level has white space or a control/
    ],
    ["tell without a level", ["tell"], /^clinit: Missing required argument: /],
    ["tell with three words", ["tell", "g", "1", "2"], /^clinit: Unexpected positional argument: "2"\n/],
    ["a word for shutdown", ["shutdown", "now"], /^clinit: Unexpected positional argument: "now"\n/],
    ["a word for reread", ["reread", "now"], /^clinit: Unexpected positional argument: "now"\n/],
    [
      "a timeout that is no number",
      ["-w", "--timeout", "soon", "g", "1"],
      /^clinit: Invalid value for flag --timeout: "soon"\./
    ],
    [
      "a timeout of nothing",
      ["-w", "--timeout", "0", "g", "1"],
      /^clinit: Invalid value for flag --timeout: "0"\. Expected: a number of seconds above 0\n/
    ],
    ["check with two files", ["check", "a", "b"], /^clinit: Unexpected positional argument: "b"\n/],
    ["settings of two groups", ["settings", "a", "b"], /^clinit: Unexpected positional argument: "b"\n/]
  ]
  it(
    "each of these",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:wait:true", `${hostname()}:b:1:wait:true`)
      for (const [claim, line, complaint] of wrong) {
        const { exit, stderr, stdout } = await scratch.clinit(...line)
        expect({ exit, stdout }, claim).toEqual({ exit: 2, stdout: "" })
        expect(stderr, claim).toMatch(complaint)
      }
      expect((await scratch.status()).groups.map(({ state }) => state)).toEqual(["CONFIGURED", "CONFIGURED"])
    })
  )
})

describe.concurrent("help and version are printed on standard output without a daemon or a cltab", () => {
  for (const line of [["-h"], ["--help"], ["-hk"], ["-vh", "g", "1"]]) {
    it(
      `clinit ${line.join(" ")}`,
      inScratch(async (scratch) => {
        const { exit, stderr, stdout } = await scratch.bare(...line)
        expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" })
        const mentioned = [
          "-h",
          "-d",
          "-k",
          "-v",
          "-c",
          "-s",
          "-w",
          "--timeout",
          "/etc/cltab",
          "clinit.s",
          "host"
        ]
        for (
          const text of [...mentioned, "tell", "status", "reread", "shutdown", "check", "settings", "daemon"]
        ) {
          expect(stdout).toContain(text)
        }
      })
    )
  }

  it(
    "clinit tell --help",
    inScratch(async (scratch) => {
      const { exit, stdout } = await scratch.bare("tell", "--help")
      expect(exit).toBe(0)
      expect(stdout).toContain("Tell a group to go to a level")
    })
  )

  it(
    "clinit --version",
    inScratch(async (scratch) => {
      expect(await scratch.bare("--version")).toEqual({ exit: 0, stdout: `clinit ${version}\n`, stderr: "" })
    })
  )
})

describe.concurrent("subcommands", () => {
  it(
    "tell is the original's form by another name",
    inScratch(async (scratch) => {
      await scratch.daemon(...lines)
      expect(await scratch.clinit("tell", "g", "1")).toEqual(started)
      expect(await scratch.clinit("tell", "1")).toEqual(started)
      expect(settled(await scratch.clinit("tell", "g", "1", "-v")).stdout).toBe(
        `level transition started\ng 1 DONE\n${hostname()} 1 DONE\n`
      )
      expect(await scratch.clinit("tell", "nope", "1")).toEqual({
        exit: 1,
        stdout: "no such group: nope\n",
        stderr: ""
      })
      expect((await scratch.clinit("tell", "--wait", "g", "1")).stdout).toBe("g 1 DONE\n")
    })
  )

  it(
    "flags that every command takes may stand before its name, and a time limit means waiting",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon(...lines)
      expect((await scratch.clinit("-w", "tell", "g", "1")).stdout).toBe("g 1 DONE\n")
      expect((await scratch.clinit("--timeout", "20", "g", "1")).stdout).toBe("g 1 DONE\n")
      expect((await scratch.clinit("-w", "--timeout", "20", "shutdown")).exit).toBe(0)
      expect((await daemon.finished()).exit).toBe(0)
    })
  )

  it(
    "a result that could not be printed is no success, a reader that has seen enough is",
    inScratch(async (scratch) => {
      await scratch.daemon(...lines)
      const client = `"${process.execPath}" "${Program.bundle}" -c cltab`
      const full = await scratch.start("sh", ["-c", `${client} status > /dev/full`]).finished()
      expect(full).toEqual({
        exit: 1,
        stdout: "",
        stderr: "clinit: cannot print: ENOSPC: no space left on device, write\n"
      })
      const closed = await scratch.start("sh", ["-c", `{ ${client} status; echo $? >&2; } | true`]).finished()
      expect(closed.stderr).toBe("0\n")
    })
  )

  it(
    "a socket path that is too long for the system is refused in so many words",
    inScratch(async (scratch) => {
      scratch.write("cltab", [])
      const long = scratch.path("x".repeat(120))
      expect(await scratch.clinit("-s", long, "-d")).toEqual({
        exit: 1,
        stdout: "",
        stderr: `clinit: cannot listen on ${long}: the path is longer than 107 bytes\n`
      })
    })
  )

  it(
    "status shows all groups, one group, the original's filters, and JSON",
    inScratch(async (scratch) => {
      const daemon = await scratch.daemon(
        "g:a:1:respawn:exec sleep 1000",
        "h:b:1:wait:true",
        "i:c:1:wait:true"
      )
      await scratch.clinit("-w", "g", "1")
      await scratch.clinit("-w", "h", "2")
      const a = await scratch.pid("a")
      const out = async (...line: ReadonlyArray<string>) =>
        withoutTimes(withoutHold((await scratch.clinit("status", ...line)).stdout))
      expect(await out()).toBe(`g 1 DONE\n  a respawn RUNNING pid ${a}\nh 2 DONE\ni - CONFIGURED\n`)
      expect(await out("g")).toBe(`g 1 DONE\n  a respawn RUNNING pid ${a}\n`)
      expect(await out("i")).toBe("i - CONFIGURED\n")
      expect(await out("--level", "1")).toBe("g DONE\n")
      expect(await out("g", "--level", "1")).toBe("DONE\n")
      expect(await out("g", "--level", "2")).toBe("")
      expect(await scratch.clinit("status", "nope")).toEqual({
        exit: 4,
        stdout: "",
        stderr: "clinit: no such group: nope\n"
      })
      expect(JSON.parse(await out("--json", "g"))).toMatchObject({
        version,
        pid: daemon.pid,
        cltab: scratch.cltab,
        modified: false,
        shuttingDown: false,
        warnings: [],
        groups: [{
          group: "g",
          level: "1",
          state: "DONE",
          processes: [{ tag: "a", mode: "respawn", state: { _tag: "Running", pid: a }, restarts: 0 }]
        }]
      })
    })
  )
})

describe.concurrent("without a daemon", () => {
  it(
    "every client form says so on standard error and ends with 3",
    inScratch(async (scratch) => {
      scratch.configure("g:a:1:wait:true")
      const missing = {
        exit: 3,
        stdout: "",
        stderr: `clinit: no daemon at ${scratch.socket}: there is no such socket\n`
      }
      for (
        const line of [["g", "1"], [], ["-v"], ["-k"], ["-w", "g", "1"], ["tell", "1"], ["status"], [
          "reread"
        ]]
      ) {
        expect(await scratch.clinit(...line), line.join(" ")).toEqual(missing)
      }
    })
  )

  it(
    "a cltab that is missing is only a warning to a client",
    inScratch(async (scratch) => {
      const { exit, stderr, stdout } = await scratch.clinit("-s", scratch.socket, "g", "1")
      expect({ exit, stdout }).toEqual({ exit: 3, stdout: "" })
      expect(stderr).toBe(
        `clinit: warning: file not found: ${scratch.cltab}\n` +
          `clinit: no daemon at ${scratch.socket}: there is no such socket\n`
      )
    })
  )
})

describe.concurrent("a client", () => {
  it(
    "finds its daemon by a cltab with broken entries: only the settings matter to it",
    inScratch(async (scratch) => {
      await scratch.daemon("g:a:1:wait:true")
      scratch.configure("nonsense")
      expect((await scratch.clinit("status")).stdout).toMatch(
        /^warning: .* was modified since it was loaded and refused:\n.*\ng - CONFIGURED\n$/
      )
    })
  )

  it(
    "does not mind that nobody reads what it prints",
    inScratch(async (scratch) => {
      await scratch.daemon(...Array.from({ length: 50 }, (_, index) => `group${index}:t${index}:1:wait:true`))
      const piped = scratch.start("/bin/sh", [
        "-c",
        `{ "$0" "$1" -c cltab status; echo $? > status; } | head -c0; { "$0" "$1" -h; echo $? > help; } | head -c0; ` +
        `{ "$0" "$1" -c cltab nope 1 2>&1; echo $? > refused; } | head -c0`,
        process.execPath,
        Program.bundle
      ])
      const { stderr } = await piped.finished()
      expect(stderr).toBe("")
      await eventually(() => ["status", "help", "refused"].map((file) => scratch.lines(file)), [
        ["0"],
        ["0"],
        ["1"]
      ])
    })
  )

  it(
    "runs as a program of its own, through its first line",
    inScratch(async (scratch) => {
      const direct = await scratch.start("/usr/bin/env", [
        `PATH=${process.execPath.replace(/\/[^/]*$/, "")}:${process.env["PATH"]}`,
        Program.bundle,
        "--version"
      ]).finished()
      expect(direct).toEqual({ exit: 0, stdout: `clinit ${version}\n`, stderr: "" })
    })
  )
})
