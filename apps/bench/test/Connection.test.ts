import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import { assert } from "vitest"
import { pay } from "../src/messages/pay.ts"
import { Connection } from "../src/webhooks/Connection.ts"
import { closedLoop, openLoop } from "../src/webhooks/load.ts"

const request = Buffer.from("GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")

/** A server for as long as the scope lives, and its port. */
const serving = (server: Server) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        server.listen(0, "127.0.0.1")
        await once(server, "listening")
        return server
      }),
      (server) =>
        Effect.promise(async () => {
          server.closeAllConnections()
          server.close()
          await once(server, "close")
        }),
    ),
    (server) => {
      const address = server.address()
      return typeof address === "object" ? (address?.port ?? 0) : 0
    },
  )

describe("a connection", () => {
  it.live("that the server has closed while it was idle says so when it is used", () =>
    Effect.gen(function* () {
      const server = createServer((_, response) => response.end())
      const port = yield* serving(server)
      const connection = yield* Effect.promise(() => Connection.open(port))
      assert.strictEqual(yield* Effect.promise(() => connection.send(request)), 200)
      server.closeAllConnections()
      while (!connection["socket"].closed) yield* Effect.sleep("1 millis")
      const lost = yield* Effect.flip(Effect.tryPromise(() => connection.send(request))).pipe(
        Effect.timeout("10 seconds"),
      )
      assert.notStrictEqual(lost._tag, "TimeoutError")
    }).pipe(Effect.scoped),
  )
})

describe("a load whose server closes connections instead of answering", () => {
  const loads = {
    "as much as it takes": (port: number) => closedLoop(port, 4, () => request, 5),
    "at a rate": (port: number) => openLoop(port, 4, () => request, { perSecond: 100, seconds: 5 }),
    "of payments": (port: number) =>
      Effect.asVoid(
        pay(
          port,
          100,
          Array.from({ length: 500 }, (_, n) => `inv_${n}`),
          0,
        ),
      ),
  }
  it.live.each(Object.entries(loads))("%s, ends with the reason", ([, load]) =>
    Effect.gen(function* () {
      let answers = 0
      const server = createServer((incoming, response) => {
        if (++answers > 20) incoming.socket.destroy()
        else response.end()
      })
      const { _tag, message } = yield* Effect.flip(load(yield* serving(server)))
      assert.strictEqual(_tag, "Unsound")
      assert.match(message, /closed the connection|ECONNRESET/)
    }).pipe(Effect.scoped, Effect.timeout("20 seconds")),
  )
})
