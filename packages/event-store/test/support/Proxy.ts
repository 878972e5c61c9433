/** A TCP proxy in front of Postgres that fails on demand. */
import { Effect, Redacted, type Scope } from "effect"
import { connect, createServer, type Socket } from "node:net"
import { elsewhere } from "./sql.ts"

export type Fault =
  /** The next request is lost: the server does not see it, and the connection ends. */
  | "BeforeServer"
  /** The next request is done by the server, its answer is lost, and the connection ends. */
  | "AfterServer"
  /** The same two, and the connection ends with a reset (RST) and not with a farewell (FIN). */
  | "ResetBeforeServer"
  | "ResetAfterServer"
  /** The next request is done by the server, and nobody is told anything: the connection stays open and is dead. */
  | "HalfOpen"

export interface Proxy {
  /** The way to the server through the proxy. */
  readonly url: Redacted.Redacted
  /** Arms a fault for the next request, of any connection. */
  readonly arm: (fault: Fault) => void
  /** How many faults have happened. */
  readonly faults: () => number
  /** Swallows everything in both directions, and accepts connections that nobody answers, until undone. */
  readonly silence: (on: boolean) => void
  /** Passes everything on byte by byte, each in a packet of its own, until undone. */
  readonly slice: (on: boolean) => void
  /** Ends the connections there are. */
  readonly cut: () => void
  /** Refuses new connections and ends those there are, unless they are kept, until undone. */
  readonly refuse: (on: boolean, keep?: "Keep") => void
}

/** Ends an answer: the transaction, if there was one, is over (protocol 3, "ReadyForQuery", idle). */
const readyForQuery = Buffer.from([0x5a, 0, 0, 0, 5, 0x49])

export const proxyTo = (target: Redacted.Redacted): Effect.Effect<Proxy, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { hostname, port } = new URL(Redacted.value(target))
    const sockets = new Set<Socket>()
    let armed: Fault | undefined
    let faults = 0
    let silent = false
    let refusing = false
    let slicing = false
    const pass = (to: Socket, data: Buffer) => {
      if (!slicing) return void to.write(data)
      for (let at = 0; at < data.length; at++) to.write(data.subarray(at, at + 1))
    }

    const server = createServer((client) => {
      if (refusing) return void client.destroy()
      const upstream = connect(Number(port), hostname)
      for (const socket of [client, upstream]) {
        sockets.add(socket)
        socket.setNoDelay(true)
        socket.on("error", () => {})
        socket.on("close", () => {
          sockets.delete(socket)
          client.destroy()
          // Let the server finish what it has received.
          upstream.end()
        })
      }
      let started = false
      let losesAnswer = false
      let dead = false
      let end = (): void => void client.destroy()
      client.on("data", (data) => {
        if (silent || dead) return
        // The first thing that a client sends that is a request of the extended protocol: Parse or Bind.
        started ||= data[0] === 0x50 || data[0] === 0x42
        if (started && armed !== undefined) {
          const fault = armed
          armed = undefined
          if (fault.startsWith("Reset")) end = () => void client.resetAndDestroy()
          if (fault === "HalfOpen") end = () => void (dead = true)
          if (fault.endsWith("BeforeServer")) {
            faults += 1
            return end()
          }
          losesAnswer = true
        }
        pass(upstream, data)
      })
      upstream.on("data", (data) => {
        if (silent || dead) return
        if (losesAnswer) {
          if (!data.subarray(-6).equals(readyForQuery)) return
          faults += 1
          return end()
        }
        pass(client, data)
      })
    })

    yield* Effect.acquireRelease(
      Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
      () =>
        Effect.callback<void>((resume) => {
          for (const socket of sockets) socket.destroy()
          server.close(() => resume(Effect.void))
        }),
    )
    const address = server.address()
    const own = typeof address === "object" && address !== null ? address.port : 0
    return {
      url: elsewhere(target, (to) => {
        to.hostname = "127.0.0.1"
        to.port = String(own)
      }),
      arm: (fault) => (armed = fault),
      faults: () => faults,
      silence: (on) => {
        silent = on
        // What was swallowed is missing from the conversation: those connections stay silent for ever.
        if (!on) for (const socket of sockets) socket.pause()
      },
      slice: (on) => (slicing = on),
      cut: () => {
        for (const socket of sockets) socket.destroy()
      },
      refuse: (on, keep) => {
        refusing = on
        if (on && keep === undefined) for (const socket of sockets) socket.destroy()
      },
    }
  })
