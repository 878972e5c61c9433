import { Result } from "effect"
import { updateKinds } from "./BotApi.ts"
import type { Call } from "./Method.ts"

/**
 * `allowed_updates` of `getUpdates` and `setWebhook`: kept until the next list, in force for updates to come. An empty
 * list means all; what is no list changes nothing.
 */
export const askFor = ({ bot, parameters }: Call): void => {
  const asked = Result.getOrUndefined(parameters.json("allowed_updates", "allowed updates"))
  if (!Array.isArray(asked)) return
  const kinds = updateKinds.filter((kind) => asked.includes(kind))
  // A bot that asks only for kinds that the emulator lacks gets none of the others, as with Telegram.
  bot.allowed = new Set(asked.length === 0 ? updateKinds : kinds)
}
