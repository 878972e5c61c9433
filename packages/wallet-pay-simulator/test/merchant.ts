/**
 * A merchant, written from the provider's document alone with Node's own modules: its client, its webhook receiver and
 * verifier. It shares no code with the simulator, nor with Paylog's adapter.
 */
import { Context, Effect, Layer, Redacted } from "effect"
import { createHmac, timingSafeEqual } from "node:crypto"
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { vi } from "vitest"
import { Control } from "../src/Control.ts"
import * as Simulator from "../src/Simulator.ts"

// Real sockets on a machine that others use too: the limit is there to end a test that hangs, not to time one.
vi.setConfig({ testTimeout: 30_000 })

export const apiKey = "a-store-key"

/** The answer of an endpoint: HTTP code, body text, and the body as JSON where it is JSON. */
export interface Answer {
  readonly code: number
  readonly text: string
  readonly json: {
    readonly status?: string
    readonly message?: string
    readonly data?: Readonly<Record<string, unknown>>
  }
  readonly headers: Headers
}

/** One HTTP call; nothing is followed, nothing retried. */
export const call = (method: string, url: string, body?: string, headers: Record<string, string> = {}) =>
  Effect.promise(async (signal): Promise<Answer> => {
    const response = await fetch(url, {
      method,
      headers,
      redirect: "manual",
      signal,
      ...(body === undefined ? {} : { body }),
    })
    const text = await response.text()
    const isJson = response.headers.get("content-type")?.startsWith("application/json") === true
    return { code: response.status, text, json: isJson ? parseOr({}, text) : {}, headers: response.headers }
  })

const parseOr = (fallback: object, text: string) => {
  try {
    return JSON.parse(text)
  } catch {
    return fallback
  }
}

/** The four endpoints. */
export const client = (baseUrl: string, key = apiKey) => {
  const headers = { "Wpay-Store-Api-Key": key, Accept: "application/json" }
  const get = (path: string) => call("GET", `${baseUrl}/wpay/store-api/v1/${path}`, undefined, headers)
  return {
    create: (request: object | string, contentType = "application/json") =>
      call(
        "POST",
        `${baseUrl}/wpay/store-api/v1/order`,
        typeof request === "string" ? request : JSON.stringify(request),
        { ...headers, "Content-Type": contentType },
      ),
    preview: (id: string) => get(`order/preview?id=${id}`),
    list: (offset: number | string, count: number | string) =>
      get(`reconciliation/order-list?offset=${offset}&count=${count}`),
    count: get("reconciliation/order-amount"),
    get,
  }
}

export const request = (externalId: string, fields: object = {}) => ({
  amount: { currencyCode: "USD", amount: "12.50" },
  externalId,
  description: "A pot of green tea",
  timeoutSeconds: 3600,
  customerTelegramUserId: 3_000_000_001,
  ...fields,
})

/** A webhook as it arrived, and what the verifier of the document makes of it. */
export interface Received {
  readonly path: string
  readonly body: string
  readonly timestamp: string
  readonly signature: string
  readonly contentType: string
  readonly messages: ReadonlyArray<ReceivedMessage>
  readonly verifies: (key: string, path?: string) => boolean
}

export interface ReceivedMessage {
  readonly eventId: string
  readonly type: string
  readonly eventDateTime: string
  readonly payload: Readonly<Record<string, unknown>> & { readonly id: string }
}

/** A server that answers each POST with the next of `answers` (a code, or `hang`), and the last one from then on. */
export const receiver = (
  answers: ReadonlyArray<number | "hang" | { readonly redirect: string; readonly code: number }> = [200],
) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const received: Array<Received> = []
      const server = createServer(async (message, response) => {
        received.push(await read(message))
        const answer = answers[Math.min(received.length, answers.length) - 1] ?? 200
        if (answer === "hang") return
        if (typeof answer === "number") response.writeHead(answer).end(answer === 200 ? "" : "not today")
        else response.writeHead(answer.code, { location: answer.redirect }).end()
      })
      await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve))
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a listening TCP server has such an address
      return { server, received, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
    }),
    ({ server }) =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      }),
  )

const read = async (message: IncomingMessage): Promise<Received> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of message) chunks.push(Buffer.from(chunk))
  const raw = Buffer.concat(chunks)
  const header = (name: string) => String(message.headers[name] ?? "")
  const [timestamp, signature] = [header("walletpay-timestamp"), header("walletpay-signature")]
  return {
    path: message.url ?? "",
    body: raw.toString(),
    timestamp,
    signature,
    contentType: header("content-type"),
    // Ids exceed 2^53: their digits are quoted before JSON.parse can round them.
    messages: JSON.parse(raw.toString().replace(/"(id|eventId)":(\d+)/g, `"$1":"$2"`)),
    verifies: (key, path = message.url ?? "") => {
      const text = `${message.method}.${path}.${timestamp}.${raw.toString("base64")}`
      const expected = createHmac("sha256", key).update(text).digest()
      const given = Buffer.from(signature, "base64")
      return given.length === expected.length && timingSafeEqual(given, expected)
    },
  }
}

/** A running simulator of one store and a receiver for its webhooks. */
export const running = Effect.fnUntraced(function* (
  options: Simulator.Options = {},
  answers?: Parameters<typeof receiver>[0],
) {
  const { received, origin } = yield* receiver(answers)
  const webhookUrl = `${origin}/hooks/wallet`
  const services = yield* Layer.build(
    Simulator.layer({ seed: "a seed", stores: [{ apiKeys: [Redacted.make(apiKey)], webhookUrl }], ...options }),
  )
  const control = Context.get(services, Control)
  return { control, api: client(control.baseUrl), received, webhookUrl, origin }
})
