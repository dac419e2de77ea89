import * as Cltab from "@clinit/core/Cltab"
import * as CltabSettings from "@clinit/core/CltabSettings"
import * as SettingDefaults from "@clinit/core/SettingDefaults"
import * as SettingList from "@clinit/core/SettingList"
import { describe, expect, it } from "@effect/vitest"
import * as Result from "effect/Result"

const cltab = Cltab.parse([
  "web:app:run,:respawn:app", // 1
  "web:job:run,:wait:job",
  "web:probe:run,:test:probe",
  "db:pg:run,:once:pg",
  ":::socket:/run/s", // 5
  ":::stop:KILL",
  ":::web/stop:TERM 3s,KILL 1s",
  ":::web/app/stop:HUP 2000ms",
  ":::web/env.A:1",
  ":::web/app/env.A:2", // 10
  ":::env.TOKEN:t",
  ":::nothing/nice:3",
  ":::nice:1",
  ":::nice:2"
].join("\n"))

const brief = ({ line, name, origin, scope, value }: SettingList.Row) =>
  `${name} ${value} <- ${origin}${scope === undefined ? "" : ` ${scope}`}${
    line === undefined ? "" : `:${line}`
  }`

const ofEntry = (tag: string) =>
  SettingList.ofEntry(cltab, cltab.entries.find((entry) => entry.tag === tag)!).map(brief)

describe("the settings that apply", () => {
  it("to an entry are its own, else its group's, else the daemon's, else the defaults of its mode", () => {
    expect(ofEntry("app")).toEqual([
      "tree strict <- default",
      "stop HUP 2s <- entry web/app:8",
      "respawn.hits 5 <- default",
      "respawn.window 1s <- default",
      "respawn.pause 1min <- default",
      "respawn.factor 1 <- default",
      "respawn.jitter 0% <- default",
      "nice 2 <- daemon:14",
      "env inherit <- default",
      "output inherit <- default",
      "env.TOKEN t <- daemon:11",
      "env.A 2 <- entry web/app:10"
    ])
    expect(ofEntry("job")).toEqual([
      "tree loose <- default",
      "stop TERM 3s, KILL 1s <- group web:7",
      "success any <- default",
      "nice 2 <- daemon:14",
      "env inherit <- default",
      "output inherit <- default",
      "env.TOKEN t <- daemon:11",
      "env.A 1 <- group web:9"
    ])
    expect(ofEntry("probe").filter((row) => /^(success|respawn)/.test(row))).toEqual([
      "success 0 <- default"
    ])
    expect(ofEntry("pg").filter((row) => /^(success|respawn)/.test(row))).toEqual([])
  })

  it("are those that the entry is run with", () => {
    for (const entry of cltab.entries) {
      const made = SettingList.ofEntry(cltab, entry).filter(({ origin }) => origin !== "default")
      const applied = entry.settings ?? {}
      expect(Object.fromEntries(made.map(({ name, value }) => [name, value]))).toEqual(
        Object.fromEntries(
          (Object.keys(applied) as Array<CltabSettings.Name>).map((name) => [
            name,
            CltabSettings.valueOf(name).print(applied[name as keyof typeof applied])
          ])
        )
      )
    }
  })

  it("to a group are its own, else the daemon's, else the defaults of all modes", () => {
    expect(SettingList.ofGroup(cltab, "web").map(brief).slice(0, 4)).toEqual([
      "tree strict for respawn, loose for others <- default",
      "stop TERM 3s, KILL 1s <- group web:7",
      "success any for wait, 0 for test <- default",
      "respawn.hits 5 <- default"
    ])
  })

  it("to all are the daemon's, then those of groups and entries that there are", () => {
    const rows = SettingList.ofAll(cltab, { socket: "/flag" }).map(brief)
    expect(rows.slice(0, 6)).toEqual([
      "socket /run/s <- daemon:5",
      "clstat /var/run/clinit/clstat <- default",
      "containment the best that the machine has <- default",
      "log-format text <- default",
      "tree strict for respawn, loose for others <- default",
      "stop KILL 15s <- daemon:6"
    ])
    expect(rows.slice(-4)).toEqual([
      "stop TERM 3s, KILL 1s <- group web:7",
      "env.A 1 <- group web:9",
      "stop HUP 2s <- entry web/app:8",
      "env.A 2 <- entry web/app:10"
    ])
    expect(SettingList.ofAll(Cltab.parse(""), { socket: "/flag" }).map(brief)[0]).toBe("socket /flag <- flag")
  })

  it("tell no secrets unless asked", () => {
    const token = SettingList.ofAll(cltab, {}).find(({ name }) => name === "env.TOKEN")!
    expect(SettingList.conceal(token)).toEqual({ ...token, value: "********", concealed: true })
    const nice = SettingList.ofAll(cltab, {}).find(({ name }) => name === "nice")!
    expect(SettingList.conceal(nice)).toBe(nice)
  })
})

it("defaults are said as a cltab would say them", () => {
  for (const name of Object.keys(SettingDefaults.values) as Array<keyof typeof SettingDefaults.values>) {
    const text = SettingDefaults.textOf(name, name === "success" ? "wait" : undefined)!
    expect(CltabSettings.valueOf(name).read(text), text).toEqual(Result.succeed(SettingDefaults.values[name]))
  }
})
