/** A provider that tells of payments at a rate, whether the server keeps up or not. */
import { Effect } from "effect"
import { Unsound } from "../Scenario.ts"
import { Connection } from "../webhooks/Connection.ts"
import { delivery } from "../webhooks/deliveries.ts"

export interface Accepted {
  /** When each invoice's webhook was answered with 200, in UTC milliseconds. */
  readonly atMs: ReadonlyArray<number>
  readonly seconds: number
}

const connections = 16
const answerMs = 10_000

/** One signed webhook for each invoice; they are numbered from `first` on. Any other answer than 200, and none in time, is unsound. */
export const pay = (
  port: number,
  perSecond: number,
  invoices: ReadonlyArray<string>,
  first: number,
): Effect.Effect<Accepted, Unsound> =>
  Effect.acquireUseRelease(
    attempt(() => Promise.all(Array.from({ length: connections }, () => Connection.open(port)))),
    (all) => attempt(() => send([...all], perSecond, invoices, first)),
    (all) => Effect.sync(() => all.forEach((connection) => connection.close())),
  ).pipe(
    Effect.timeoutOrElse({
      duration: (invoices.length / perSecond) * 1000 + answerMs,
      orElse: () => Effect.suspend(() => unsound(`a webhook was not answered within ${answerMs / 1000} s`)),
    }),
  )

const send = async (
  idle: Array<Connection>,
  perSecond: number,
  invoices: ReadonlyArray<string>,
  first: number,
): Promise<Accepted> => {
  const atMs: Array<number> = []
  const underWay: Array<Promise<void>> = []
  const failed: Array<Error> = []
  const one = async (connection: Connection, n: number, request: Buffer): Promise<void> => {
    const status = await connection.send(request)
    atMs[n] = performance.timeOrigin + performance.now()
    if (status !== 200) failed.push(new Error(`a webhook was answered with ${status}`))
    idle.push(connection)
  }
  const begun = performance.now()
  for (const [n, invoiceId] of invoices.entries()) {
    const due = begun + (n * 1000) / perSecond
    const request = delivery(invoiceId, first + n + 1)
    while (failed.length === 0 && (due > performance.now() || idle.length === 0))
      await new Promise((resolve) => setTimeout(resolve, 1))
    // In turns: a server closes a connection that is idle for some seconds.
    const connection = idle.shift()
    if (failed.length > 0 || connection === undefined) break
    // Heard at once: a rejection that nobody hears ends the process.
    underWay.push(
      one(connection, n, request).catch((cause: unknown) => {
        failed.push(cause instanceof Error ? cause : new Error("a webhook had no answer"))
      }),
    )
  }
  await Promise.all(underWay)
  if (failed[0] !== undefined) throw failed[0]
  return { atMs, seconds: (performance.now() - begun) / 1000 }
}

const attempt = <A>(what: () => Promise<A>) =>
  Effect.tryPromise({ try: what, catch: (cause) => unsound(cause instanceof Error ? cause.message : "no answer") })

const unsound = (reason: string) => new Unsound({ contestant: "messages", reason })
