/** A way to the database that can be cut, to see what its absence does. */
import { Effect } from "effect"
import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"

/** `target` is a database URL; `url` is the same through the proxy. Closed when the scope closes. */
export const proxy = (target: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const { hostname, port } = new URL(target)
      const sockets = new Set<Socket>()
      let mode: "Open" | "Cut" | "Silent" = "Open"
      const server = createServer((client) => {
        sockets.add(client)
        client.on("error", () => {}).on("close", () => sockets.delete(client))
        if (mode === "Cut") client.destroy()
        if (mode !== "Open") return
        const upstream = connect(Number(port), hostname)
        sockets.add(upstream)
        upstream.on("error", () => client.destroy()).on("close", () => (client.destroy(), sockets.delete(upstream)))
        client.on("close", () => upstream.destroy())
        const pass = (to: Socket) => (chunk: Buffer) => (mode === "Silent" ? undefined : to.write(chunk))
        client.on("data", pass(upstream))
        upstream.on("data", pass(client))
      })
      await once(server.listen(0, "127.0.0.1"), "listening")
      const through = new URL(target)
      through.hostname = "127.0.0.1"
      const address = server.address()
      if (address !== null && typeof address === "object") through.port = `${address.port}`
      const destroyAll = () => sockets.forEach((socket) => socket.destroy())
      return {
        url: through.href,
        /** Connections end and new ones are refused. */
        cut: () => ((mode = "Cut"), destroyAll()),
        /** Connections stay, and nothing passes. */
        silence: () => (mode = "Silent"),
        restore: () => ((mode = "Open"), destroyAll()),
        close: () => (destroyAll(), server.close()),
      }
    }),
    ({ close }) => Effect.sync(close),
  )
