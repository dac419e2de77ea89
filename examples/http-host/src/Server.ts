import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as http from "node:http"
import type { AddressInfo } from "node:net"

/** What is answered to a request: JSON, or nothing if there is no such page. */
export type Pages = Readonly<Record<string, Effect.Effect<unknown>>>

/** Serves the pages at this port of 127.0.0.1 (0: any that is free) while the scope lives; returns the port. */
export const serve = (port: number, pages: Pages): Effect.Effect<number, Error, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<http.Server, Error>((resume) => {
        const server = http.createServer((request, response) => {
          const page = pages[request.url ?? ""]
          if (page === undefined) return void response.writeHead(404).end()
          Effect.runPromise(page).then(
            (answer) =>
              response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer)),
            () => response.writeHead(500).end()
          )
        })
        server.once("error", (error) => resume(Effect.fail(error)))
        server.listen(port, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.callback<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    ),
    (server) => (server.address() as AddressInfo).port
  )
