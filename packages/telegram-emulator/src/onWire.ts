/** From what the emulator keeps to Telegram's JSON: captions, authors of channel posts, sizes of photos. */
import { Predicate, Struct } from "effect"
import type { File, Message } from "./BotApi.ts"

/** A message, or anything with messages in it: an answer, an update. All else stays as it is. */
export const onWire = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(onWire)
  if (!Predicate.isReadonlyObject(value)) return value
  const inner = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, onWire(one)]))
  return isMessage(inner) ? message(inner) : inner
}

const isMessage = (value: object): value is Message =>
  "message_id" in value && "chat" in value && "from" in value && "text" in value

const message = (given: Message): unknown => {
  const { chat, document, entities, forwarded_from, from, photo, text, ...rest } = given
  const isMedia = photo !== undefined || document !== undefined
  const said = isMedia
    ? { ...(text === "" ? {} : { caption: text }), ...(entities === undefined ? {} : { caption_entities: entities }) }
    : { text, ...(entities === undefined ? {} : { entities }) }
  return {
    ...rest,
    ...(chat.type === "channel" ? { sender_chat: chat } : { from }),
    chat,
    ...(forwarded_from === undefined
      ? {}
      : { forward_origin: { type: "user", sender_user: forwarded_from, date: given.date } }),
    ...(photo === undefined ? {} : { photo: [photoSize(photo)] }),
    ...(document === undefined ? {} : { document }),
    ...said,
  }
}

/** Telegram measures and shrinks photos; here each has one size that says nothing. */
const photoSize = (photo: File) => ({
  ...Struct.pick(photo, ["file_id", "file_unique_id", "file_size"]),
  width: 1,
  height: 1,
})
