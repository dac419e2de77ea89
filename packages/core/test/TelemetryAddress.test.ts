import * as Cltab from "@clinit/core/Cltab"
import { describe, expect, it } from "@effect/vitest"

const findings = (line: string) =>
  Cltab.parse(`${line}\n`).diagnostics.map(({ column, hint, message }) =>
    `${column} ${message}${hint === undefined ? "" : ` (${hint})`}`
  )

const metrics = (text: string) =>
  `12 metrics is an address such as 127.0.0.1:9464, or the absolute path of a socket, not "${text}"`
const otlp = (text: string) => `9 otlp is an address such as http://127.0.0.1:4318, not "${text}"`

describe("where metrics can be read", () => {
  it.each([
    ["127.0.0.1:9464", { host: "127.0.0.1", port: 9464 }],
    ["[::1]:65535", { host: "[::1]", port: 65535 }],
    ["node-1.example.org:1", { host: "node-1.example.org", port: 1 }],
    ["/run/clinit/metrics", { path: "/run/clinit/metrics" }]
  ])("is %s", (text, value) => {
    expect(Cltab.parse(`:::metrics:${text}\n`).settings.metrics).toEqual({ line: 1, value })
  })

  it.each([
    ["9464", " (did you mean 127.0.0.1:9464?)"],
    [":9464", " (did you mean 127.0.0.1:9464?)"],
    ["*:9464", " (did you mean 127.0.0.1:9464?)"],
    ["http://127.0.0.1:9464/metrics", " (did you mean 127.0.0.1:9464?)"],
    ["127.0.0.1", ""],
    ["127.0.0.1:0", ""],
    ["127.0.0.1:65536", ""],
    ["::1:9464", ""],
    ["run/metrics", ""],
    ["/", ""]
  ])("is not %s", (text, hint) => {
    expect(findings(`:::metrics:${text}`)).toEqual([metrics(text) + hint])
  })

  it("holds for the whole daemon", () => {
    expect(findings(":::web/metrics:127.0.0.1:9464")).toEqual([
      "4 metrics holds for the whole daemon (write :::metrics:VALUE)"
    ])
  })
})

describe("the address of a collector", () => {
  it.each(["http://127.0.0.1:4318", "https://otel.example.org", "https://[::1]:4318/tenant/7"])(
    "is %s",
    (text) => {
      expect(Cltab.parse(`:::otlp:${text}\n`).settings.otlp).toEqual({ line: 1, value: text })
    }
  )

  it.each([
    ["127.0.0.1:4318", " (did you mean http://127.0.0.1:4318?)"],
    ["http://me:secret@127.0.0.1:4318", " (it cannot have a name and a password)"],
    ["grpc://127.0.0.1:4317", ""],
    ["http://127.0.0.1:99999", ""],
    ["http://127.0.0.1:4318?x", ""]
  ])("is not %s", (text, hint) => {
    expect(findings(`:::otlp:${text}`)).toEqual([otlp(text) + hint])
  })
})
