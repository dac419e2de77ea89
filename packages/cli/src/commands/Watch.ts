import type { News } from "@clinit/protocol/ClinitClient"
import { ClinitClient } from "@clinit/protocol/ClinitClient"
import { GroupName } from "@clinit/protocol/Names"
import * as Watch from "@clinit/protocol/Watch"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as fs from "node:fs"
import { UsageError } from "../CommandError.ts"
import * as EventLine from "../EventLine.ts"
import type { Shared } from "../Flags.ts"
import * as JsonFormats from "../JsonFormats.ts"
import * as Output from "../Output.ts"
import * as Session from "../Session.ts"

export interface Choice {
  readonly group: Option.Option<string>
  readonly since: Option.Option<number>
  readonly json: boolean
  readonly follow: boolean
}

/** Whether the program was started without standard output: Node opens the null device instead, for reading as well. */
const isClosed = (): boolean => {
  try {
    return fs.fstatSync(1).rdev === fs.statSync("/dev/null").rdev && fs.readSync(1, Buffer.alloc(1)) === 0
  } catch {
    return false
  }
}

/** Completes when the user has seen enough, or nobody reads any more, which only shows when there is something to print. */
const dismissed = Effect.callback<void>((resume) => {
  const done = () => resume(Effect.void)
  process.once("SIGINT", done)
  process.stdout.once("error", done)
  if (isClosed()) done()
  return Effect.sync(() => void process.off("SIGINT", done))
})

const schema = JsonFormats.ids.watch

/** One line; with `json` the event as the daemon sent it, `{"missed":N,"next":SEQ}`, or `{"renumbered":SEQ}`. */
const show = Effect.fnUntraced(function*(news: News, json: boolean) {
  switch (news._tag) {
    case "Event": {
      const nowMillis = yield* Clock.currentTimeMillis
      return json ? JSON.stringify({ schema, ...news.event }) : EventLine.line(news.event, { nowMillis })
    }
    case "Missed": {
      const { count, next } = news.missed
      return json
        ? JSON.stringify({ schema, missed: count, next })
        : `missed ${count} event${count === 1 ? "" : "s"}`
    }
    case "Watching":
      return json
        ? JSON.stringify({ schema, renumbered: news.position.seq })
        : `another daemon: its events are numbered from ${news.position.seq + 1} on`
  }
})

/** Prints what happens, a line each, until it is interrupted; fails when the daemon ends, unless it is to `follow` the next. */
export const watch = Effect.fnUntraced(function*({ follow, group, json, since }: Choice, flags: Shared) {
  const only = Option.isNone(group) ? {} : {
    group: yield* Effect.mapError(
      Schema.decodeEffect(GroupName)(group.value),
      (error) => new UsageError({ reason: error.message })
    )
  }
  let isBegun = false
  const begin = Effect.fnUntraced(function*({ position }: News) {
    isBegun = true
    if (!process.stderr.isTTY) return
    const what = Option.getOrElse(group, () => "all groups")
    yield* Output.note(`watching ${what} from event ${position.seq + 1} on; interrupt to end`)
  })
  const tell = Effect.fnUntraced(function*(news: News) {
    if (!isBegun) return yield* begin(news)
    if (news._tag !== "Watching" || news.renumbered) yield* Output.print(yield* show(news, json))
  })
  const watched = Effect.gen(function*() {
    const client = yield* ClinitClient
    const news = client.watch({
      ...only,
      ...(Option.isNone(since) ? {} : { since: { seq: since.value } }),
      ...(follow ? { reconnect: Watch.untiring } : {})
    })
    yield* Stream.runForEach(news, tell).pipe(
      Effect.tapErrorTag("UnknownGroup", (error) => Output.complain(error.message))
    )
  })
  yield* Effect.raceFirst(Session.withClient(flags, watched), dismissed)
})
