/** Deliveries that were changed after they were signed, as bytes on a socket. */
import { assert, layer } from "@effect/vitest"
import { Database } from "@paylog/event-store/Database"
import { isSame, mutated } from "@paylog/wallet-pay/conformance/mutate"
import type { Claimed } from "@paylog/wallet-pay/Signature"
import { Console, Effect, Random } from "effect"
import { connect } from "node:net"
import { orderPaid, signed } from "./support/delivery.ts"
import { Ingester } from "./support/process.ts"

/** `PAYLOG_SEED=…` replays a run; `PAYLOG_FULL=1` makes it twenty times as long. */
const seed = process.env["PAYLOG_SEED"] ?? String(process.hrtime.bigint())
const count = process.env["PAYLOG_FULL"] === "1" ? 100_000 : 5_000

/** Deliveries that the ingester takes. */
const deliveries: ReadonlyArray<Claimed> = [
  `[${orderPaid({ eventId: "10030467668508674", orderId: "10030467668508673", externalId: "nobody" })}]`,
  `[ ${orderPaid({ eventId: "9007199254740993", orderId: "9007199254740995", externalId: "caf\u00E9" })}\n]`,
  '[{"type":"ORDER_PAID","payload":{"number":"\uFFFD"},"amount":"1.50"}]',
].map((text) => {
  const { method, path, headers, body } = signed(text)
  return { method, path, timestamp: headers[1], signature: headers[3], body }
})

/**
 * What of it reaches the server: HTTP trims a header's value, and neither host nor query are of the path. Empty lines before a
 * request are none of it (RFC 9112, 2.2).
 */
const onTheWire = (claimed: Claimed): Claimed => ({
  ...claimed,
  method: claimed.method.replace(/^[\r\n]+/, ""),
  path: claimed.path.replace(/^https?:\/\/[^/]*/i, "").replace(/\?.*$/s, ""),
  timestamp: claimed.timestamp?.replaceAll(/^[ \t]+|[ \t]+$/g, ""),
  signature: claimed.signature?.replaceAll(/^[ \t]+|[ \t]+$/g, ""),
})

function* mutants(count: number) {
  const chance = Effect.runSync(
    Random.Random.useSync((random) => () => random.nextDoubleUnsafe()).pipe(Random.withSeed(seed)),
  )
  const any = () => deliveries[Math.floor(chance() * deliveries.length)]!
  for (let made = 0; made < count;) {
    const { claimed, names } = mutated(any(), any(), chance)
    if (deliveries.some((delivery) => isSame(onTheWire(claimed), delivery))) continue
    made++
    yield { claimed, names }
  }
}

/** The status of the answer, or 0 when the server closes the connection without one; 10 s at most. */
const send = ({ method, path, timestamp, signature, body }: Claimed, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const head = [
      `${method} ${path} HTTP/1.1`,
      "host: ingester",
      "connection: close",
      "content-type: application/json",
      ...(timestamp === undefined ? [] : [`walletpay-timestamp: ${timestamp}`]),
      ...(signature === undefined ? [] : [`walletpay-signature: ${signature}`]),
      `content-length: ${body.length}`,
    ]
    let answer = ""
    const socket = connect(port, "127.0.0.1", () =>
      socket.write(Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`, "latin1"), body])),
    )
    socket.setTimeout(10_000, () => socket.destroy(new Error(`No answer to ${JSON.stringify(head)}`)))
    socket.setEncoding("latin1").on("data", (chunk: string) => (answer += chunk))
    socket.on("error", (cause) => ("code" in cause && cause.code === "ECONNRESET" ? resolve(0) : reject(cause)))
    socket.on("close", () => resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0)))
  })

const rows = Database.use(({ query }) =>
  query<{ readonly rows: bigint }>({
    name: "test-rows",
    text: "select (select count(*) from paylog.events) + (select count(*) from paylog.attachments) as rows",
  }),
).pipe(Effect.map(([row]) => row?.rows))

layer(Ingester.layer, { excludeTestServices: true })("deliveries that were changed after they were signed", (it) => {
  it.effect(
    `none of ${count} is accepted or leaves a row, and what they were made from is accepted (PAYLOG_SEED=${seed})`,
    () =>
      Effect.gen(function* () {
        const { port } = yield* Ingester
        const statuses = new Map<number, number>()
        yield* Effect.forEach(
          mutants(count),
          ({ claimed, names }) =>
            Effect.map(
              Effect.promise(() => send(claimed, port)),
              (status) => {
                assert.notStrictEqual(
                  status,
                  200,
                  `${names.join(", ")}: ${JSON.stringify([claimed.method, claimed.path])}`,
                )
                statuses.set(status, (statuses.get(status) ?? 0) + 1)
              },
            ),
          { concurrency: 16, discard: true },
        )
        yield* Console.log(JSON.stringify(Object.fromEntries(statuses)))
        assert.isAbove(statuses.get(401) ?? 0, count / 3)
        assert.isUndefined(statuses.get(503))
        assert.isUndefined(statuses.get(500))
        assert.strictEqual(yield* rows, 0n)
        for (const delivery of deliveries) assert.strictEqual(yield* Effect.promise(() => send(delivery, port)), 200)
        assert.isAbove(Number(yield* rows), 5)
      }),
    600_000,
  )
})
