import { NodeHttpClient } from "@effect/platform-node"
import * as Client from "@paylog/wallet-pay/Client"
import type * as Wire from "@paylog/wallet-pay/Wire"
import { assert, describe, it, vi } from "@effect/vitest"
import { type Duration, Effect, Redacted, Schedule } from "effect"
import { gzipSync } from "node:zlib"
import type { Socket } from "node:net"
import { http, rawServer, type RawServer } from "./rawServer.ts"
import { envelope, preview } from "./stubs.ts"

const order: Wire.CreateOrderRequest = {
  amount: { currencyCode: "USD", amount: "1.00" },
  externalId: "inv_1",
  description: "Ein Kännchen Tee 👛",
  timeoutSeconds: 3600,
  customerTelegramUserId: "9007199254740993",
}

const good = http("200 OK", envelope("SUCCESS", preview()))

vi.setConfig({ testTimeout: 30_000 })

/** A condition that must come true within 20 seconds. */
const eventually = (condition: () => boolean) =>
  Effect.sync(condition).pipe(
    Effect.filterOrFail((holds) => holds),
    Effect.retry(Schedule.spaced("5 millis")),
    Effect.timeout("20 seconds"),
    Effect.orDie,
  )

describe.each([
  { name: "undici", layer: NodeHttpClient.layerUndici },
  { name: "fetch", layer: NodeHttpClient.layerFetch },
])("over $name", ({ layer }) => {
  const clientOf = ({ url }: Pick<RawServer, "url">, timeout: Duration.Input = "20 seconds") =>
    Client.make({ baseUrl: url, apiKey: Redacted.make("store_key"), timeout })

  const creating = (answer: (socket: Socket) => void, timeout?: Duration.Input) =>
    Effect.gen(function* () {
      const server = yield* rawServer(answer)
      const client = yield* clientOf(server, timeout)
      const outcome = yield* client.createOrder(order)
      return { outcome, server, reason: "reason" in outcome ? outcome.reason : outcome._tag }
    }).pipe(Effect.provide(layer))

  it.live("an order is created by one POST, with the body's exact bytes and without trace headers", () =>
    Effect.gen(function* () {
      const { outcome, server } = yield* creating((socket) => socket.end(good)).pipe(Effect.withSpan("parent"))
      assert.strictEqual(outcome._tag, "Created")
      assert.lengthOf(server.requests, 1)
      const [head = "", body = ""] = (server.requests[0] ?? "").split("\r\n\r\n")
      assert.match(head, /^POST \/wpay\/store-api\/v1\/order HTTP\/1.1\r\n/)
      assert.match(head, /\r\nwpay-store-api-key: store_key\r\n/i)
      assert.match(head, /\r\ncontent-type: application\/json\r\n/i)
      assert.notMatch(head, /traceparent|b3|cookie|authorization/i)
      assert.strictEqual(
        Buffer.from(body, "latin1").toString(),
        '{"amount":{"currencyCode":"USD","amount":"1.00"},"externalId":"inv_1","description":"Ein Kännchen Tee 👛",' +
          '"timeoutSeconds":3600,"customerTelegramUserId":9007199254740993}',
      )
    }),
  )

  it.live("an answer in slices of one byte is read", () =>
    Effect.gen(function* () {
      const { outcome } = yield* creating((socket) => {
        for (const byte of Buffer.from(good)) socket.write(Buffer.of(byte))
        socket.end()
      })
      assert.strictEqual(outcome._tag, "Created")
    }),
  )

  it.live.each([
    ["no answer at all", () => {}],
    ["a head that drips", (socket: Socket) => drip(socket, "HTTP/1.1 200 OK\r\nx-slow: ")],
    ["a body that drips", (socket: Socket) => drip(socket, "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n ")],
    [
      "a body without an end",
      (socket: Socket) => socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n \r\n"),
    ],
  ] as const)("%s ends in time as unknown, and the connection is given up", ([_title, answer]) =>
    Effect.gen(function* () {
      const { reason, server } = yield* creating(answer, "150 millis")
      assert.strictEqual(reason, "no answer in time")
      yield* eventually(() => server.open() === 0)
    }),
  )

  it.live("of an answer of 10 MB only the start is read, and the outcome is unknown", () =>
    Effect.gen(function* () {
      const megabyte = Buffer.alloc(1024 * 1024, " ")
      const { reason, server } = yield* creating((socket) => {
        socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        const send = (left: number) => {
          if (left === 0) return void socket.end("0\r\n\r\n")
          socket.write("100000\r\n")
          socket.write(megabyte)
          socket.write("\r\n", () => send(left - 1))
        }
        send(10)
      })
      assert.strictEqual(reason, "HTTP 200: unreadable answer")
      yield* eventually(() => server.open() === 0)
      assert.isBelow(server.written(), 9 * 1024 * 1024)
    }),
  )

  it.live("a compressed bomb is not unpacked past the limit", () =>
    Effect.gen(function* () {
      const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024, " "))
      const { reason } = yield* creating((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`)
        socket.end(bomb)
      })
      assert.strictEqual(reason, "HTTP 200: unreadable answer")
    }),
  )

  it.live.each([
    "301 Moved Permanently",
    "302 Found",
    "303 See Other",
    "307 Temporary Redirect",
    "308 Permanent Redirect",
  ])("%s is not followed: the key goes nowhere else", (status) =>
    Effect.gen(function* () {
      const elsewhere = yield* rawServer((socket) => socket.end(good))
      const redirect = http(status, "", `location: ${elsewhere.url}/\r\n`)
      const { outcome, server } = yield* creating((socket) => socket.end(redirect))
      const read = yield* clientOf(server).pipe(
        Effect.flatMap((client) => client.getPreview("1")),
        Effect.flip,
        Effect.provide(layer),
      )
      assert.strictEqual(outcome._tag, "Unknown")
      assert.strictEqual(read._tag, "ProviderUnavailable")
      assert.lengthOf(server.requests, 2)
      assert.lengthOf(elsewhere.requests, 0)
    }),
  )

  it.live.each([
    ["a reset after the request", (socket: Socket) => socket.resetAndDestroy()],
    ["a closed connection", (socket: Socket) => socket.end()],
    ["a body cut short", (socket: Socket) => socket.end(good.slice(0, -10))],
    ["a reset inside the body", (socket: Socket) => socket.write(good.slice(0, -10), () => socket.resetAndDestroy())],
    ["bytes that are no HTTP", (socket: Socket) => socket.end("220 smtp.example ESMTP\r\n")],
    ["a header of 1 MB", (socket: Socket) => socket.end(http("200 OK", "{}", `x: ${"y".repeat(1_000_000)}\r\n`))],
  ] as const)("%s is unknown, after one request", ([_title, answer]) =>
    Effect.gen(function* () {
      const { outcome, reason, server } = yield* creating(answer)
      assert.strictEqual(outcome._tag, "Unknown")
      assert.match(reason, /^the connection failed/)
      assert.lengthOf(server.requests, 1)
    }),
  )

  it.live("a refused connection is unknown, and is said to be one", () =>
    Effect.gen(function* () {
      const { url } = yield* Effect.scoped(rawServer(() => {}))
      const client = yield* clientOf({ url })
      assert.deepStrictEqual(yield* client.createOrder(order), {
        _tag: "Unknown",
        reason: "the connection failed: ECONNREFUSED",
      })
    }).pipe(Effect.provide(layer)),
  )

  it.live("a read is repeated after a reset", () =>
    Effect.gen(function* () {
      let requests = 0
      const server = yield* rawServer((socket) => (++requests === 1 ? socket.resetAndDestroy() : socket.end(good)))
      const client = yield* clientOf(server)
      assert.strictEqual((yield* client.getPreview("2703383946854401")).number, "9aeb581c")
      assert.strictEqual(requests, 2)
    }).pipe(Effect.provide(layer)),
  )

  it.live("a full page of the largest lines fits the limit of a list", () =>
    Effect.gen(function* () {
      const code = "\\u0054".repeat(16)
      const amount = `{"currencyCode":"${code}","amount":"${"9".repeat(128)}"}`
      const at = '"2026-01-01T00:00:00.123456789Z"'
      const line =
        `{"id":9223372036854775807,"status":"CANCELLED","amount":${amount},"externalId":"${"\\u0430".repeat(255)}",` +
        `"customerTelegramUserId":9223372036854775807,"createdDateTime":${at},"expirationDateTime":${at},` +
        `"paymentDateTime":${at},"autoConversionCurrency":"${code}","selectedPaymentOption":{"amount":${amount},` +
        `"amountFee":${amount},"amountNet":${amount},"exchangeRate":"1.${"3".repeat(40)}"}}`
      const lines = Array.from({ length: Client.maxPage }, () => line)
      const body = `{"status":"SUCCESS","data":{"items":[${lines.join(",")}]}}`
      const server = yield* rawServer((socket) => socket.end(http("200 OK", body)))
      const client = yield* clientOf(server)
      assert.lengthOf(yield* client.getOrderList(0, Client.maxPage), Client.maxPage)
    }).pipe(Effect.provide(layer)),
  )
})

/** Sends `start`, then a byte every 10 ms for as long as the other side listens. */
const drip = (socket: Socket, start: string) => {
  socket.write(start)
  const timer = setInterval(() => socket.write("x"), 10)
  socket.on("close", () => clearInterval(timer))
}
