/** The HTTP servers. Node's limits are narrowed: a slow or oversized client costs little. */
import { NodeHttpServer } from "@effect/platform-node"
import * as TileServer from "@paylog/sealer/TileServer"
import { Layer } from "effect"
import { HttpRouter } from "effect/http"
import { createServer } from "node:http"
import type { ServerSettings } from "./environment.ts"
import { health } from "./health.ts"
import { webhook, type WebhookSettings } from "./webhook.ts"

const listen = (host: string, port: number) =>
  NodeHttpServer.layer(
    () =>
      createServer({
        headersTimeout: 5_000,
        requestTimeout: 10_000,
        connectionsCheckingInterval: 1_000,
        maxHeaderSize: 8 * 1024,
      }),
    // On SIGTERM no new request is taken, and what is in hand has this long.
    { host, port, gracefulShutdownTimeout: "10 seconds" },
  )

/** A path is what was typed at the provider, to the letter: a slash more is another path, as it is for the signature. */
const options = { disableLogger: true, routerConfig: { ignoreTrailingSlash: false, caseSensitive: true } }

/** The webhook, and the log for whoever checks it, on `port`; health and metrics on `adminPort`, or there too. */
export const server = ({ host, port, adminPort }: ServerSettings, settings: WebhookSettings) => {
  const open = Layer.mergeAll(webhook(settings), TileServer.layer)
  const serve = HttpRouter.serve(adminPort === undefined ? Layer.mergeAll(open, health) : open, options).pipe(
    Layer.provide(listen(host, port)),
  )
  if (adminPort === undefined) return serve
  // Two servers, so two routers: a layer that is used twice is built once unless it is fresh.
  const admin = HttpRouter.serve(health, options).pipe(Layer.provide(listen(host, adminPort)))
  return Layer.mergeAll(serve, Layer.fresh(admin))
}
