/** A server on a socket of the test's own, which answers bytes and not HTTP: what a hostile or broken provider may do. */
import { Effect, type Scope } from "effect"
import { createServer, type Socket } from "node:net"

export interface RawServer {
  readonly url: string
  /** The text of each request, head and body. */
  readonly requests: ReadonlyArray<string>
  /** Bytes that the sockets took, and sockets that are still open. */
  readonly written: () => number
  readonly open: () => number
}

/** Calls `answer` once per request, when all of it has arrived. Closes its sockets with the scope. */
export const rawServer = (
  answer: (socket: Socket, request: string) => void,
): Effect.Effect<RawServer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const sockets = new Set<Socket>()
    const requests: Array<string> = []
    let written = 0
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on("error", () => {})
      socket.on("close", () => {
        written += socket.bytesWritten
        sockets.delete(socket)
      })
      let received = ""
      socket.on("data", (chunk) => {
        received += chunk.toString("latin1")
        const head = received.indexOf("\r\n\r\n")
        const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0)
        if (head === -1 || received.length < head + 4 + length) return
        requests.push(received)
        answer(socket, received)
        received = ""
      })
    })
    yield* Effect.acquireRelease(
      Effect.callback<void>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.void))
      }),
      () =>
        Effect.callback<void>((resume) => {
          for (const socket of sockets) socket.destroy()
          server.close(() => resume(Effect.void))
        }),
    )
    const address = server.address()
    const port = address !== null && typeof address === "object" ? address.port : 0
    return { url: `http://127.0.0.1:${port}`, requests, written: () => written, open: () => sockets.size }
  })

/** An HTTP answer as bytes. */
export const http = (status: string, body: string, headers = "") =>
  `HTTP/1.1 ${status}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`
