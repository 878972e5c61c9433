/** How Paylog's processes serve HTTP. Node's limits are narrowed: a slow or oversized client costs little. */
import { NodeHttpServer } from "@effect/platform-node"
import { createServer } from "node:http"

/** On SIGTERM no new request is taken, and what is in hand has 10 s. With port 0 it is any free one; the log says which. */
export const httpServer = ({ host, port }: { readonly host: string; readonly port: number }) =>
  NodeHttpServer.layer(
    () =>
      createServer({
        headersTimeout: 5_000,
        requestTimeout: 10_000,
        connectionsCheckingInterval: 1_000,
        maxHeaderSize: 8 * 1024,
      }),
    { host, port, gracefulShutdownTimeout: "10 seconds" },
  )

/** For `HttpRouter.serve`. A path is what was typed, to the letter: a slash more is another path. */
export const serveOptions = {
  disableLogger: true,
  routerConfig: { ignoreTrailingSlash: false, caseSensitive: true },
} as const
