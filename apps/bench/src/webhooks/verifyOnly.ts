/** A server like the ingester that verifies a delivery and answers 200: what HTTP, the signature and parsing cost by themselves. */
import { NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { PaymentProvider } from "@paylog/domain/PaymentProvider"
import { runMain } from "@paylog/process/runMain"
import * as WalletPayProvider from "@paylog/wallet-pay/WalletPayProvider"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"

const route = HttpRouter.add(
  "*",
  "*",
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const provider = yield* PaymentProvider
    const body = new Uint8Array(yield* request.arrayBuffer)
    const { items } = yield* provider.verify({ method: request.method, headers: request.headers, body })
    return HttpServerResponse.jsonUnsafe({ code: "verified", outcomes: items.map(({ _tag }) => _tag) })
  }),
)

runMain(
  Layer.launch(
    HttpRouter.serve(route, { disableLogger: true }).pipe(
      Layer.provide([
        NodeHttpServer.layer(() => createServer(), { host: "127.0.0.1", port: 0, gracefulShutdownTimeout: 0 }),
        WalletPayProvider.layerConfig(() => Effect.succeed("key_1")).pipe(Layer.provide(NodeHttpClient.layerUndici)),
      ]),
    ),
  ),
)
