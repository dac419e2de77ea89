import { describe, expect } from "@effect/vitest"
import { readFileSync, writeFileSync } from "node:fs"
import { itUnless, lacks } from "./support/Conditional.ts"
import { until } from "./support/Eventually.ts"
import * as PidNamespace from "./support/PidNamespace.ts"
import * as Proc from "./support/Proc.ts"
import { inScratch } from "./support/Scratch.ts"
import * as Terminal from "./support/Terminal.ts"

const read = (name: string) => readFileSync(new URL(`../../../contrib/${name}`, import.meta.url), "utf8")

describe("contrib", () => {
  itUnless(lacks("systemd-analyze"))(
    "has a unit that systemd finds nothing wrong with",
    inScratch(async (scratch) => {
      Terminal.withClinit(scratch)
      // It looks for programs where systemd would.
      writeFileSync(
        scratch.path("clinit.service"),
        read("clinit.service").replace(/^(Exec\w+=)clinit /gm, `$1${scratch.path("bin/clinit")} `)
      )
      const verified = await scratch.start("systemd-analyze", [
        "verify",
        "--man=no",
        scratch.path("clinit.service")
      ])
        .finished()
      expect(verified).toEqual({ exit: 0, stdout: "", stderr: "" })
    })
  )

  for (const shell of PidNamespace.shells) {
    itUnless(undefined)(
      `has a script for OpenRC whose words ${shell} reads: the daemon's command, and a check before its start`,
      inScratch(async (scratch) => {
        scratch.write("script", [read("clinit.openrc")])
        scratch.write("try", [
          "checkpath() { echo \"checkpath $*\"; }; ebegin() { echo \"$*\"; }; eend() { return $1; }",
          "need() { :; }; after() { :; }",
          "clinit_command=./clinit clinit_args='--tell web:run'; clinit() { :; }",
          ". ./script",
          "echo \"$command $command_args\"; depend && start_pre && reload"
        ])
        scratch.write("clinit", ["#!/bin/sh", "echo ran \"$@\""])
        const { exit: made } = await scratch.start("chmod", ["+x", "clinit"]).finished()
        const run = await scratch.start(shell, [...(shell.endsWith("busybox") ? ["sh"] : []), "./try"])
          .finished()
        expect([made, run]).toEqual([0, {
          exit: 0,
          stdout: [
            "./clinit -c /etc/cltab daemon --tell web:run",
            "checkpath --directory --mode 0700 /run/clinit",
            "ran check /etc/cltab",
            "Loading /etc/cltab",
            "ran -c /etc/cltab reread",
            ""
          ].join("\n"),
          stderr: ""
        }])
      })
    )
  }

  itUnless(PidNamespace.obstacle ?? lacks("busybox"))(
    "has a line for inittab by which busybox init runs the daemon, starts a killed one again, and ends it in the end",
    inScratch(async (scratch) => {
      Terminal.withClinit(scratch)
      scratch.configure("web:a:run,:respawn:exec sleep 1000")
      const line = read("inittab").split("\n").find((line) => line.startsWith("::respawn:"))!
        .replace("/usr/local/bin/clinit", `${scratch.path("bin/clinit")} -c ${scratch.cltab}`)
        .replace("/var/log/clinit.log", scratch.daemonLog)
      scratch.write("inittab", [line])
      const init = scratch.start("unshare", [
        ...PidNamespace.flags,
        "sh",
        "-c",
        "mount -t tmpfs none /etc && cp inittab /etc && mount -t tmpfs none /dev && mknod /dev/null c 1 3 && exec busybox init"
      ])
      const pid = await until("the entry runs", () => scratch.pid("a").catch(() => undefined))
      const { pid: daemon } = await scratch.status()
      const first = PidNamespace.children(init.pid)[0]!
      // Process ids of the namespace are others than ours.
      const child = PidNamespace.children(first).find((pid) => Proc.describe(pid).includes("daemon"))!
      Proc.kill(child, "SIGKILL")
      await until(
        "another daemon runs",
        () => scratch.status().then((status) => status.pid !== daemon, () => false)
      )
      expect(await scratch.pid("a")).toBe(pid)
      Proc.kill(first, "SIGUSR2") // its word for a shutdown
      await init.finished()
      expect(Proc.marked(scratch.directory)).toEqual([])
    })
  )
})
