import { constants } from "node:fs"
import type { Stats } from "node:fs"
import * as fs from "node:fs/promises"
import { quote } from "../Quotation.ts"
import * as FileTrust from "./FileTrust.ts"

// Ways through directories that others may be able to change meanwhile, where there is /proc.

const { O_NOFOLLOW } = constants

/** Linux's: a descriptor that only stands for what is there, a symbolic link included; see open(2). */
const O_PATH = 0o10_000_000

/** As many symbolic links as the kernel itself follows on one way. */
const maxLinks = 40

/** What a way has led to: a descriptor that only stands for it. */
export interface Place {
  readonly handle: fs.FileHandle
  readonly stat: Stats
}

/** This very file, wherever its path leads by now. */
export const itself = ({ handle }: Place): string => `/proc/self/fd/${handle.fd}`

/** The name in this very directory, wherever its path leads by now. */
export const within = (place: Place, name: string): string => `${itself(place)}/${name}`

/** What stands there, a symbolic link as itself. */
export const open = async (file: string): Promise<Place> => {
  const handle = await fs.open(file, O_PATH | O_NOFOLLOW)
  try {
    return { handle, stat: await handle.stat() }
  } catch (error) {
    await handle.close()
    throw error
  }
}

const parts = (path: string) => path.split("/").filter((part) => part !== "" && part !== ".")

/**
 * Where the absolute path leads, and the directory in which that stands. Each step is taken from the directory that the
 * one before has led to, so that nobody can put another one in its place; a symbolic link counts only where nobody else
 * could have put it. `step` opens what stands somewhere.
 */
const walk = async (path: string, step: (file: string) => Promise<Place>) => {
  let place = await open("/")
  let directory = place.stat
  try {
    const ahead = parts(path).toReversed()
    let links = 0
    for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
      const file = within(place, name)
      const next = await step(file)
      if (next.stat.isSymbolicLink()) {
        await next.handle.close()
        if (FileTrust.isShared(place.stat)) {
          throw new Error(`${quote(name)} is a symbolic link in a directory that others can write`)
        }
        if (++links > maxLinks) throw new Error("has too many symbolic links")
        const target = await fs.readlink(file)
        ahead.push(...parts(target).toReversed())
        if (!target.startsWith("/")) continue
        await place.handle.close()
        place = await open("/")
        continue
      }
      await place.handle.close()
      directory = place.stat
      place = next
      if (ahead.length > 0 && !next.stat.isDirectory()) {
        throw new Error(`${quote(name)} on the way to it is not a directory`)
      }
    }
    return { place, directory }
  } catch (error) {
    await place.handle.close()
    throw error
  }
}

/** The directory to which the absolute path leads. `step` opens, or makes, what stands on the way. */
export const directory = async (path: string, step: (file: string) => Promise<Place>): Promise<Place> => {
  const { place } = await walk(path, step)
  if (place.stat.isDirectory()) return place
  await place.handle.close()
  throw new Error(`${quote(parts(path).at(-1) ?? "/")} on the way to it is not a directory`)
}

/** What the absolute path leads to, and the directory in which that stands. */
export const file = (path: string): Promise<{ readonly place: Place; readonly directory: Stats }> =>
  walk(path, open)
