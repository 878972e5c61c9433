/** `setWebhook`, `deleteWebhook`, `getWebhookInfo`: https://core.telegram.org/bots/api#setwebhook */
import { Equal, Result } from "effect"
import { askFor } from "./allowedUpdates.ts"
import { type ApiError, badRequest, updateKinds } from "./BotApi.ts"
import type { Call, Method } from "./Method.ts"
import type { Webhook } from "./World.ts"

/** Like Telegram's own server in its local mode, also takes `http:` and any port. */
export const setWebhook: Method = (call) =>
  Result.gen(function* () {
    const { bot, parameters } = call
    if (parameters.text("url") === "") return yield* deleteWebhook(call)
    const asked = yield* readWebhook(call)
    askFor(call)
    const { lastError: _, ...current } = bot.webhook ?? { lastError: undefined }
    const drop = parameters.flag("drop_pending_updates")
    if (!drop && Equal.equals(current, asked)) return { result: true, description: "Webhook is already set" }
    if (drop) bot.updates.clear()
    bot.webhook = { ...asked, lastError: undefined }
    return { result: true, description: "Webhook was set" }
  })

export const deleteWebhook: Method = ({ bot, parameters }) => {
  if (parameters.flag("drop_pending_updates")) bot.updates.clear()
  const description = bot.webhook === undefined ? "Webhook is already deleted" : "Webhook was deleted"
  bot.webhook = undefined
  return Result.succeed({ result: true, description })
}

export const getWebhookInfo: Method = ({ bot: { allowed, updates, webhook } }) =>
  Result.succeed({
    result: {
      url: webhook?.url ?? "",
      has_custom_certificate: webhook?.hasCustomCertificate ?? false,
      pending_update_count: updates.size,
      ...(webhook?.lastError === undefined
        ? {}
        : {
            last_error_date: Math.floor(webhook.lastError.atMs / 1000),
            last_error_message: webhook.lastError.message,
          }),
      ...(webhook === undefined ? {} : { max_connections: webhook.maxConnections, ip_address: webhook.ipAddress }),
      ...(allowed.size === updateKinds.length ? {} : { allowed_updates: [...allowed] }),
    },
  })

const readWebhook = ({ parameters }: Call): Result.Result<Omit<Webhook, "lastError">, ApiError> => {
  const url = URL.parse(parameters.text("url"))
  const secretToken = parameters.text("secret_token")
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    return Result.fail(badRequest("invalid webhook URL specified"))
  }
  if (secretToken.length > 256) return Result.fail(badRequest("secret token is too long"))
  if (!/^[\w-]*$/.test(secretToken)) return Result.fail(badRequest("secret token contains unallowed characters"))
  return Result.succeed({
    url: parameters.text("url"),
    secretToken,
    maxConnections: parameters.integer("max_connections", { default: 40, min: 1, max: 100 }),
    ipAddress: parameters.text("ip_address") || "<unknown>",
    hasCustomCertificate: parameters.has("certificate"),
  })
}
