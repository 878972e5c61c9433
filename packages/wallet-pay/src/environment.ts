/** Wallet Pay's settings. A missing or wrong one fails with the variable's name and what it should be, never its value. */
import { Array as Arr, Config, Redacted, Schema, SchemaTransformation, String } from "effect"

const Secrets = Schema.String.pipe(
  Schema.decodeTo(
    Schema.NonEmptyArray(Schema.String.check(Schema.isPattern(/^[\x21-\x7e]+$/, { expected: "visible ASCII" }))).check(
      Schema.makeFilter((keys: ReadonlyArray<string>) => new Set(keys).size === keys.length, {
        expected: "keys that differ",
      }),
    ),
    SchemaTransformation.transform<readonly [string, ...Array<string>], string>({
      decode: (text) => Arr.map(String.split(text, ","), (key) => key.trim()),
      encode: (keys) => keys.join(","),
    }),
  ),
)

const BaseUrl = Schema.String.check(
  Schema.makeFilter(
    (text: string) => {
      const url = URL.parse(text)
      return (
        url !== null && /^https?:$/.test(url.protocol) && url.search + url.hash + url.username + url.password === ""
      )
    },
    { expected: "an http or https URL without query, fragment and user" },
  ),
)

/** `WALLETPAY_API_KEY`. */
export const secrets = Config.schema(Secrets, "WALLETPAY_API_KEY").pipe(
  Config.map(Arr.map((key) => Redacted.make(key))),
)

/** `WALLETPAY_API_KEY` (comma-separated: the first signs calls, all verify), `WALLETPAY_BASE_URL`, `WALLETPAY_WEBHOOK_PATH`. */
export const environment = Config.all({
  secrets,
  baseUrl: Config.schema(BaseUrl, "WALLETPAY_BASE_URL").pipe(Config.withDefault("https://pay.wallet.tg")),
  webhookPath: Config.schema(
    Schema.TemplateLiteral(["/", Schema.String]).check(
      Schema.isPattern(/^\/[\x21\x22\x24-\x3e\x40-\x7e]*$/, { expected: "a path that starts with / and has no query" }),
    ),
    "WALLETPAY_WEBHOOK_PATH",
  ).pipe(Config.withDefault("/webhooks/walletpay" as const)),
})
