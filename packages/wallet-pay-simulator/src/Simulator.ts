/** A stateful Wallet Pay that runs offline, as a layer: it listens, and gives its control. */
import { NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { ByteSize, Effect, Layer } from "effect"
import { HttpRouter, HttpServer, HttpServerRequest } from "effect/http"
import { createServer } from "node:http"
import * as Control from "./Control.ts"
import * as ControlApi from "./ControlApi.ts"
import * as PayPage from "./PayPage.ts"
import * as StoreApi from "./StoreApi.ts"

export interface Options extends Omit<Control.Options, "baseUrl"> {
  /** `127.0.0.1` when left out. */
  readonly host?: string
  /** Any free port when left out. */
  readonly port?: number
}

/**
 * Listens, serves the merchant API, the pay pages and the control API, and sends webhooks, for as long as its scope is
 * open. Fails when it cannot listen or an option is invalid.
 */
export const layer = (options: Options = {}) => {
  const control = Layer.unwrap(
    Effect.map(HttpServer.HttpServer, ({ address }) =>
      Control.Control.layer({ ...options, baseUrl: HttpServer.formatAddress(address) }),
    ),
  )
  return HttpRouter.serve(Layer.mergeAll(StoreApi.routes, PayPage.routes, ControlApi.routes), {
    disableLogger: true,
    disableListenLog: true,
    // Paths as the provider has them, to the letter; an externalId of 255 characters fits into a path.
    routerConfig: {
      caseSensitive: true,
      ignoreTrailingSlash: false,
      ignoreDuplicateSlashes: false,
      maxParamLength: 4096,
    },
  }).pipe(
    Layer.provideMerge(control),
    Layer.provide([
      NodeHttpServer.layer(() => createServer(), {
        host: options.host ?? "127.0.0.1",
        port: options.port ?? 0,
        gracefulShutdownTimeout: 0,
      }),
      NodeHttpClient.layerUndici,
      Layer.succeed(HttpServerRequest.MaxBodySize, ByteSize.kibibytes(256)),
    ]),
  )
}
