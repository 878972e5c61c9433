/** The demo's page: what it shows, live, and its switches. For the person at this machine: it listens on the loopback only. */
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer, Schema, Stream } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"
import { fileURLToPath } from "node:url"
import { feed, type FeedMessage } from "./Feed.ts"
import * as PayPage from "./PayPage.ts"
import { Faults, Switches } from "./Switches.ts"

export interface Settings {
  readonly port: number
  /** Origins of the parts that the page leads to. */
  readonly emulator: string
  readonly simulator: string
  readonly ingester: string
  /** The users whose chats the page offers, by the emulator's ids. */
  readonly customer: number
}

export const pageServer = ({ port, ...settings }: Settings) =>
  HttpRouter.serve(
    Layer.mergeAll(localOnly(port), files(settings), api(settings), PayPage.routes(settings.simulator)),
    { disableLogger: true, disableListenLog: true },
  ).pipe(
    Layer.provide(
      // Feeds would hold up the end; they are interrupted instead.
      NodeHttpServer.layer(createServer, { host: "127.0.0.1", port, disablePreemptiveShutdown: true }),
    ),
  )

/** A page elsewhere whose name leads here sends its own name as the host, and could otherwise flip switches and read the log. */
const localOnly = (port: number) =>
  HttpRouter.middleware(
    (app) =>
      Effect.gen(function* () {
        const { headers } = yield* HttpServerRequest.HttpServerRequest
        const isLocal = [`127.0.0.1:${port}`, `localhost:${port}`].includes(headers["host"] ?? "")
        return isLocal ? yield* app : HttpServerResponse.empty({ status: 421 })
      }),
    { global: true },
  )

const folder = new URL("../page/", import.meta.url)

const files = ({ emulator }: Pick<Settings, "emulator">) => {
  const headers = {
    "content-security-policy": `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; frame-src 'self' ${emulator}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
  }
  const file = (path: `/${string}`, name: string, contentType: string) =>
    HttpRouter.add(
      "GET",
      path,
      Effect.orDie(HttpServerResponse.file(fileURLToPath(new URL(name, folder)), { contentType, headers })),
    )
  return Layer.mergeAll(
    file("/", "index.html", "text/html; charset=utf-8"),
    file("/demo.css", "demo.css", "text/css; charset=utf-8"),
    file("/demo.js", "demo.js", "text/javascript; charset=utf-8"),
  )
}

const api = (links: Omit<Settings, "port">) =>
  HttpRouter.addAll([
    HttpRouter.route("GET", "/about", Effect.succeed(HttpServerResponse.jsonUnsafe(links))),
    HttpRouter.route(
      "GET",
      "/switches",
      Effect.flatMap(Faults, ({ now }) => Effect.map(now, (switches) => HttpServerResponse.jsonUnsafe(switches))),
    ),
    HttpRouter.route("PATCH", "/switches", patchSwitches),
    HttpRouter.route("GET", "/feed", serveFeed),
  ])

const decodeChange = HttpServerRequest.schemaBodyJson(
  Schema.Struct({
    dropWebhooks: Schema.optionalKey(Switches.fields.dropWebhooks),
    payLate: Schema.optionalKey(Switches.fields.payLate),
    telegramDown: Schema.optionalKey(Switches.fields.telegramDown),
  }),
)

const patchSwitches = Effect.gen(function* () {
  const change = yield* decodeChange
  return HttpServerResponse.jsonUnsafe(yield* (yield* Faults).set(change))
}).pipe(Effect.orElseSucceed(() => HttpServerResponse.empty({ status: 400 })))

/** A browser that lost the connection comes back with the position of the last event that it has. */
const serveFeed = Effect.gen(function* () {
  const { headers } = yield* HttpServerRequest.HttpServerRequest
  const last = headers["last-event-id"]
  const messages = feed(last !== undefined && /^\d{1,18}$/.test(last) ? BigInt(last) : undefined)
  const context = yield* Effect.context<Stream.Services<typeof messages>>()
  return HttpServerResponse.stream(
    messages.pipe(Stream.map(encode), Stream.encodeText, Stream.provideContext(context)),
    {
      contentType: "text/event-stream",
      headers: { "cache-control": "no-store" },
    },
  )
})

const encode = ({ data, id, name }: FeedMessage): string =>
  `event: ${name}\n${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`
