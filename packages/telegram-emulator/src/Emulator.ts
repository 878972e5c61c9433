/** The emulator as one layer: a server, and the control over it in the same process. */
import { NodeHttpServer } from "@effect/platform-node"
import { ByteSize, Context, Effect, Layer } from "effect"
import { HttpRouter, HttpServer, type HttpServerError, HttpServerRequest } from "effect/http"
import { createServer } from "node:http"
import * as BotServer from "./BotServer.ts"
import * as ControlServer from "./ControlServer.ts"
import * as Page from "./Page.ts"
import { type Control, type Settings as TelegramSettings, Telegram } from "./Telegram.ts"

export interface Settings extends Partial<TelegramSettings> {
  /** `127.0.0.1` by default. Whoever can reach the server can act as any user: keep it local. */
  readonly host?: string
  /** 0, the default, takes a free port. */
  readonly port?: number
}

/** The first bot's token when none is given. No secret: it opens nothing but an emulator. */
export const defaultToken = "4200000042:EMULATED-not-a-secret"

export class Emulator extends Context.Service<
  Emulator,
  Control & {
    /** Without a slash at its end: what a bot calls its API root. */
    readonly baseUrl: string
    /** The first bot's. */
    readonly token: string
  }
>()("telegram-emulator/Emulator") {
  /** Serves from when it is built until its scope closes. Fails when the address is taken. */
  static readonly layer = (settings: Settings = {}): Layer.Layer<Emulator, HttpServerError.ServeError> => {
    const { bot = { token: defaultToken }, host = "127.0.0.1", port = 0, seed = "0" } = settings
    const routes = Layer.mergeAll(BotServer.routes, ControlServer.routes, Page.routes)
    const served = HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true })
    const server = NodeHttpServer.layer(createServer, {
      host,
      port,
      // Calls that wait for updates would hold up the end; they are interrupted instead.
      disablePreemptiveShutdown: true,
    })
    return Layer.effect(
      Emulator,
      Effect.gen(function* () {
        const control = yield* Telegram
        const { address } = yield* HttpServer.HttpServer
        return Emulator.of({ ...control, baseUrl: HttpServer.formatAddress(address), token: bot.token })
      }),
    ).pipe(
      Layer.provideMerge(served),
      Layer.provide([
        server,
        Telegram.layer({ ...settings, bot, seed }),
        // Telegram takes files of up to 50 MB.
        Layer.succeed(HttpServerRequest.MaxBodySize, ByteSize.mebibytes(50)),
      ]),
    )
  }
}
