/** Photos and documents: https://core.telegram.org/bots/api#sending-files and #getfile. */
import { Result } from "effect"
import { type ApiError, badRequest, type File } from "./BotApi.ts"
import { onlyInlineKeyboard } from "./Keyboards.ts"
import { changed, editable, isMedia, send } from "./Messages.ts"
import type { Call, Method } from "./Method.ts"
import { caption } from "./Texts.ts"
import { longId, type StoredFile } from "./World.ts"

/** Bytes that a bot may download. */
const largestDownload = 20 * 1024 * 1024

const sendFile =
  (kind: "photo" | "document"): Method =>
  (call) =>
    Result.gen(function* () {
      const text = yield* caption(call.parameters)
      const about = yield* fileIn(call, kind)
      return { result: yield* send(call, { ...text, media: { [kind]: about } }) }
    })

export const sendPhoto = sendFile("photo")
export const sendDocument = sendFile("document")

export const editMessageCaption: Method = (call) =>
  Result.gen(function* () {
    const text = yield* caption(call.parameters)
    const keyboard = yield* onlyInlineKeyboard(call.parameters)
    const found = yield* editable(call)
    if (!isMedia(found.post.message)) {
      return yield* Result.fail(badRequest("there is no caption in the message to edit"))
    }
    return yield* changed(call, found, text, keyboard)
  })

/** The path serves `/file/bot<token>/<path>`. */
export const getFile: Method = ({ parameters, world }) => {
  const id = parameters.text("file_id")
  if (id === "") return Result.fail(badRequest("file_id not specified"))
  const file = world.files.get(id)
  if (file === undefined) return Result.fail(badRequest("wrong file_id or the file is temporarily unavailable"))
  if (file.about.file_size > largestDownload) return Result.fail(badRequest("file is too big"))
  return Result.succeed({ result: { ...file.about, file_path: pathOf(file) } })
}

const pathOf = ({ about }: StoredFile): string =>
  `${about.mime_type?.startsWith("image/") === true ? "photos" : "documents"}/${about.file_unique_id}`

/** What `getFile`'s path leads to. */
export const findFile = (files: Iterable<StoredFile>, path: string): StoredFile | undefined =>
  [...files].find((file) => pathOf(file) === path)

/** Uploaded with the call, sent before, or an address, which is not fetched: there is no network here. */
const fileIn = (call: Call, name: string): Result.Result<File, ApiError> => {
  const { parameters, world } = call
  const upload = parameters.upload(name)
  if (upload !== undefined) {
    return upload.bytes.length === 0
      ? Result.fail(badRequest("file must be non-empty"))
      : Result.succeed(keep(call, upload.bytes, { file_name: upload.name, mime_type: upload.contentType }))
  }
  const given = parameters.text(name)
  if (given === "") return Result.fail(badRequest(`there is no ${name} in the request`))
  const known = world.files.get(given)
  if (known !== undefined) return Result.succeed(known.about)
  return /^https?:\/\//.test(given)
    ? Result.succeed(keep(call, new TextEncoder().encode(given), { file_name: given.split("/").at(-1) ?? "file" }))
    : Result.fail(badRequest("wrong remote file identifier specified: Wrong padding in the string"))
}

const keep = ({ world }: Call, bytes: Uint8Array, more: Pick<File, "file_name" | "mime_type">): File => {
  const id = longId(world)
  const about: File = { file_id: `BQAC${id}`, file_unique_id: `AgAD${id}`, file_size: bytes.length, ...more }
  world.files.set(about.file_id, { about, bytes })
  return about
}
