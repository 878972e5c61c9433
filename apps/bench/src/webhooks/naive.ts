/**
 * The ingester that one writes in an afternoon: Node's HTTP server, the signature checked, JSON parsed, and one event appended to
 * the invoice's stream by Emmett's npm release, a transaction each. No evidence, no decision, no idempotency, no read model.
 */
import { runMain } from "@paylog/process/runMain"
import { Config, Effect, Redacted } from "effect"
import { createHmac, timingSafeEqual } from "node:crypto"
import { createServer, type IncomingMessage } from "node:http"
import * as Emmett from "../peers/emmett.ts"

interface Message {
  readonly eventId: number
  readonly type: string
  readonly payload: { readonly externalId: string }
}

const bytesOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const verifies = (secret: string, { method, url, headers }: IncomingMessage, body: Buffer): boolean => {
  const signed = `${method}.${url}.${String(headers["walletpay-timestamp"])}.${body.toString("base64")}`
  const given = Buffer.from(String(headers["walletpay-signature"]), "base64")
  const made = createHmac("sha256", secret).update(signed).digest()
  return given.length === made.length && timingSafeEqual(given, made)
}

runMain(
  Effect.gen(function* () {
    const secret = Redacted.value(yield* Config.Redacted("WALLETPAY_API_KEY"))
    const store = yield* Emmett.store(yield* Config.Redacted("DATABASE_URL"), 16)
    const handle = async (request: IncomingMessage): Promise<number> => {
      const body = await bytesOf(request)
      if (!verifies(secret, request, body)) return 401
      const messages: ReadonlyArray<Message> = JSON.parse(body.toString())
      for (const { eventId, type, payload } of messages)
        await store.appendToStream(`invoice-${payload.externalId}`, [{ type, data: { eventId, ...payload } }])
      return 200
    }
    const server = createServer((request, response) => {
      handle(request).then(
        (status) => response.writeHead(status, { "content-length": 0 }).end(),
        () => response.writeHead(500, { "content-length": 0 }).end(),
      )
    })
    yield* Effect.promise(
      () =>
        new Promise<void>((resolve) => {
          server.listen(0, "127.0.0.1", resolve)
        }),
    )
    const address = server.address()
    yield* Effect.logInfo(`Listening on http://127.0.0.1:${typeof address === "object" ? address?.port : address}`)
    yield* Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections()))
    return yield* Effect.never
  }).pipe(Effect.scoped),
)
