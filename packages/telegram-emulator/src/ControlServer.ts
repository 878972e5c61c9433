import { Duration, Effect, Layer, Schema, Stream } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Change } from "./Change.ts"
import { ControlApi } from "./ControlApi.ts"
import { Telegram } from "./Telegram.ts"

const handlers = HttpApiBuilder.group(
  ControlApi,
  "emulator",
  Effect.fnUntraced(function* (handlers) {
    const telegram = yield* Telegram
    return handlers.handleAll({
      bots: () => telegram.bots,
      addBot: ({ payload }) => telegram.addBot(payload),
      users: () => telegram.users,
      addUser: ({ payload }) => telegram.addUser(payload),
      chat: ({ params, query }) => telegram.chat(params.user, query),
      send: ({ params, payload }) => telegram.send(params.user, payload.text, payload),
      press: ({ params, payload }) => telegram.press(params.user, payload, payload),
      setBlocked: ({ params, payload }) => telegram.setBlocked(params.user, payload.blocked, payload),
      edit: ({ params, payload }) => telegram.edit(params.user, params.message, payload.text, payload),
      rooms: () => telegram.rooms,
      addRoom: ({ payload }) => telegram.addRoom(payload),
      room: ({ params }) => telegram.room(params.room),
      sendToRoom: ({ params, payload }) => telegram.sendToRoom(params.room, payload.user, payload.text),
      pressInRoom: ({ params, payload }) => telegram.pressInRoom(params.room, payload.user, payload),
      setMember: ({ params, payload }) => telegram.setMember(params.room, payload.by, params.member, payload.status),
      counts: () => telegram.counts,
      setLimits: ({ payload }) => telegram.setLimits(payload),
      clearLimits: () => telegram.setLimits(undefined),
      transcript: ({ query }) => telegram.transcript(query.after),
      faults: () => telegram.faults,
      armFault: ({ payload }) => telegram.armFault(payload),
      clearFaults: () => telegram.clearFaults,
      advance: ({ payload }) =>
        Effect.andThen(
          telegram.advance(Duration.millis(payload.advanceMs)),
          Effect.map(telegram.now, (nowMs) => ({ nowMs })),
        ),
      reset: () => telegram.reset,
    })
  }),
)

const encodeChange = Schema.encodeSync(Schema.fromJsonString(Change))

/** Every change as a server-sent event. Whoever has the head of this answer misses nothing from then on. */
const changes = Effect.gen(function* () {
  const telegram = yield* Telegram
  const changes = yield* telegram.subscribe
  const events = Stream.concat(
    // The head is sent with the first words of the body.
    Stream.make(": subscribed\n\n"),
    Stream.map(changes, (change) => `data: ${encodeChange(change)}\n\n`),
  )
  return HttpServerResponse.stream(Stream.encodeText(events), {
    contentType: "text/event-stream",
    headers: { "cache-control": "no-store" },
  })
})

export const routes = Layer.mergeAll(
  HttpApiBuilder.layer(ControlApi, { openapiPath: "/emulator/openapi.json" }).pipe(Layer.provide(handlers)),
  HttpRouter.add("GET", "/emulator/changes", changes),
)
