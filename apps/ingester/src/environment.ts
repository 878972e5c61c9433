/** The ingester's own settings. */
import type { OrderSettings } from "@paylog/payments/OpenOrder"
import type * as Polls from "@paylog/payments/Polls"
import type * as Sweep from "@paylog/payments/Sweep"
import { port } from "@paylog/process/port"
import { Config, Duration, Option, Record, Schema } from "effect"

export interface ServerSettings {
  readonly host: string
  readonly port: number
  /** Health and metrics are served there, or on `port` when there is none. */
  readonly adminPort: number | undefined
}

/** `HOST`, `PORT`, `ADMIN_PORT`. */
export const server: Config.Config<ServerSettings> = Config.all({
  host: Config.NonEmptyString("HOST").pipe(Config.withDefault("127.0.0.1")),
  port: port("PORT").pipe(Config.withDefault(8080)),
  adminPort: Config.option(port("ADMIN_PORT")).pipe(Config.map(Option.getOrUndefined)),
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

const period = (name: string, normally: Duration.Duration, atLeast: Duration.Duration) =>
  Config.schema(
    Schema.DurationFromString.check(
      Schema.makeFilter(Duration.between({ minimum: atLeast, maximum: Duration.days(7) }), {
        expected: `${Duration.format(atLeast)} to 7 days, such as "${Duration.format(normally)}"`,
      }),
    ),
    name,
  ).pipe(Config.withDefault(normally))

/** How often the provider is asked for what no webhook told. */
export interface AskingSettings {
  readonly sweeps: Sweep.Settings
  readonly polls: Polls.Settings
}

/** What the variables say when they are absent. */
export const asksNormally: AskingSettings = {
  sweeps: { every: Duration.minutes(1), rereadEvery: Duration.days(1) },
  polls: { first: Duration.seconds(30), atMost: Duration.minutes(10) },
}

const { sweeps, polls } = asksNormally
const short = Duration.millis(100)

/** `SWEEP_EVERY`, `SWEEP_REREAD_EVERY`; `POLL_FIRST`, `POLL_AT_MOST`. */
export const asking: Config.Config<AskingSettings> = Config.all({
  sweeps: Config.all({
    every: period("SWEEP_EVERY", sweeps.every, short),
    rereadEvery: period("SWEEP_REREAD_EVERY", sweeps.rereadEvery, short),
  }),
  polls: Config.all({
    first: period("POLL_FIRST", polls.first, short),
    atMost: period("POLL_AT_MOST", polls.atMost, short),
  }),
})
