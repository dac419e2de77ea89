// Takes a group to a level and shows what happens meanwhile: `main.mjs SOCKET GROUP LEVEL`.
import { ClinitFailed, ClinitRefused, connect } from "@clinit/protocol/node/PromiseClient"

const [socket = "/var/run/clinit/clinit.s", group = "shop", level = "run"] = process.argv.slice(2)

/** @param {AsyncIterable<import("@clinit/protocol/node/PromiseClient").News>} happening */
const show = async (happening) => {
  for await (const news of happening) {
    if (news._tag === "Event" && news.event.what._tag === "Entry") {
      console.log(`${news.event.tag} is ${news.event.what.state?._tag ?? "gone"}`)
    }
    if (news._tag === "Missed") console.log(`${news.missed.count} events were missed`)
  }
}

const daemon = connect({ socket })
try {
  const happening = daemon.watch({ group })
  await happening.next() // from here on nothing is missed
  const shown = show(happening)
  const { outcome } = await daemon.tell(group, level, { wait: true })
  const { groups } = await daemon.status(group)
  daemon.close()
  await shown
  console.log(`${group} ${level} ${outcome?.state}`)
  for (const { state, tag } of groups.flatMap(({ processes }) => processes)) {
    console.log(`${tag} ${state._tag}`)
  }
} catch (error) {
  if (!(error instanceof ClinitRefused || error instanceof ClinitFailed)) throw error
  console.error(error.message)
  process.exitCode = error._tag === "NoDaemon" ? 3 : 1
} finally {
  daemon.close()
}
