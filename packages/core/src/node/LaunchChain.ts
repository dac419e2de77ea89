import type { Applied } from "../CltabSettings.ts"
import * as ResourceLimit from "../ResourceLimit.ts"

/** Whom a process runs as, where that is not as the daemon does. Without a user it keeps the daemon's. */
export interface Identity {
  readonly user: { readonly uid: number; readonly gid: number } | undefined
  /** The supplementary groups; `account` for those that the user has. */
  readonly groups: ReadonlyArray<number> | "account"
}

const bounds = ({ hard, soft }: ResourceLimit.ResourceLimit): string => `${soft}:${hard}`

const limits = (settings: Applied): ReadonlyArray<string> =>
  ResourceLimit.names.flatMap((name) => {
    const limit = settings[`limit.${name}`]
    return limit === undefined ? [] : [`--${name}=${bounds(limit)}`]
  })

const groupOptions = (groups: Identity["groups"]): string =>
  groups === "account"
    ? "--init-groups"
    : groups.length === 0
    ? "--clear-groups"
    : `--groups=${groups.join(",")}`

const identityOptions = ({ groups, user }: Identity): ReadonlyArray<string> => [
  ...(user === undefined ? [] : [`--reuid=${user.uid}`, `--regid=${user.gid}`]),
  groupOptions(groups)
]

/**
 * The programs that make what it becomes of a process, each with its arguments and each executing the next one, in the
 * order in which they have to run: what may take the daemon's rights comes before they are given up. Niceness is added
 * to, so `ownNiceness` is that of the daemon. None if there is nothing to be made.
 */
export const argv = (
  settings: Applied,
  identity: Identity | undefined,
  ownNiceness: number
): ReadonlyArray<string> => {
  const limited = limits(settings)
  const more = (settings.nice ?? ownNiceness) - ownNiceness
  return [
    // A limit may be what lets the niceness be lowered.
    ...(limited.length === 0 ? [] : ["prlimit", ...limited]),
    ...(more === 0 ? [] : ["nice", "-n", String(more)]),
    ...(identity === undefined ? [] : ["setpriv", ...identityOptions(identity), "--"])
  ]
}
