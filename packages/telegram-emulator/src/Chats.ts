/** The methods about a chat and who is in it: https://core.telegram.org/bots/api#getchat and those after it. */
import { Result } from "effect"
import { type ApiError, badRequest, forbidden, type MemberStatus, type User } from "./BotApi.ts"
import { findPost } from "./Messages.ts"
import { type Call, findChat, mayWrite, type Method } from "./Method.ts"
import { about, type AnyChat, isIn } from "./World.ts"

export const getChat: Method = (call) =>
  Result.map(reachable(call), ({ chat, pinned, posts }) => {
    const last = [...pinned].at(-1)
    const post = last === undefined ? undefined : posts.get(last)
    return {
      result: {
        ...chat,
        accent_color_id: 0,
        max_reaction_count: 11,
        ...(post === undefined ? {} : { pinned_message: post.message }),
      },
    }
  })

export const getChatMember: Method = (call) =>
  Result.flatMap(reachable(call), (chat) => {
    const user = findPerson(call, Number(call.parameters.text("user_id")))
    const status = user === undefined ? undefined : statusIn(call, chat, user)
    if (user === undefined || status === undefined) return Result.fail(badRequest("member not found"))
    return Result.succeed({ result: member(user, status) })
  })

export const getChatMemberCount: Method = (call) =>
  Result.map(reachable(call), (chat) => ({
    result: "blocked" in chat ? 2 : [...chat.members.keys()].filter((id) => isIn(chat, id)).length,
  }))

export const getChatAdministrators: Method = (call) =>
  Result.flatMap(reachable(call), (chat) => {
    if ("blocked" in chat) {
      return Result.fail(badRequest("there are no administrators in the private chat"))
    }
    const people = [...chat.members].flatMap(([id, status]) => {
      const user = findPerson(call, id)
      return user === undefined || !["creator", "administrator"].includes(status) ? [] : [member(user, status)]
    })
    // Of the bots, Telegram names only the one that asks.
    return Result.succeed({ result: people.filter(({ user }) => !user.is_bot || user.id === call.bot.me.id) })
  })

export const leaveChat: Method = (call) =>
  Result.flatMap(reachable(call), (chat) => {
    if ("blocked" in chat) return Result.fail(badRequest("chat member status can't be changed in private chats"))
    const { id } = call.bot.me
    chat.members.set(id, "left")
    call.world.emit({ _tag: "MemberChanged", ...about(call.bot, chat, call.nowMs), member: id, status: "left" })
    return Result.succeed({ result: true })
  })

export const pinChatMessage: Method = (call) =>
  Result.gen(function* () {
    const { chat, post } = yield* findPost(call, "message to pin")
    yield* mayPin(call, chat)
    const messageId = post.message.message_id
    chat.pinned.delete(messageId)
    chat.pinned.add(messageId)
    call.world.emit({ _tag: "MessagePinned", ...about(call.bot, chat, call.nowMs), messageId })
    return { result: true }
  })

/** Without a message id: the one pinned last. */
export const unpinChatMessage: Method = (call) =>
  Result.gen(function* () {
    const chat = yield* findChat(call)
    yield* mayPin(call, chat)
    const messageId = call.parameters.has("message_id")
      ? Number(call.parameters.text("message_id"))
      : [...chat.pinned].at(-1)
    if (messageId === undefined || !chat.pinned.has(messageId)) {
      return yield* Result.fail(badRequest("message to unpin not found"))
    }
    unpin(call, chat, messageId)
    return { result: true }
  })

export const unpinAllChatMessages: Method = (call) =>
  Result.gen(function* () {
    const chat = yield* findChat(call)
    yield* mayPin(call, chat)
    for (const messageId of chat.pinned) unpin(call, chat, messageId)
    return { result: true }
  })

const unpin = (call: Call, chat: AnyChat, messageId: number): void => {
  chat.pinned.delete(messageId)
  call.world.emit({ _tag: "MessageUnpinned", ...about(call.bot, chat, call.nowMs), messageId })
}

const mayPin = (call: Call, chat: AnyChat): Result.Result<void, ApiError> =>
  Result.flatMap(mayWrite(call, chat), () =>
    "blocked" in chat || chat.members.get(call.bot.me.id) === "administrator"
      ? Result.void
      : Result.fail(badRequest("not enough rights to manage pinned messages in the chat")),
  )

/** A bot that was thrown out learns no more of the chat. */
const reachable = (call: Call): Result.Result<AnyChat, ApiError> =>
  Result.flatMap(findChat(call), (chat) =>
    "blocked" in chat || chat.members.get(call.bot.me.id) !== "kicked"
      ? Result.succeed(chat)
      : Result.fail(forbidden(`bot was kicked from the ${chat.chat.type} chat`)),
  )

const findPerson = ({ world }: Call, id: number): User | undefined =>
  world.users.get(id) ?? [...world.bots.values()].find(({ me }) => me.id === id)?.me

const statusIn = ({ bot }: Call, chat: AnyChat, { id }: User): MemberStatus | undefined => {
  if (!("blocked" in chat)) return chat.members.get(id) ?? "left"
  return id === chat.user.id || id === bot.me.id ? "member" : undefined
}

const member = (user: User, status: MemberStatus) => ({
  user,
  status,
  ...(status === "creator" ? { is_anonymous: false } : {}),
  ...(status === "kicked" ? { until_date: 0 } : {}),
  ...(status === "administrator" && user.is_bot ? administratorRights : {}),
})

/** Those of a bot that may do what a shop needs. */
const administratorRights = {
  can_be_edited: false,
  is_anonymous: false,
  can_manage_chat: true,
  can_delete_messages: true,
  can_pin_messages: true,
  can_post_messages: true,
  can_edit_messages: true,
}
