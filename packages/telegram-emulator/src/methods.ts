import { answerCallbackQuery, deleteMyCommands, getMe, getMyCommands, nothing, setMyCommands } from "./AboutBot.ts"
import * as Chats from "./Chats.ts"
import { copyMessage, forwardMessage } from "./Copies.ts"
import { editMessageCaption, getFile, sendDocument, sendPhoto } from "./Media.ts"
import * as Messages from "./Messages.ts"
import type { Method } from "./Method.ts"
import * as Profile from "./Profile.ts"
import { deleteWebhook, getWebhookInfo, setWebhook } from "./WebhookMethods.ts"

/** Every method but `getUpdates`, which can wait. Telegram reads names in any case; here they are lower case. */
export const methods: ReadonlyMap<string, Method> = new Map([
  ["getme", getMe],
  ["logout", nothing],
  ["close", nothing],
  ["setmycommands", setMyCommands],
  ["getmycommands", getMyCommands],
  ["deletemycommands", deleteMyCommands],
  ["setmyname", Profile.setMyName],
  ["getmyname", Profile.getMyName],
  ["setmydescription", Profile.setMyDescription],
  ["getmydescription", Profile.getMyDescription],
  ["setmyshortdescription", Profile.setMyShortDescription],
  ["getmyshortdescription", Profile.getMyShortDescription],
  ["setchatmenubutton", Profile.setChatMenuButton],
  ["getchatmenubutton", Profile.getChatMenuButton],
  ["sendmessage", Messages.sendMessage],
  ["sendphoto", sendPhoto],
  ["senddocument", sendDocument],
  ["forwardmessage", forwardMessage],
  ["copymessage", copyMessage],
  ["editmessagetext", Messages.editMessageText],
  ["editmessagecaption", editMessageCaption],
  ["editmessagereplymarkup", Messages.editMessageReplyMarkup],
  ["deletemessage", Messages.deleteMessage],
  ["deletemessages", Messages.deleteMessages],
  ["sendchataction", Messages.sendChatAction],
  ["pinchatmessage", Chats.pinChatMessage],
  ["unpinchatmessage", Chats.unpinChatMessage],
  ["unpinallchatmessages", Chats.unpinAllChatMessages],
  ["getchat", Chats.getChat],
  ["getchatmember", Chats.getChatMember],
  ["getchatmembercount", Chats.getChatMemberCount],
  ["getchatadministrators", Chats.getChatAdministrators],
  ["leavechat", Chats.leaveChat],
  ["getfile", getFile],
  ["answercallbackquery", answerCallbackQuery],
  ["setwebhook", setWebhook],
  ["deletewebhook", deleteWebhook],
  ["getwebhookinfo", getWebhookInfo],
])

/** Those that count towards Telegram's limits. */
export const messageMethods: ReadonlySet<string> = new Set([
  "sendmessage",
  "sendphoto",
  "senddocument",
  "forwardmessage",
  "copymessage",
  "editmessagetext",
  "editmessagecaption",
  "editmessagereplymarkup",
])

/** Whether a webhook's answer may call it. */
export const worksInWebhookAnswer = (method: string): boolean =>
  !method.startsWith("get") && !["setwebhook", "deletewebhook", "logout", "close"].includes(method)
