/** Load on a server: as much as it takes, or a rate that it is held to. */
import { Effect } from "effect"
import { Unsound } from "../Scenario.ts"
import { Connection } from "./Connection.ts"

/** What a round came to. */
export interface Answers {
  /** A request each, in milliseconds. */
  readonly latencies: ReadonlyArray<number>
  /** From the first request to the last answer. */
  readonly seconds: number
  /** The first answer that was not 200. */
  readonly wrong: number | undefined
}

/** Gives the next request; ends the round when there is none. */
type Next = () => Buffer | undefined

/**
 * Each connection sends its next request when the last one is answered, for so many seconds. `patient`: what is answered with
 * 503 is sent again, as the provider does.
 */
export const closedLoop = (
  port: number,
  connections: number,
  next: Next,
  seconds: number,
  patient = false,
): Effect.Effect<Answers, Unsound> =>
  withConnections(port, connections, seconds, async (all) => {
    const latencies: Array<number> = []
    let wrong: number | undefined
    const start = performance.now()
    const end = start + seconds * 1000
    await Promise.all(
      all.map(async (connection) => {
        while (wrong === undefined) {
          const sent = performance.now()
          const request = sent < end ? next() : undefined
          if (request === undefined) return
          const status = await (patient ? untilTaken(connection, request) : connection.send(request))
          latencies.push(performance.now() - sent)
          if (status !== 200) wrong ??= status
        }
      }),
    )
    return { latencies, wrong, seconds: (performance.now() - start) / 1000 }
  })

/**
 * So many requests a second, whether the server keeps up or not. A latency counts from when the request was due, so one
 * that had to wait for a connection says so.
 */
export const openLoop = (
  port: number,
  connections: number,
  next: Next,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Effect.Effect<Answers, Unsound> =>
  withConnections(port, connections, seconds, async (all) => {
    const latencies: Array<number> = []
    let wrong: number | undefined
    const idle = [...all]
    const waiting: Array<number> = []
    const underWay = new Set<Promise<void>>()
    const lost: Array<unknown> = []
    const one = async (connection: Connection, due: number): Promise<void> => {
      const request = next()
      if (request === undefined) return
      const status = await connection.send(request)
      latencies.push(performance.now() - due)
      if (status !== 200) wrong ??= status
      const late = waiting.shift()
      if (late === undefined) idle.push(connection)
      else await one(connection, late)
    }
    const start = performance.now()
    const total = Math.floor(perSecond * seconds)
    for (let asked = 0; asked < total && lost.length === 0; asked++) {
      const due = start + (asked * 1000) / perSecond
      while (due > performance.now()) await new Promise((resolve) => setTimeout(resolve, 1))
      // In turns: a server closes a connection that is idle for some seconds.
      const connection = idle.shift()
      if (connection === undefined) waiting.push(due)
      else {
        // Heard at once: a rejection that nobody hears ends the process.
        const sent: Promise<void> = one(connection, due).then(
          () => void underWay.delete(sent),
          (cause: unknown) => void lost.push(cause),
        )
        underWay.add(sent)
      }
    }
    await Promise.all(underWay)
    if (lost.length > 0) throw lost[0]
    return { latencies, wrong, seconds: (performance.now() - start) / 1000 }
  })

/** A lost connection, or an answer that does not come, is said: there is no result then. */
const untilTaken = async (connection: Connection, request: Buffer): Promise<number> => {
  for (;;) {
    const status = await connection.send(request)
    if (status !== 503) return status
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
}

const withConnections = (
  port: number,
  count: number,
  seconds: number,
  use: (all: ReadonlyArray<Connection>) => Promise<Answers>,
) =>
  Effect.acquireUseRelease(
    attempt(() => Promise.all(Array.from({ length: count }, () => Connection.open(port)))),
    (all) => attempt(() => use(all)),
    (all) => Effect.sync(() => all.forEach((connection) => connection.close())),
  ).pipe(
    Effect.timeoutOrElse({
      duration: (seconds + answerSeconds) * 1000,
      orElse: () => Effect.suspend(() => unsound(`an answer did not come within ${answerSeconds} s`)),
    }),
  )

const answerSeconds = 60

const attempt = <A>(what: () => Promise<A>) =>
  Effect.tryPromise({ try: what, catch: (cause) => unsound(cause instanceof Error ? cause.message : "no answer") })

const unsound = (reason: string) => new Unsound({ contestant: "load", reason })
