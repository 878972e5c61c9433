import { assert, layer } from "@effect/vitest"
import type { InvoiceId } from "@paylog/domain/Invoice"
import { EventStore } from "@paylog/event-store/EventStore"
import * as Invoices from "@paylog/payments/Invoices"
import { about, requested } from "@paylog/payments/Samples"
import { observe } from "@paylog/payments/Observe"
import { Array, DateTime, Effect } from "effect"
import { randomUUID } from "node:crypto"
import { connect } from "node:net"
import { type Answer, type Delivery, orderPaid, post, signatureOf, signed } from "./support/delivery.ts"
import { Ingester, startIngester } from "./support/process.ts"

let orders = 10030467668508673n
/** An order id of its own, beyond 2^53. */
const orderId = () => `${(orders += 2n)}`

const send = (delivery: Delivery, port: number) => Effect.promise(() => post(delivery, port))
const head = EventStore.use((store) => store.head)
const statusOf = (id: InvoiceId) => Effect.map(Invoices.get(id), (state) => state._tag)
const typesOf = (stream: string) =>
  EventStore.use((store) =>
    Effect.map(
      store.readStream(stream),
      Array.map((event) => event.type),
    ),
  )

const changedAt = (bytes: Buffer, index: number): Buffer => {
  const changed = Buffer.from(bytes)
  changed[index]! ^= 1
  return changed
}

/** The headers with the value of one replaced by none, one or several. */
const withHeader = (delivery: Delivery, name: string, ...values: ReadonlyArray<string>): Delivery => ({
  ...delivery,
  headers: Array.chunksOf(delivery.headers, 2).flatMap((pair) =>
    pair[0] === name ? values.flatMap((value) => [name, value]) : pair,
  ),
})

const valueOf = ({ headers }: Delivery, name: string): string => headers[headers.indexOf(name) + 1]!

/** The same body under a signature that is valid for another method or path. */
const signedFor = (delivery: Delivery, method: string, path = delivery.path): Delivery =>
  withHeader(
    delivery,
    "WalletPay-Signature",
    signatureOf(method, path, valueOf(delivery, "WalletPay-Timestamp"), delivery.body),
  )

layer(Ingester.layer, { excludeTestServices: true })("the webhook", (it) => {
  it.effect("records a payment before it answers 200, and once however often it is told", () =>
    Effect.gen(function* () {
      const { port } = yield* Ingester
      const invoiceId = yield* requested()
      const body = `[${orderPaid({ eventId: orderId(), orderId: orderId(), externalId: invoiceId })}]`
      const answer = yield* send(signed(body), port)
      assert.deepInclude(answer, { status: 200, body: `{"code":"recorded","outcomes":["Applied"]}` })
      assert.strictEqual(yield* statusOf(invoiceId), "Paid")
      const position = yield* head
      assert.strictEqual((yield* send(signed(body), port)).body, `{"code":"recorded","outcomes":["Duplicate"]}`)
      assert.strictEqual(yield* head, position)
    }),
  )

  it.effect("refuses whatever was changed after signing, and writes nothing", () =>
    Effect.gen(function* () {
      const { port } = yield* Ingester
      const invoiceId = yield* requested()
      const good = signed(`[${orderPaid({ eventId: "1", orderId: orderId(), externalId: invoiceId })}]`)
      const timestamp = valueOf(good, "WalletPay-Timestamp")
      const signature = valueOf(good, "WalletPay-Signature")
      const position = yield* head
      const bad: ReadonlyArray<readonly [string, Delivery]> = [
        ...Array.makeBy(24, (i) => {
          const index = Math.floor((i * good.body.length) / 24)
          return [`byte ${index} of the body`, { ...good, body: changedAt(good.body, index) }] as const
        }),
        ["a byte more", { ...good, body: Buffer.concat([good.body, Buffer.from(" ")]) }],
        ["another method, signed for POST", signedFor(good, "PUT")],
        ["another path, signed", signedFor(good, "POST", "/hooks/wallet")],
        ["timestamp", withHeader(good, "WalletPay-Timestamp", `${BigInt(timestamp) + 1n}`)],
        ["signature", withHeader(good, "WalletPay-Signature", `A${signature.slice(1)}`)],
        ["unpadded signature", withHeader(good, "WalletPay-Signature", signature.slice(0, -1))],
        ["wrong key", signed(good.body, "another-key-0123456789012")],
        ["no timestamp", withHeader(good, "WalletPay-Timestamp")],
        ["no timestamp, as text", withHeader(withHeader(good, "WalletPay-Timestamp"), "Content-Type", "text/plain")],
        ["no signature", withHeader(good, "WalletPay-Signature")],
        ["neither", withHeader(withHeader(good, "WalletPay-Signature"), "WalletPay-Timestamp")],
        ["empty timestamp", withHeader(good, "WalletPay-Timestamp", "")],
        ["empty signature", withHeader(good, "WalletPay-Signature", "")],
        ["two timestamps", withHeader(good, "WalletPay-Timestamp", timestamp, timestamp)],
        ["two signatures", withHeader(good, "WalletPay-Signature", signature, signature)],
        ["two different signatures", withHeader(good, "WalletPay-Signature", "A".repeat(43) + "=", signature)],
        ["over-long timestamp", withHeader(good, "WalletPay-Timestamp", "1".repeat(4000))],
        ["over-long signature", withHeader(good, "WalletPay-Signature", signature.repeat(80))],
        ["unsigned rubbish", { ...withHeader(good, "WalletPay-Signature"), body: Buffer.from("{") }],
      ]
      for (const [what, delivery] of bad)
        assert.deepInclude(yield* send(delivery, port), { status: 401, body: `{"code":"signature_invalid"}` }, what)
      assert.strictEqual(yield* head, position)
      assert.strictEqual((yield* send(good, port)).status, 200, "and the unchanged one is accepted")
    }),
  )

  it.effect("answers 404, 405, 413 and 415 in that order, and writes nothing", () =>
    Effect.gen(function* () {
      const { port } = yield* Ingester
      const big = signed(Buffer.alloc(64 * 1024 + 1, 32))
      const chunked = { ...big, headers: [...big.headers, "Transfer-Encoding", "chunked"] }
      const untyped = { ...signed("[]"), headers: ["Content-Type", "text/plain"] }
      const position = yield* head
      const cases: ReadonlyArray<readonly [Delivery, number, string | undefined]> = [
        [{ ...signed("[]"), path: "/hooks/walle" }, 404, undefined],
        [{ ...signed("[]"), path: "/hooks/wallet" }, 404, undefined],
        [{ ...signed("[]"), path: "/hooks/wallet/x" }, 404, undefined],
        [{ ...signed("[]"), path: "/%68ooks/wallet/" }, 404, undefined],
        [{ ...signed("[]"), path: "//hooks/wallet/" }, 404, undefined],
        [{ ...signed("[]"), path: "/hooks/wallet/;a=1" }, 404, undefined],
        [{ ...signed("[]"), path: "/Hooks/wallet/" }, 404, undefined],
        [{ ...big, method: "GET" }, 405, `{"code":"method_not_allowed"}`],
        [{ ...signed("[]"), method: "PUT" }, 405, `{"code":"method_not_allowed"}`],
        [big, 413, `{"code":"body_too_large"}`],
        [chunked, 413, `{"code":"body_too_large"}`],
        [{ ...big, headers: [] }, 413, `{"code":"body_too_large"}`],
        [untyped, 415, `{"code":"unsupported_media_type"}`],
      ]
      for (const [delivery, status, body] of cases) {
        const answer = yield* send(delivery, port)
        assert.strictEqual(answer.status, status)
        if (body !== undefined) assert.strictEqual(answer.body, body)
      }
      assert.strictEqual((yield* send({ ...big, method: "DELETE" }, port)).headers["allow"], "POST")
      assert.strictEqual(yield* head, position)
      assert.strictEqual((yield* send(signed(Buffer.alloc(64 * 1024, 32)), port)).status, 200, "64 KiB are taken")
    }),
  )

  it.effect("tells of deliveries over the limit once a minute at most, whoever sends them", () =>
    Effect.gen(function* () {
      const { port, log } = yield* startIngester()
      const big = signed(Buffer.alloc(64 * 1024 + 1, 32))
      for (let sent = 0; sent < 5; sent++) assert.strictEqual((yield* send(big, port)).status, 413)
      // What was logged before an answer that is logged has been written.
      yield* send({ ...signed("[]"), body: Buffer.from("[ ]") }, port)
      while (!log().includes("its signature does not hold")) yield* Effect.sleep("10 millis")
      assert.strictEqual([...log().matchAll(/over 64 KiB/g)].length, 1)
    }),
  )

  it.effect("refuses a declared length over the limit before the body has come", () =>
    Effect.gen(function* () {
      const { port } = yield* Ingester
      const answer = yield* Effect.promise(
        () =>
          new Promise<string>((resolve) => {
            const socket = connect(port, "127.0.0.1")
            socket.write("POST /hooks/wallet/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\n")
            socket.once("data", (chunk) => {
              socket.destroy()
              resolve(chunk.toString())
            })
          }),
      )
      assert.match(answer, /^HTTP\/1\.1 413 /)
    }),
  )

  it.effect("takes another content type when the signature holds", () =>
    Effect.gen(function* () {
      const { port } = yield* Ingester
      const invoiceId = yield* requested()
      const delivery = signed(`[${orderPaid({ eventId: "7", orderId: orderId(), externalId: invoiceId })}]`)
      assert.strictEqual((yield* send(withHeader(delivery, "Content-Type", "text/plain"), port)).status, 200)
      assert.strictEqual(yield* statusOf(invoiceId), "Paid")
    }),
  )

  it.effect("keeps what verifies and is not understood, once, and counts it", () =>
    Effect.gen(function* () {
      const { port } = yield* Ingester
      const bodies = [
        "not json",
        "",
        Buffer.from([0x5b, 0xff, 0x5d]),
        `[{"a":1,"a":1}]`,
        "[".repeat(40) + "]".repeat(40),
        `[{"type":"ORDER_DREAMT","eventId":1,"eventDateTime":"2026-01-01T00:00:00Z","payload":{}}]`,
        "{}",
      ]
      const counted = Effect.promise(async () => {
        const metrics = await fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text())
        return Number(/outcome="Quarantined"\} (\d+)/.exec(metrics)?.[1] ?? 0)
      })
      const before = yield* counted
      for (const body of bodies) {
        const answer = yield* send(signed(body), port)
        assert.deepInclude(answer, { status: 200, body: `{"code":"recorded","outcomes":["Quarantined"]}` })
        assert.strictEqual((yield* send(signed(body), port)).body, `{"code":"recorded","outcomes":["Duplicate"]}`)
      }
      assert.strictEqual((yield* counted) - before, bodies.length)
    }),
  )

  it.effect("leaves the query out of the path, as the signature does", () =>
    Effect.gen(function* () {
      const { port } = yield* Ingester
      assert.strictEqual((yield* send({ ...signed("[]"), path: "/hooks/wallet/?a=1" }, port)).status, 200)
      const absolute = { ...signed("[]"), path: "http://ingester/hooks/wallet/" }
      assert.strictEqual((yield* send(absolute, port)).status, 200)
    }),
  )

  it.effect("takes any path that can be typed at the provider, to the letter", () =>
    Effect.gen(function* () {
      for (const path of ["/h%20x", "/hook:a*"]) {
        const { port } = yield* startIngester({ WALLETPAY_WEBHOOK_PATH: path })
        const delivery = { ...signedFor(signed("[]"), "POST", path), path }
        assert.strictEqual((yield* send(delivery, port)).status, 200)
        assert.strictEqual((yield* send({ ...delivery, path: "/hookZZZ" }, port)).status, 404)
      }
    }),
  )

  it.effect("says in its log that something of its own failed, and asks for another try", () =>
    Effect.gen(function* () {
      const { port, log } = yield* Ingester
      // An event that this code does not know, as a newer version may have written it.
      const store = yield* EventStore
      const stream = "unmatched-wallet-pay-777"
      const event = { id: randomUUID(), type: "Unheard", schemaVersion: 1, data: "{}", metadata: "{}" }
      yield* store.append({ key: "test-unheard", streams: [{ stream, expected: "none", events: [event] }] })
      const answer = yield* send(signed(`[${orderPaid({ eventId: "777", orderId: "777", externalId: "x" })}]`), port)
      assert.deepInclude(answer, { status: 503, body: `{"code":"log_unavailable"}` })
      assert.include(log(), "A delivery could not be handled")
    }),
  )

  it.effect("handles each message of an array once, and answers one 200", () =>
    Effect.gen(function* () {
      const { port } = yield* Ingester
      const [known, fresh] = [yield* requested(), yield* requested()]
      const first = orderPaid({ eventId: "21", orderId: orderId(), externalId: known })
      const second = orderPaid({ eventId: "22", orderId: orderId(), externalId: fresh })
      yield* send(signed(`[${first}]`), port)
      const answer = yield* send(signed(`[${first},{"type":1},${second},${second}]`), port)
      assert.strictEqual(answer.status, 200)
      assert.deepStrictEqual(JSON.parse(answer.body).outcomes.toSorted(), [
        "Applied",
        "Duplicate",
        "Duplicate",
        "Quarantined",
      ])
      assert.strictEqual((yield* typesOf(`invoice-${fresh}`)).filter((type) => type === "PaymentReceived").length, 1)
    }),
  )

  it.effect("records one event id a hundred times at once over three processes, once", () =>
    Effect.gen(function* () {
      const ports = yield* Effect.all(
        Array.replicate(
          Effect.map(startIngester(), ({ port }) => port),
          3,
        ),
        {
          concurrency: 3,
        },
      )
      const invoiceId = yield* requested()
      const body = `[${orderPaid({ eventId: "31", orderId: orderId(), externalId: invoiceId })}]`
      // A machine that cannot keep up may answer 503; the provider then tries again, with a new timestamp and signature.
      const told = (port: number): Effect.Effect<Answer> =>
        Effect.filterOrElse(
          send(signed(body), port),
          ({ status }) => status !== 503,
          () => told(port),
        )
      const answers = yield* Effect.all(
        Array.makeBy(100, (i) => told(ports[i % 3]!)),
        { concurrency: "unbounded" },
      )
      assert.deepStrictEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
      assert.strictEqual(
        (yield* typesOf(`invoice-${invoiceId}`)).filter((type) => type === "PaymentReceived").length,
        1,
      )
    }),
  )

  it.effect("tells apart ids that are equal as JavaScript numbers", () =>
    Effect.gen(function* () {
      const { port } = yield* Ingester
      const [a, b] = [yield* requested(), yield* requested()]
      const [idA, idB] = ["10030477545046016", "10030477545046017"]
      assert.strictEqual(Number(idA), Number(idB))
      const body = `[${orderPaid({ eventId: idA, orderId: idA, externalId: a })},${orderPaid({ eventId: idB, orderId: idB, externalId: b })}]`
      assert.strictEqual((yield* send(signed(body), port)).body, `{"code":"recorded","outcomes":["Applied","Applied"]}`)
      for (const [invoiceId, id] of [
        [a, idA],
        [b, idB],
      ] as const) {
        const [, , received] = yield* (yield* EventStore).readStream(`invoice-${invoiceId}`)
        assert.include(received?.data, `"orderId":"${id}"`)
        assert.include(received?.metadata, `"providerEventId":"${id}"`)
      }
    }),
  )

  it.effect("holds or keeps apart money that cannot pay an invoice; never drops it, never says paid", () =>
    Effect.gen(function* () {
      const { port } = yield* Ingester
      const cases = [
        [{ amount: "12.51" }, "Held"],
        [{ currency: "EUR" }, "Held"],
        [{ currency: "GRAM" }, "Held"],
        [{ amount: "12.505" }, "Held"],
        [{ completedAt: "2126-01-01T00:00:00Z" }, "Held"],
        [{ externalId: "inv_11111111111111111111" }, "Unmatched"],
        [{ externalId: "somebody else's" }, "Unmatched"],
      ] as const
      for (const [changes, outcome] of cases) {
        const invoiceId = yield* requested()
        const message = { eventId: orderId(), orderId: orderId(), externalId: invoiceId, ...changes }
        const answer = yield* send(signed(`[${orderPaid(message)}]`), port)
        assert.deepInclude(answer, { status: 200, body: `{"code":"recorded","outcomes":["${outcome}"]}` })
        const stream = outcome === "Held" ? `invoice-${invoiceId}` : `unmatched-wallet-pay-${message.orderId}`
        assert.include(yield* typesOf(stream), "PaymentReceived")
        assert.notStrictEqual(yield* statusOf(invoiceId), "Paid")
      }
    }),
  )

  it.effect("lets deliveries in by their source address when told to", () =>
    Effect.gen(function* () {
      const { port } = yield* startIngester({ WALLETPAY_ALLOWED_IPS: "172.255.248.29", TRUSTED_PROXY_HOPS: "1" })
      const from = (forwarded: string) => {
        const delivery = signed(`[{"x":"${forwarded}"}]`)
        return send({ ...delivery, headers: [...delivery.headers, "X-Forwarded-For", forwarded] }, port)
      }
      assert.strictEqual((yield* from("172.255.248.29")).status, 200)
      assert.strictEqual((yield* from("1.2.3.4, ::ffff:172.255.248.29")).status, 200)
      assert.strictEqual((yield* from("172.255.248.29, 1.2.3.4")).status, 403)
      assert.strictEqual((yield* send(signed("[]"), port)).status, 403)
    }),
  )

  it.effect("observes an order that opens after its payment was told", () =>
    Effect.gen(function* () {
      const { port } = yield* Ingester
      const invoiceId = yield* requested()
      const id = orderId()
      yield* send(signed(`[${orderPaid({ eventId: "41", orderId: id, externalId: invoiceId })}]`), port)
      const order = { orderId: id, number: "N", payLink: "", directPayLink: "", expiresAt: yield* DateTime.now }
      yield* observe({ _tag: "OrderOpened", externalId: invoiceId, order }, { provider: "wallet-pay", about })
      assert.strictEqual(yield* statusOf(invoiceId), "Paid")
    }),
  )
})
