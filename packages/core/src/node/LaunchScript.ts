import type { EnvironmentVariable } from "@clinit/protocol/ClinitRpcs"

// The shell of an entry whose process has to be set up: the last program of the chain before the entry's own, with
// the rights of the entry. Its standard error is the daemon, its descriptor 3 the entry's standard error.

/** The environment variable in which the chain carries what it may not look at itself. */
export const variable = "CLINIT_LAUNCH"

/** The line by which the shell says that it has the entry's rights, directory and environment. */
export const ready = "ready"

/** The text as one word of a shell. */
export const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

/** What the shell has to carry out first: shell text that goes to the directory and makes this environment. */
export const settling = (
  environment: ReadonlyArray<EnvironmentVariable>,
  directory: string | undefined
): string =>
  [
    ...(directory === undefined ? [] : [`cd -P -- ${quote(directory)}||exit 126`]),
    "unset PATH OLDPWD",
    ...environment.map(({ name, value }) => `export ${name}=${quote(value)}`)
  ].join("\n")

/**
 * Settles, says so, and waits for a line from the daemon; without one the command does not begin. The command gets a
 * shell of its own, since what this one did with its variables (IFS, PATH) would show there.
 */
const script = [
  `eval "$${variable}"`,
  `echo ${ready} >&2`,
  `read -r ${variable} <&2||exit 125`,
  `unset ${variable}`,
  `exec /bin/sh -c "$1" 2>&3 3>&-`
].join("\n")

/** The program that settles and becomes the shell of the command. */
export const argv = (command: string): ReadonlyArray<string> => ["/bin/sh", "-c", script, "sh", command]
