import { execFileSync } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import type { Scratch } from "./Scratch.ts"

const run = (file: string, ...args: ReadonlyArray<string>) =>
  void execFileSync(file, args, { stdio: ["ignore", "ignore", "pipe"] })

/** Why there can be no small disks here, if there cannot. */
export const obstacle = ((): string | undefined => {
  if (process.geteuid?.() !== 0) return "not root"
  const directory = `/tmp/clinit-mount-${process.pid}`
  try {
    mkdirSync(directory)
    run("mount", "-t", "tmpfs", "-o", "size=16k", "clinit", directory)
    run("umount", directory)
    return undefined
  } catch (error) {
    return `no mounts: ${(error as Error).message.trim().split("\n").at(-1)}`
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})()

/** A file system of a few kilobytes in memory, which can be filled up and write-protected. */
export interface SmallDisk {
  readonly directory: string
  /** Uses up all of its space. */
  readonly fill: () => void
  /** Gives the space back. */
  readonly drain: () => void
  readonly protect: (isProtected: boolean) => void
}

/** Runs the test with a small disk in the scratch, which is unmounted afterwards whatever is open there. */
export const withSmallDisk = async (scratch: Scratch, test: (disk: SmallDisk) => Promise<void>) => {
  const directory = scratch.path("disk")
  const ballast = `${directory}/ballast`
  mkdirSync(directory, { mode: 0o700 })
  run("mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "clinit", directory)
  try {
    await test({
      directory,
      fill: () => {
        // What is written by somebody else meanwhile gives way to it.
        for (const bytes of [65_536, 4_096, 4_096]) {
          try {
            writeFileSync(ballast, Buffer.alloc(bytes), { flag: "a" })
          } catch {
            // it is full
          }
        }
      },
      drain: () => rmSync(ballast, { force: true }),
      protect: (isProtected) => run("mount", "-o", `remount,${isProtected ? "ro" : "rw"}`, directory)
    })
  } finally {
    run("umount", "--lazy", directory)
  }
}

/** From now on the scratch's daemons have their socket, lock and ledger, and with `clstat` the status file, there. */
export const moveTo = (scratch: Scratch, directory: string): void =>
  void Object.assign(scratch, { socket: `${directory}/s`, clstat: `${directory}/clstat` })
