import type { ChildProcess } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import * as Proc from "../Proc.ts"
import type { Home } from "../Stage.ts"
import * as Supervisor from "./Supervisor.ts"

/**
 * An init insists on being process 1: it gets namespaces of its own, with its inittab in place of the machine's. When it is killed
 * so is all that it has started.
 */
export const inNamespace = (
  home: Home,
  inittab: string,
  init: string
): Omit<Supervisor.Supervisor, "order"> => {
  mkdirSync(home.path("etc"))
  mkdirSync(home.path("run"))
  writeFileSync(home.path("etc/inittab"), inittab)
  const script = [
    "mount --make-rprivate /",
    "cp -a /etc/passwd /etc/group etc/",
    "mount --bind etc /etc",
    "mount --bind run /run",
    "mount -t proc proc /proc",
    `exec ${init}`
  ].join(" && ")
  let unshare: ChildProcess | undefined
  const root = () => Proc.descendants(unshare?.pid ?? -1)[0] ?? -1
  return {
    launch: async () => {
      unshare = home.start("unshare", ["--mount", "--pid", "--fork", "--kill-child", "/bin/sh", "-c", script])
    },
    shutDown: async () => {
      process.kill(root(), "SIGKILL")
      await Supervisor.end(unshare!)
    },
    root
  }
}

export const obstacle = (): string | undefined =>
  process.geteuid?.() !== 0 ? "a namespace of its own takes root" : Supervisor.notInstalled("unshare")()

/** Both inits put `exec` before a line, and have a shell run it for the semicolon. */
export const line = ({ command }: Supervisor.Service): string => `${command.replace(/^exec /, "")} ;`

export const kind: Supervisor.Kind = {
  name: "busybox init",
  missing: () => Supervisor.notInstalled("busybox")() ?? obstacle(),
  prepare: (home, services) => ({
    ...inNamespace(
      home,
      ["::sysinit:/bin/true", ...services.map((service) => `::respawn:${line(service)}`), ""].join("\n"),
      "busybox init"
    ),
    order: undefined
  })
}
