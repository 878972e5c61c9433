/** Health and metrics on a port of their own. */
import { httpServer, serveOptions } from "@paylog/process/httpServer"
import { Layer } from "effect"
import { HttpRouter } from "effect/http"

export interface AdminSettings {
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
}

/** Beside the webhook's server: two servers, so two routers, and a layer that is used twice is built once unless it is fresh. */
export const adminServer = <R>(address: AdminSettings, routes: Layer.Layer<never, never, R>) =>
  Layer.fresh(HttpRouter.serve(routes, serveOptions).pipe(Layer.provide(httpServer(address))))
