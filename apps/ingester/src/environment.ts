/** The ingester's own settings. */
import type { OrderSettings } from "@paylog/payments/OpenOrder"
import { Config, Option, Record, Schema } from "effect"

export interface ServerSettings {
  readonly host: string
  readonly port: number
  /** Health and metrics are served there, or on `port` when there is none. */
  readonly adminPort: number | undefined
}

const Port = Schema.FiniteFromString.pipe(
  Schema.decodeTo(
    Schema.Int.check(
      Schema.isBetween({ minimum: 0, maximum: 65_535 }, { expected: "a port number, or 0 for any free one" }),
    ),
  ),
)

/** `HOST`, `PORT`, `ADMIN_PORT`. */
export const server: Config.Config<ServerSettings> = Config.all({
  host: Config.NonEmptyString("HOST").pipe(Config.withDefault("127.0.0.1")),
  port: Config.schema(Port, "PORT").pipe(Config.withDefault(8080)),
  adminPort: Config.option(Config.schema(Port, "ADMIN_PORT")).pipe(Config.map(Option.getOrUndefined)),
})

const Link = Schema.String.check(
  Schema.makeFilter((text: string) => text.length <= 255 && URL.canParse(text), {
    expected: "a URL of at most 255 characters",
  }),
)

/** `WALLETPAY_RETURN_URL`, `WALLETPAY_FAIL_RETURN_URL`, `WALLETPAY_AUTO_CONVERSION`: each may be absent. */
export const orders: Config.Config<OrderSettings> = Config.all({
  returnUrl: Config.option(Config.schema(Link, "WALLETPAY_RETURN_URL")),
  failReturnUrl: Config.option(Config.schema(Link, "WALLETPAY_FAIL_RETURN_URL")),
  autoConversion: Config.option(Config.NonEmptyString("WALLETPAY_AUTO_CONVERSION")),
}).pipe(Config.map(Record.getSomes))
