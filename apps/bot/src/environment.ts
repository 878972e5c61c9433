/** The bot's own settings. A missing or wrong one fails with the variable's name and what it should be, never its value. */
import type { Pace } from "@paylog/payments/Sending"
import type { Limits } from "./Budget.ts"
import type { AdminSettings } from "./admin.ts"
import { port } from "@paylog/process/port"
import { Config, Duration, Option, Redacted, Schema } from "effect"

export interface TelegramSettings {
  readonly token: Redacted.Redacted
  /** The number before the colon of the token: public, and the same for as long as the bot lives. */
  readonly botId: number
  /** With a slash at the end. */
  readonly apiRoot: string
  /** Signs the links that open the bot at a product or an invoice. Without it, a secret made from the token does. */
  readonly linkSecret?: Redacted.Redacted | undefined
}

export interface WebhookSettings {
  /** Where Telegram posts updates: it leads, through whatever stands in front, to `host` and `port`. */
  readonly url: URL
  readonly secret: Redacted.Redacted
  readonly host: string
  readonly port: number
}

const Token = Schema.String.check(
  Schema.isPattern(/^\d{1,16}:[\w-]+$/, { expected: "a token as BotFather gives it, 123456:ABC-DEF" }),
)

const HttpUrl = Schema.URLFromString.check(
  Schema.makeFilter(
    ({ protocol, username, password, hash, search }: URL) => {
      return /^https?:$/.test(protocol) && username + password + hash + search === ""
    },
    { expected: "an http or https URL without user, query and fragment" },
  ),
)

/** The path is a route: no characters that mean something there. */
const WebhookUrl = HttpUrl.check(
  Schema.makeFilter(({ pathname }: URL) => /^[A-Za-z0-9/_.~-]+$/.test(pathname), {
    expected: "a URL with a path of A-Z, a-z, 0-9, /, _, ., ~ and -",
  }),
)

/** Telegram allows fewer; what can be guessed protects nothing. */
const Secret = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9_-]{24,256}$/, { expected: "24 to 256 characters of A-Z, a-z, 0-9, _ and -" }),
)

/** `TELEGRAM_BOT_TOKEN`, `TELEGRAM_API_ROOT`, `TELEGRAM_LINK_SECRET`. */
export const telegram: Config.Config<TelegramSettings> = Config.all({
  token: Config.schema(Token, "TELEGRAM_BOT_TOKEN"),
  apiRoot: Config.schema(HttpUrl, "TELEGRAM_API_ROOT").pipe(Config.withDefault(new URL("https://api.telegram.org"))),
  linkSecret: Config.option(Config.schema(Secret, "TELEGRAM_LINK_SECRET")),
}).pipe(
  Config.map(({ token, apiRoot, linkSecret }) => ({
    linkSecret: Option.getOrUndefined(Option.map(linkSecret, (secret) => Redacted.make(secret))),
    token: Redacted.make(token),
    botId: Number(token.split(":")[0]),
    apiRoot: apiRoot.href.endsWith("/") ? apiRoot.href : `${apiRoot.href}/`,
  })),
)

const host = Config.NonEmptyString("HOST").pipe(Config.withDefault("127.0.0.1"))
const botPort = port("BOT_PORT").pipe(Config.withDefault(8081))

/** `TELEGRAM_WEBHOOK_URL`: without it the bot polls. With it, `TELEGRAM_WEBHOOK_SECRET`, `HOST` and `BOT_PORT`. */
export const webhook: Config.Config<Option.Option<WebhookSettings>> = Config.option(
  Config.schema(WebhookUrl, "TELEGRAM_WEBHOOK_URL"),
).pipe(
  Config.flatMap((url) =>
    Option.isNone(url)
      ? Config.succeed(Option.none())
      : Config.all({
          url: Config.succeed(url.value),
          secret: Config.schema(Secret, "TELEGRAM_WEBHOOK_SECRET").pipe(Config.map((secret) => Redacted.make(secret))),
          host,
          port: botPort,
        }).pipe(Config.map(Option.some)),
  ),
)

/**
 * Where health and metrics are served: on `BOT_ADMIN_PORT`; without it, on `BOT_PORT`, which is the webhook's when there is one
 * (`undefined`: with it).
 */
export const admin: Config.Config<AdminSettings | undefined> = Config.all({
  host,
  own: Config.option(port("BOT_ADMIN_PORT")),
  botPort,
  polls: Config.map(Config.option(Config.String("TELEGRAM_WEBHOOK_URL")), Option.isNone),
}).pipe(
  Config.map(({ host, own, botPort, polls }) =>
    Option.isSome(own) ? { host, port: own.value } : polls ? { host, port: botPort } : undefined,
  ),
)

/** `INVOICE_PAY_WITHIN`, such as "30 minutes": from the order to the last moment to pay. Wallet Pay takes 30 s to 10 days. */
export const payWithin: Config.Config<Duration.Duration> = Config.schema(
  Schema.DurationFromString.check(
    Schema.makeFilter(Duration.between({ minimum: Duration.minutes(1), maximum: Duration.days(10) }), {
      expected: '1 minute to 10 days, such as "30 minutes"',
    }),
  ),
  "INVOICE_PAY_WITHIN",
).pipe(Config.withDefault(Duration.minutes(30)))

const Rate = (normally: number) =>
  Schema.FiniteFromString.check(
    Schema.isBetween({ minimum: 0.1, maximum: 10_000 }, { expected: `0.1 to 10000 a second, such as ${normally}` }),
  )

/** `TELEGRAM_RATE`, `TELEGRAM_CHAT_RATE`: messages a second, of all the bot's processes together and in one chat. */
export const pace: Config.Config<Pace> = Config.all({
  perSecond: Config.schema(Rate(25), "TELEGRAM_RATE").pipe(Config.withDefault(25)),
  perChatPerSecond: Config.schema(Rate(1), "TELEGRAM_CHAT_RATE").pipe(Config.withDefault(1)),
})

const Count = (most: number, of: string) =>
  Schema.NumberFromString.check(
    Schema.isInt(),
    Schema.isBetween({ minimum: 1, maximum: most }, { expected: `1 to ${most} ${of}` }),
  )

/** `CUSTOMER_ORDERS_PER_HOUR`, `CUSTOMER_UPDATES_PER_MINUTE`: of one customer; whoever asks for more is asked to wait. Owners are not. */
export const budget: Config.Config<Limits> = Config.all({
  ordersPerHour: Config.schema(Count(10_000, "orders an hour"), "CUSTOMER_ORDERS_PER_HOUR").pipe(
    Config.withDefault(20),
  ),
  updatesPerMinute: Config.schema(Count(100_000, "messages and presses a minute"), "CUSTOMER_UPDATES_PER_MINUTE").pipe(
    Config.withDefault(60),
  ),
})
