/**
 * The control API under `/emulator`, for tests in any language: act as a user, read a chat, see the calls, break things.
 * The server describes it at `/emulator/openapi.json`; `client` speaks it from TypeScript.
 */
import { Effect, Schema, Stream } from "effect"
import { HttpClient } from "effect/http"
import { HttpApi, HttpApiClient, HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { MemberStatus, Message, User } from "./BotApi.ts"
import { Change } from "./Change.ts"
import { Fault } from "./Faults.ts"
import { Limits } from "./FloodControl.ts"
import { Counts, TranscriptEntry } from "./Transcript.ts"
import { ButtonChoice, ChatView, NotFound, NotPossible, Pressed, RoomView } from "./UserActs.ts"
import { NewBot, NewRoom, NewUser } from "./World.ts"

/** The first bot is meant where none is named. */
const which = { bot: Schema.optionalKey(Schema.Int) }
const user = { user: Schema.Int }
const room = { room: Schema.Int }

class Emulator extends HttpApiGroup.make("emulator", { topLevel: true })
  .add(
    HttpApiEndpoint.get("bots", "/bots", { success: Schema.Array(User) }),
    HttpApiEndpoint.post("addBot", "/bots", { payload: NewBot, success: User, error: NotPossible }),
    HttpApiEndpoint.get("users", "/users", { success: Schema.Array(User) }),
    HttpApiEndpoint.post("addUser", "/users", { payload: NewUser, success: User, error: NotPossible }),
    HttpApiEndpoint.get("chat", "/users/:user/chat", {
      params: user,
      query: which,
      success: ChatView,
      error: NotFound,
    }),
    HttpApiEndpoint.post("send", "/users/:user/messages", {
      params: user,
      payload: Schema.Struct({ ...which, text: Schema.String }),
      success: Message,
      error: [NotFound, NotPossible],
    }),
    HttpApiEndpoint.post("press", "/users/:user/presses", {
      params: user,
      payload: Schema.Struct({ ...which, ...ButtonChoice.fields }),
      success: Pressed,
      error: NotFound,
    }),
    HttpApiEndpoint.put("edit", "/users/:user/messages/:message", {
      params: { ...user, message: Schema.Int },
      payload: Schema.Struct({ ...which, text: Schema.String }),
      success: Message,
      error: [NotFound, NotPossible],
    }),
    HttpApiEndpoint.put("setBlocked", "/users/:user/blocked", {
      params: user,
      payload: Schema.Struct({ ...which, blocked: Schema.Boolean }),
      success: HttpApiSchema.NoContent,
      error: NotFound,
    }),
    HttpApiEndpoint.get("rooms", "/rooms", { success: Schema.Array(RoomView) }),
    HttpApiEndpoint.post("addRoom", "/rooms", {
      payload: Schema.Struct({ ...NewRoom.fields, botIs: Schema.optionalKey(MemberStatus) }),
      success: RoomView,
      error: [NotFound, NotPossible],
    }),
    HttpApiEndpoint.get("room", "/rooms/:room", { params: room, success: RoomView, error: NotFound }),
    HttpApiEndpoint.post("sendToRoom", "/rooms/:room/messages", {
      params: room,
      payload: Schema.Struct({ ...user, text: Schema.String }),
      success: Message,
      error: [NotFound, NotPossible],
    }),
    HttpApiEndpoint.post("pressInRoom", "/rooms/:room/presses", {
      params: room,
      payload: Schema.Struct({ ...user, ...ButtonChoice.fields }),
      success: Pressed,
      error: NotFound,
    }),
    HttpApiEndpoint.put("setMember", "/rooms/:room/members/:member", {
      params: { ...room, member: Schema.Int },
      payload: Schema.Struct({ by: Schema.Int, status: MemberStatus }),
      success: HttpApiSchema.NoContent,
      error: NotFound,
    }),
    HttpApiEndpoint.get("counts", "/counts", { success: Counts }),
    HttpApiEndpoint.put("setLimits", "/limits", { payload: Limits, success: HttpApiSchema.NoContent }),
    HttpApiEndpoint.delete("clearLimits", "/limits", { success: HttpApiSchema.NoContent }),
    HttpApiEndpoint.get("transcript", "/transcript", {
      query: { after: Schema.optionalKey(Schema.Int) },
      success: Schema.Array(TranscriptEntry),
    }),
    HttpApiEndpoint.get("faults", "/faults", { success: Schema.Array(Fault) }),
    HttpApiEndpoint.post("armFault", "/faults", { payload: Fault, success: HttpApiSchema.NoContent }),
    HttpApiEndpoint.delete("clearFaults", "/faults", { success: HttpApiSchema.NoContent }),
    HttpApiEndpoint.post("advance", "/clock", {
      payload: Schema.Struct({ advanceMs: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)) }),
      success: Schema.Struct({ nowMs: Schema.Finite }),
    }),
    HttpApiEndpoint.delete("reset", "/state", { success: HttpApiSchema.NoContent }),
  )
  .prefix("/emulator") {}

export class ControlApi extends HttpApi.make("telegram-emulator")
  .add(Emulator)
  .annotateMerge(OpenApi.annotations({ title: "Telegram emulator" })) {}

/** Calls the control API of an emulator that runs elsewhere. */
export const client = (baseUrl: string) => HttpApiClient.make(ControlApi, { baseUrl })

const decodeChange = Schema.decodeUnknownEffect(Schema.fromJsonString(Change))

/** Whatever happens in any chat of an emulator that runs elsewhere, from when this effect is done. */
export const subscribe = Effect.fnUntraced(function* (baseUrl: string) {
  const response = yield* HttpClient.get(`${baseUrl}/emulator/changes`)
  return response.stream.pipe(
    Stream.decodeText,
    Stream.splitLines,
    Stream.filter((line) => line.startsWith("data: ")),
    Stream.mapEffect((line) => decodeChange(line.slice("data: ".length))),
  )
})
