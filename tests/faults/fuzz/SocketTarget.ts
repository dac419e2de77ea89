import * as NodeSocketServer from "@clinit/core/node/NodeSocketServer"
import { Trouble } from "@clinit/core/Trouble"
import * as JsonRpc from "@clinit/protocol/JsonRpc"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as fs from "node:fs"
import * as net from "node:net"
import * as os from "node:os"
import * as path from "node:path"
import type { ByteText } from "./ByteText.ts"
import { utf8 } from "./ByteText.ts"
import * as Expectation from "./Expectation.ts"
import { claim } from "./Failure.ts"
import * as Framing from "./Framing.ts"
import * as Mutation from "./Mutation.ts"
import type { Random } from "./Random.ts"
import { make } from "./Random.ts"
import * as RequestInputs from "./RequestInputs.ts"
import type { Input, Session, Target } from "./Target.ts"
import * as World from "./World.ts"
import * as WorldCltab from "./WorldCltab.ts"

/** What one client sends: a few lines, or a storm of bytes. */
const generate = (random: Random): Input => {
  if (random.chance(0.01)) return { origin: "noise", bytes: Mutation.noise(random, random.below(150_000)) }
  const lines = Array.from({ length: random.between(1, 6) }, () => RequestInputs.line(random, {}).bytes)
  return { origin: "mutated", bytes: `${lines.join("\n")}${random.chance(0.8) ? "\n" : ""}` }
}

/** How a client goes: after it has said its last word, when it has its answers, or at any moment. */
type Ending = "half-closes" | "stays" | "vanishes" | "is deaf"

/** A daemon that says nothing for so many milliseconds has forgotten its client. */
const silence = 20_000

const pause = (random: Random) =>
  new Promise<void>((resume) =>
    random.chance(0.8) ? setImmediate(resume) : setTimeout(resume, random.below(4))
  )

/** Sends the pieces and returns what comes back, or nothing if the client did not stay for it. */
const converse = async (
  socket: string,
  stream: ByteText,
  random: Random,
  ending: Ending,
  answers: number
): Promise<string | undefined> => {
  const client = net.connect({ path: socket, allowHalfOpen: true })
  let text = ""
  let received = 0
  let error: Error | undefined
  const closed = new Promise<void>((resume) => client.once("close", () => resume()))
  const enough = new Promise<void>((resume) => {
    client.on("error", (cause) => void (error = cause))
    if (ending === "is deaf") client.pause()
    else {
      client.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk
        received += chunk.split("\n").length - 1
        if (ending === "stays" && received >= answers) resume()
      }).on("end", () => resume()).on("close", () => resume())
    }
  })
  const pieces = Framing.pieces(random, stream)
  const last = ending === "vanishes" || ending === "is deaf" ? random.below(pieces.length + 1) : pieces.length
  for (const piece of pieces.slice(0, last)) {
    if (client.destroyed) break
    client.write(piece)
    if (random.chance(0.5)) await pause(random)
  }
  if (ending === "vanishes" || ending === "is deaf") {
    await pause(random)
    client.destroy()
    await closed
    return undefined
  }
  if (ending === "half-closes") client.end()
  // Silence, not the time for all of them: on a busy machine hundreds of answers take theirs.
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<"late">((resume) => {
    timer = setTimeout(resume, silence, "late")
    client.on("data", () => timer?.refresh())
  })
  const outcome = answers === 0 && ending === "stays" ? "nothing" : await Promise.race([enough, late])
  clearTimeout(timer)
  client.destroy()
  await closed
  claim(outcome !== "late", `${received} of ${answers} answers, then silence`)
  claim(error === undefined, () => `the connection broke: ${error?.message}`)
  return text
}

const checkAnswers = (text: string, lines: ReadonlyArray<string | undefined>) => {
  const answers = text.split("\n")
  claim(answers.pop() === "", "the last answer is cut off")
  const known = Expectation.fresh(true)
  for (const line of lines) {
    if (line === undefined) {
      const { error } = JSON.parse(answers.shift() ?? "{}") as { readonly error?: { readonly code: number } }
      claim(error?.code === JsonRpc.Code.tooLong, "a line that is too long is not answered so")
      continue
    }
    const expected = Expectation.expect(line, known)
    Expectation.checkAnswer(expected.isNotification ? undefined : answers.shift(), expected)
  }
  claim(answers.length === 0, `${answers.length} answers too many`)
}

/** The daemon's sockets: the one at which it listens, and one for each client. The file names what they are bound to. */
const sockets = (directory: string) =>
  fs.readFileSync("/proc/net/unix", "utf8").split("\n").filter((line) => line.includes(`${directory}/`))
    .length

const open = async (): Promise<Session> => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "clinit-fuzz-"))
  const socket = path.join(directory, "s")
  const world = await World.open()
  const scope = Effect.runSync(Scope.make())
  await Effect.runPromise(
    NodeSocketServer.serveAt(socket, world.answer).pipe(Scope.provide(scope), Effect.provide(Trouble.layer))
  )
  const idle = sockets(directory)
  return {
    async check({ bytes }, random) {
      const ending = random.pick<Ending>([
        "half-closes",
        "half-closes",
        "stays",
        "stays",
        "vanishes",
        "is deaf"
      ])
      const stream = ending === "stays" && !bytes.endsWith("\n") ? `${bytes}\n` : bytes
      const lines = Framing.lines(stream)
      const known = Expectation.fresh(true)
      const answers =
        lines.filter((line) => line === undefined || !Expectation.expect(line, known).isNotification).length
      const text = await converse(socket, stream, random, ending, answers)
      if (text !== undefined) checkAnswers(text, lines)
    },
    async settle() {
      // Connections that are gone are closed on the daemon's side too; until then their orders may still come.
      const deadline = performance.now() + 30_000
      while (sockets(directory) > idle) {
        claim(
          performance.now() < deadline,
          () => `${sockets(directory) - idle} connections are still open`
        )
        await new Promise((resume) => setTimeout(resume, 10))
      }
      const told = new Map(WorldCltab.groups.map((group) => [group, "1"]))
      const lines = Array.from(
        told,
        ([group, level]) =>
          JSON.stringify({ jsonrpc: "2.0", id: group, method: "tell", params: { group, level, wait: true } })
      )
      const text = await converse(
        socket,
        utf8(lines.map((line) => `${line}\n`).join("")),
        make(""),
        "stays",
        lines.length
      )
      checkAnswers(text!, lines)
      await World.settled(world, WorldCltab.running(told))
    },
    close: async () => {
      await Effect.runPromise(Scope.close(scope, Exit.void))
      await world.close()
      fs.rmSync(directory, { recursive: true, force: true })
    }
  }
}

/** Clients at a real socket, several at a time: well-behaved ones, and those that vanish or never read. */
export const target: Target = {
  name: "socket",
  generate,
  open,
  settleEvery: 500,
  lanes: 16,
  // Silence is looked for while the answers come.
  patience: 120_000,
  isPure: false
}
