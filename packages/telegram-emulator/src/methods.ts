import { answerCallbackQuery, deleteMyCommands, getMe, getMyCommands, nothing, setMyCommands } from "./AboutBot.ts"
import { deleteMessage, editMessageReplyMarkup, editMessageText, sendChatAction, sendMessage } from "./Messages.ts"
import type { Method } from "./Method.ts"
import { deleteWebhook, getWebhookInfo, setWebhook } from "./WebhookMethods.ts"

/** Every method but `getUpdates`, which can wait. Telegram reads names in any case; here they are lower case. */
export const methods: ReadonlyMap<string, Method> = new Map([
  ["getme", getMe],
  ["logout", nothing],
  ["close", nothing],
  ["setmycommands", setMyCommands],
  ["getmycommands", getMyCommands],
  ["deletemycommands", deleteMyCommands],
  ["sendmessage", sendMessage],
  ["editmessagetext", editMessageText],
  ["editmessagereplymarkup", editMessageReplyMarkup],
  ["deletemessage", deleteMessage],
  ["sendchataction", sendChatAction],
  ["answercallbackquery", answerCallbackQuery],
  ["setwebhook", setWebhook],
  ["deletewebhook", deleteWebhook],
  ["getwebhookinfo", getWebhookInfo],
])

/** Those that count towards Telegram's limits. */
export const messageMethods: ReadonlySet<string> = new Set(["sendmessage", "editmessagetext", "editmessagereplymarkup"])

/** Whether a webhook's answer may call it. */
export const worksInWebhookAnswer = (method: string): boolean =>
  !method.startsWith("get") && !["setwebhook", "deletewebhook", "logout", "close"].includes(method)
