import { assert, layer } from "@effect/vitest"
import { Database } from "@paylog/event-store/Database"
import { Console, Effect, Fiber, Layer, Random, Ref } from "effect"
import { fileURLToPath } from "node:url"
import { orderPaid, post, signed } from "./support/delivery.ts"
import { startIngester, world } from "./support/process.ts"

const early = fileURLToPath(new URL("fixtures/acknowledgesEarly.ts", import.meta.url))

const kills = 10
const senders = 16

/**
 * Deliveries flow, each repeated until it is answered 200, as the provider does, while the process is killed again and
 * again, each time after a random number of answers, and started anew. Answers with what was acknowledged and what the log has.
 */
const underKills = Effect.fnUntraced(function* (main?: string) {
  const acknowledged = yield* Ref.make<ReadonlyArray<string>>([])
  const address = yield* Ref.make<number | undefined>(undefined)
  const stopped = yield* Ref.make(false)
  let orders = 10030467668508673n

  const deliver = Effect.fnUntraced(function* (orderId: string) {
    const body = `[${orderPaid({ eventId: orderId, orderId, externalId: "nobody" })}]`
    for (;;) {
      const port = yield* Ref.get(address)
      const status =
        port === undefined
          ? 0
          : yield* Effect.promise(() =>
              post(signed(body), port).then(
                (answer) => answer.status,
                () => 0,
              ),
            )
      if (status === 200) return yield* Ref.update(acknowledged, (ids) => [...ids, orderId])
      yield* Effect.sleep("20 millis")
    }
  })
  const sender = Effect.gen(function* () {
    while (!(yield* Ref.get(stopped))) yield* deliver(`${(orders += 2n)}`)
  })

  const sending = yield* Effect.forkChild(Effect.replicateEffect(sender, senders, { concurrency: senders }))
  for (let kill = 0; kill < kills; kill++) {
    yield* Effect.scoped(
      Effect.gen(function* () {
        const { port, kill, exited } = yield* startIngester({}, main)
        yield* Ref.set(address, port)
        const enough = (yield* Ref.get(acknowledged)).length + (yield* Random.nextIntBetween(5, 40))
        while ((yield* Ref.get(acknowledged)).length < enough) yield* Effect.sleep("1 millis")
        kill("SIGKILL")
        yield* Effect.promise(() => exited)
      }),
    )
  }
  yield* Ref.set(stopped, true)
  const { port } = yield* startIngester({}, main)
  yield* Ref.set(address, port)
  yield* Fiber.join(sending)

  const rows = yield* (yield* Database).query<{
    readonly position: bigint
    readonly id: string
    readonly type: string
  }>({
    name: "test-received",
    text: `select position, data->>'orderId' as id, type from paylog.events order by position`,
  })
  return { acknowledged: yield* Ref.get(acknowledged), rows }
})

layer(Layer.empty, { excludeTestServices: true })("kill -9 in a stream of deliveries", (it) => {
  it.effect(
    "loses nothing that was acknowledged, and records nothing twice",
    () =>
      Effect.gen(function* () {
        const { acknowledged, rows } = yield* underKills()
        const received = rows.filter(({ type }) => type === "PaymentReceived").map(({ id }) => id)
        assert.isAbove(acknowledged.length, kills * 5)
        assert.deepStrictEqual(received.toSorted(), acknowledged.toSorted())
        assert.strictEqual(new Set(received).size, received.length)
        assert.deepStrictEqual(
          rows.map(({ position }) => position),
          rows.map((_, i) => BigInt(i + 1)),
        )
        yield* Console.info(`${kills} kills, ${acknowledged.length} deliveries acknowledged, 0 lost, 0 doubled`)
      }).pipe(Effect.scoped, Effect.provide(world)),
    240_000,
  )

  it.effect(
    "control: answering before the commit loses what was acknowledged",
    () =>
      Effect.gen(function* () {
        const { acknowledged, rows } = yield* underKills(early)
        const received = new Set(rows.map(({ id }) => id))
        assert.isAbove(acknowledged.filter((id) => !received.has(id)).length, 0)
      }).pipe(Effect.scoped, Effect.provide(Layer.fresh(world))),
    240_000,
  )
})
