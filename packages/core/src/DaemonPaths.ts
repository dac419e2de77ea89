import * as Utf8 from "./Utf8.ts"

// Every client command loads this before it can ask anything: it does without the schemas of all the other settings.

/** Where everything lives: absolute paths, or relative to the working directory. */
export interface DaemonPaths {
  readonly cltab: string
  readonly socket: string
  readonly clstat: string
  readonly log: string
}

/** The paths that hold if neither flags nor cltab say otherwise. */
export const defaults: DaemonPaths = {
  cltab: "/etc/cltab",
  socket: "/var/run/clinit/clinit.s",
  clstat: "/var/run/clinit/clstat",
  log: "/var/run/clinit/log"
}

type Given = { readonly [Name in keyof DaemonPaths]?: string | undefined }

/** What the lines of a cltab say of paths. */
export type Lines = Omit<Given, "cltab">

/**
 * The paths in force: a line in cltab wins over a flag, a flag over the default. Nothing is remembered from
 * an earlier read, so deleting a line takes its value back.
 */
export const resolve = (flags: Given, lines: Lines): DaemonPaths => ({
  cltab: flags.cltab ?? defaults.cltab,
  socket: lines.socket ?? flags.socket ?? defaults.socket,
  clstat: lines.clstat ?? flags.clstat ?? defaults.clstat,
  log: lines.log ?? flags.log ?? defaults.log
})

/** What a value has to be: not empty, and without control characters but a carriage return at its end. */
export const value = { notEmpty: /[^\r]/, withoutControl: /^[\t\P{Cc}]*\r?$/u }

const setting = /^:::(socket|clstat|log):(.*)$/s

/** What the bytes of a cltab say of paths, whatever else they say: of several well-formed lines the last. */
export const read = (bytes: Uint8Array): Lines => {
  const { malformed, text } = Utf8.decode(bytes)
  const found: { -readonly [Name in keyof Lines]: string } = {}
  for (const [index, line] of text.split("\n").entries()) {
    if (!line.startsWith(":::")) continue
    const [, name, path] = setting.exec(line) ?? []
    if (path === undefined || malformed.has(index + 1)) continue
    if (value.notEmpty.test(path) && value.withoutControl.test(path)) found[name as keyof Lines] = path
  }
  return found
}
