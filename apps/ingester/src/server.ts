/** The HTTP servers. */
import { httpServer, serveOptions } from "@paylog/process/httpServer"
import * as TileServer from "@paylog/sealer/TileServer"
import { Layer } from "effect"
import { HttpRouter } from "effect/http"
import type { ServerSettings } from "./environment.ts"
import { health } from "./health.ts"
import { webhook, type WebhookSettings } from "./webhook.ts"

/** The webhook, and the log for whoever checks it, on `port`; health and metrics on `adminPort`, or there too. */
export const server = ({ host, port, adminPort }: ServerSettings, settings: WebhookSettings) => {
  const open = Layer.mergeAll(webhook(settings), TileServer.layer)
  const serve = HttpRouter.serve(adminPort === undefined ? Layer.mergeAll(open, health) : open, serveOptions).pipe(
    Layer.provide(httpServer({ host, port })),
  )
  if (adminPort === undefined) return serve
  // Two servers, so two routers: a layer that is used twice is built once unless it is fresh.
  const admin = HttpRouter.serve(health, serveOptions).pipe(Layer.provide(httpServer({ host, port: adminPort })))
  return Layer.mergeAll(serve, Layer.fresh(admin))
}
