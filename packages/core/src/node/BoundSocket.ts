import * as Effect from "effect/Effect"
import * as fs from "node:fs"
import * as net from "node:net"
import * as path from "node:path"
import { crc32 } from "node:zlib"
import { because, SocketRefused } from "../SocketRefused.ts"
import * as FileIdentity from "./FileIdentity.ts"

/** Linux's sun_path less the zero at its end, see unix(7). */
export const maxPathBytes = 107

/** A server that listens at a path. */
export interface BoundSocket {
  readonly server: net.Server
  /** Whether the path still leads to this server. */
  readonly isInPlace: () => boolean
  /** Takes no more clients and removes the path at once, if it is ours; done when the last connection has ended. */
  readonly close: Effect.Effect<void>
}

/** Whether somebody accepts connections at the path; anything but a clear no counts as yes. */
const isListening = (socket: string) =>
  Effect.callback<boolean>((resume) => {
    const probe = net.connect({ path: socket })
    const settle = (listening: boolean) => {
      probe.destroy()
      resume(Effect.succeed(listening))
    }
    probe.once("connect", () => settle(true))
    probe.once("error", ({ code }: NodeJS.ErrnoException) =>
      settle(code !== "ECONNREFUSED" && code !== "ENOENT"))
    return Effect.sync(() =>
      probe.destroy()
    )
  })

const look = (socket: string) => fs.lstatSync(socket, { bigint: true, throwIfNoEntry: false })

/** The socket at the path that nobody listens on, if there is one; fails if anything else is there. */
const stale = Effect.fnUntraced(function*(socket: string) {
  const stat = yield* Effect.try({ try: () => look(socket), catch: because(socket) })
  if (stat === undefined) return undefined
  if (!stat.isSocket()) {
    return yield* new SocketRefused({ socket, reason: "the path exists and is not a socket" })
  }
  if (yield* isListening(socket)) {
    return yield* new SocketRefused({ socket, reason: "a daemon already listens there" })
  }
  return FileIdentity.of(stat)
})

/**
 * A name for the socket until it is in its place; always the same, so that one that a killed daemon left is found
 * again. Whoever holds the path's owner lock is the only one to use it.
 */
const temporaryName = (socket: string) =>
  `.clinit-${crc32(path.basename(socket)).toString(16).padStart(8, "0")}`

/**
 * Calls with a name for the file that bind(2) takes, however long its path is: through the open directory, which is
 * Linux's way.
 */
const withBindable = <A>(file: string, use: (bindable: string) => A): A => {
  if (Buffer.byteLength(file) <= maxPathBytes) return use(file)
  const directory = fs.openSync(path.dirname(file), fs.constants.O_DIRECTORY)
  try {
    return use(`/proc/self/fd/${directory}/${path.basename(file)}`)
  } finally {
    fs.closeSync(directory)
  }
}

/** So many clients may wait to be accepted: the system refuses more with EAGAIN. */
const backlog = 1_000

/** Binds and listens, for the owner only from the first moment on. */
const listen = (server: net.Server, file: string) => {
  const umask = process.umask(0o177)
  try {
    withBindable(file, (path) => server.listen({ path, backlog })) // binds before it returns
  } finally {
    process.umask(umask)
  }
}

/** Puts the socket into its place, unless somebody has put something there meanwhile. */
const place = (temporary: string, socket: string, replaced: FileIdentity.FileIdentity | undefined) => {
  const stat = look(socket)
  if (stat !== undefined && FileIdentity.of(stat) !== replaced) {
    throw new Error("somebody else has taken the path just now")
  }
  const identity = FileIdentity.of(fs.lstatSync(temporary, { bigint: true }))
  fs.renameSync(temporary, socket)
  return identity
}

/**
 * Makes the server listen at the path, for the owner only. Fails when something is there, which is left alone; but a
 * socket that nobody listens on is replaced.
 *
 * The socket is bound beside its place and renamed: libuv unlinks the path that it bound when the server is closed,
 * whatever is there by then, and would take away the socket of a daemon that came after us.
 */
export const bind = Effect.fnUntraced(
  function*(
    server: net.Server,
    socket: string
  ): Effect.fn.Return<BoundSocket, SocketRefused> {
    const replaced = yield* stale(socket)
    const temporary = path.join(path.dirname(socket), temporaryName(socket))
    yield* Effect.try({ try: () => fs.rmSync(temporary, { force: true }), catch: because(socket) })
    const identity = yield* Effect.callback<FileIdentity.FileIdentity, SocketRefused>((resume) => {
      const failed = (error: unknown) => resume(Effect.fail(because(socket)(error)))
      server.once("error", failed)
      server.once("listening", () => {
        server.off("error", failed)
        try {
          resume(Effect.succeed(place(temporary, socket, replaced)))
        } catch (error) {
          server.close() // which removes the temporary name
          failed(error)
        }
      })
      try {
        listen(server, temporary)
      } catch (error) {
        failed(error)
      }
    })
    const closed = new Promise<void>((resolve) => server.once("close", () => resolve()))
    const isInPlace = () => FileIdentity.isAt(socket, identity)
    return {
      server,
      isInPlace,
      close: Effect.promise(() => {
        if (server.listening) {
          if (isInPlace()) fs.rmSync(socket, { force: true })
          server.close()
        }
        return closed
      })
    }
  },
  Effect.uninterruptible
)
