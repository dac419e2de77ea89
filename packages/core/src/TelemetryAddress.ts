import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as SettingValue from "./SettingValue.ts"

const host = String.raw`(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)`
const port = String.raw`(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])`
const path = String.raw`/[\t\P{Cc}]+`

const matching = (pattern: string) => Schema.String.check(Schema.isPattern(new RegExp(`^${pattern}$`, "u")))

/** Where metrics can be read: an address of TCP, with an IPv6 host in brackets, or the path of a UNIX socket. */
export const Listening = Schema.Union([
  Schema.Struct({
    host: matching(host),
    port: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 }))
  }),
  Schema.Struct({ path: matching(path) })
])
export type Listening = typeof Listening.Type

/** The address as one writes it. */
export const print = (address: Listening): string =>
  "path" in address ? address.path : `${address.host}:${address.port}`

const parse = (text: string): Listening => {
  if (text.startsWith("/")) return { path: text }
  const colon = text.lastIndexOf(":")
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) }
}

/** How the setting is written that says where metrics can be read. */
export const listening: SettingValue.Value<Listening> = SettingValue.of(
  "an address such as 127.0.0.1:9464, or the absolute path of a socket",
  matching(`(?:${host}:${port}|${path})`).pipe(
    Schema.decodeTo(Listening, SchemaTransformation.transform({ decode: parse, encode: print }))
  ),
  (text) => {
    const [, rest = ""] = /^(?:\w+:\/\/)?(?:\*?:)?(.*?)(?:\/metrics)?$/.exec(text) ?? []
    if (/^\d{1,5}$/.test(rest)) return `did you mean 127.0.0.1:${rest}?`
    if (rest !== text && new RegExp(`^${host}:${port}$`).test(rest)) return `did you mean ${rest}?`
    return undefined
  }
)

/** Whether it listens at every address of the machine. */
export const isWildcard = (address: Listening): boolean =>
  "host" in address && /^(?:0\.0\.0\.0|0|\[[0:]*\])$/.test(address.host)

/** Whether only this machine can reach it over the network. */
export const isLoopback = (address: Listening): boolean =>
  "host" in address && /^(?:localhost|127\.[\d.]+|\[::1\])$/i.test(address.host)

/** How the address of a collector of OpenTelemetry is written: the part before `/v1/traces`. */
export const collector: SettingValue.Value<string> = SettingValue.of(
  "an address such as http://127.0.0.1:4318",
  matching(String.raw`https?://${host}(?::${port})?(?:/[^\s?#\p{Cc}]*)?`),
  (text) =>
    new RegExp(`^${host}:${port}$`).test(text)
      ? `did you mean http://${text}?`
      : text.includes("@")
      ? "it cannot have a name and a password"
      : undefined
)
