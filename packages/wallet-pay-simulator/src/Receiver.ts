/** A merchant's webhook of a scenario's own: answers what verifies with the next code, all else with 401. */
import { NodeHttpServer } from "@effect/platform-node"
import * as Signature from "@paylog/wallet-pay/Signature"
import { Context, Effect, Layer, Redacted, Result } from "effect"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"

export const receiverPath = "/webhook"

/** Listens for as long as its scope is open; gives its address. `keysNow` are those that verify, asked at each delivery. */
export const receiver = Effect.fnUntraced(function* (
  codes: readonly [number, ...ReadonlyArray<number>],
  keysNow: () => ReadonlyArray<string>,
) {
  let answered = 0
  const answer = Effect.gen(function* () {
    const { arrayBuffer, headers, method, url } = yield* HttpServerRequest.HttpServerRequest
    const body = new Uint8Array(yield* arrayBuffer)
    const verify = Signature.verifier(keysNow().map((key, index) => ({ id: `${index}`, secret: Redacted.make(key) })))
    const [timestamp, signature] = [headers["walletpay-timestamp"], headers["walletpay-signature"]]
    if (Result.isFailure(verify({ method, path: url, timestamp, signature, body })))
      return HttpServerResponse.empty({ status: 401 })
    return HttpServerResponse.empty({ status: codes[Math.min(answered++, codes.length - 1)] ?? codes[0] })
  })
  const services = yield* Layer.build(
    HttpRouter.serve(HttpRouter.add("POST", "*", answer), { disableLogger: true, disableListenLog: true }).pipe(
      Layer.provideMerge(
        NodeHttpServer.layer(() => createServer(), { host: "127.0.0.1", port: 0, gracefulShutdownTimeout: 0 }),
      ),
    ),
  )
  const { address } = Context.get(services, HttpServer.HttpServer)
  return HttpServer.formatAddress(address) + receiverPath
})
