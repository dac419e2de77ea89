import type { Stats } from "node:fs"

/** Whether it belongs to root or to the daemon's user, whom the daemon has to trust in any case. */
export const isOwn = ({ uid }: Stats): boolean => uid === 0 || uid === process.geteuid?.()

/** Whether its mode lets others than its owner write. */
export const isOpen = ({ mode }: Stats): boolean => (mode & 0o022) !== 0

/** Whether others than root and the daemon's user can change what is in this directory. */
export const isShared = (directory: Stats): boolean => !isOwn(directory) || isOpen(directory)

/** Throws if others can have given the file, which may be anybody's, its name in this directory by a hard link. */
export const refuseOtherNames = (file: Stats, directory: Stats): void => {
  if (file.nlink !== 1 && isShared(directory)) {
    throw new Error("has other names (hard links), and others can write its directory")
  }
}

/** The permissions in octal digits. */
export const mode = ({ mode }: Stats): string => (mode & 0o7777).toString(8).padStart(4, "0")
