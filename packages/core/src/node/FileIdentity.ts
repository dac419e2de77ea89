import * as fs from "node:fs"

/** What tells a file from all others that exist at the same time. */
export type FileIdentity = string & { readonly FileIdentity: never }

export const of = ({ dev, ino }: fs.BigIntStats): FileIdentity => `${dev}:${ino}` as FileIdentity

/** Whether the path leads to this file, and to no symlink; not if that cannot be known. */
export const isAt = (file: string, identity: FileIdentity): boolean => {
  try {
    return of(fs.lstatSync(file, { bigint: true })) === identity
  } catch {
    return false
  }
}
