/** Faults of the API that were asked for: a small queue, taken from the front by the next call that each one fits. */
import * as Json from "@paylog/wallet-pay/Json"
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Effect, Result, Schedule, Schema, Stream } from "effect"
import type { HttpServerRequest } from "effect/http"
import { HttpServerResponse } from "effect/http"
import { overlay } from "./overlay.ts"

export const Operation = Schema.Literals(["create", "preview", "list", "count"])
export type Operation = typeof Operation.Type

const Millis = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3_600_000 }))

const common = {
  on: Schema.Literals([...Operation.literals, "any"]).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed("any" as const)),
  ),
  /** `before` leaves the call without effect; `after` lets it happen and spoils only the answer. */
  when: Schema.Literals(["before", "after"]).pipe(Schema.withDecodingDefaultKey(Effect.succeed("before" as const))),
  times: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 })).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(1)),
  ),
}

export const Fault = Schema.Union([
  /** An answer with this code; without `body`, the simulator's own body for that code. */
  Schema.Struct({
    ...common,
    kind: Schema.Literal("answer"),
    code: Schema.Int.check(Schema.isBetween({ minimum: 200, maximum: 599 })),
    body: Schema.optionalKey(Schema.String),
    headers: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  }),
  /** No answer: the connection stays open for `ms` (without it, until the client gives up) and is then cut. */
  Schema.Struct({ ...common, kind: Schema.Literal("stall"), ms: Schema.optionalKey(Millis) }),
  /** The connection is cut at once. */
  Schema.Struct({ ...common, kind: Schema.Literal("reset") }),
  /** The true answer, late. */
  Schema.Struct({ ...common, kind: Schema.Literal("delay"), ms: Millis }),
  /** The true answer, one byte every `ms`. */
  Schema.Struct({ ...common, kind: Schema.Literal("drip"), ms: Millis }),
  /** The first half of the true answer, complete as HTTP. */
  Schema.Struct({ ...common, kind: Schema.Literal("malformed") }),
  /** A well-formed success envelope of this many bytes. */
  Schema.Struct({
    ...common,
    kind: Schema.Literal("huge"),
    bytes: Schema.Int.check(Schema.isBetween({ minimum: 100, maximum: 100_000_000 })),
  }),
  /** The true answer with this JSON laid over it: another amount, an id of another type, an unknown status. */
  Schema.Struct({ ...common, kind: Schema.Literal("overlay"), json: Schema.Json }),
])
export type Fault = typeof Fault.Type

/** Takes the first fault that fits, or one of its `times`. */
export const take = (queue: Array<Fault>, operation: Operation): Fault | undefined => {
  const index = queue.findIndex((fault) => fault.on === "any" || fault.on === operation)
  const fault = queue[index]
  if (fault === undefined) return undefined
  if (fault.times > 1) queue[index] = { ...fault, times: fault.times - 1 }
  else queue.splice(index, 1)
  return fault
}

/** What `answers.faultPercent` chooses from: each is over at once, so that a storm slows nothing down. */
export const storm: readonly [Fault, ...ReadonlyArray<Fault>] = [
  { on: "any", when: "before", times: 1, kind: "answer", code: 500 },
  { on: "any", when: "after", times: 1, kind: "answer", code: 500 },
  { on: "any", when: "after", times: 1, kind: "answer", code: 502, body: "<html>Bad gateway</html>" },
  { on: "any", when: "before", times: 1, kind: "answer", code: 429 },
  { on: "any", when: "after", times: 1, kind: "answer", code: 429, headers: { "retry-after": "1" } },
  { on: "any", when: "after", times: 1, kind: "answer", code: 307, headers: { location: "/elsewhere" } },
  { on: "any", when: "before", times: 1, kind: "reset" },
  { on: "any", when: "after", times: 1, kind: "reset" },
  { on: "any", when: "after", times: 1, kind: "malformed" },
  { on: "any", when: "after", times: 1, kind: "huge", bytes: 1_000_000 },
]

/** Whether the fault needs the call's true answer, so that the call happens whatever `when` says. */
const needsAnswer = (fault: Fault): boolean =>
  fault.when === "after" || fault.kind === "delay" || fault.kind === "drip" || fault.kind === "overlay"

/** Answers a call as the fault wants. `handle` is the call itself; `plain` makes the simulator's own answer of a code. */
export const apply = <E, R>(
  fault: Fault,
  request: HttpServerRequest.HttpServerRequest,
  handle: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>,
  plain: (code: number) => HttpServerResponse.HttpServerResponse,
): Effect.Effect<HttpServerResponse.HttpServerResponse, E, R> =>
  Effect.gen(function* () {
    if (fault.kind === "delay" && fault.when === "before") yield* Effect.sleep(fault.ms)
    const answer = needsAnswer(fault) ? yield* handle : HttpServerResponse.text(`{"status":"SUCCESS","data":{}}`)
    switch (fault.kind) {
      case "answer": {
        const response =
          fault.body === undefined
            ? plain(fault.code)
            : HttpServerResponse.text(fault.body, { status: fault.code, contentType: "application/json" })
        return HttpServerResponse.setHeaders(response, fault.headers ?? {})
      }
      case "stall":
        yield* fault.ms === undefined ? Effect.never : Effect.sleep(fault.ms)
        return yield* cut(request)
      case "reset":
        return yield* cut(request)
      case "delay":
        if (fault.when === "after") yield* Effect.sleep(fault.ms)
        return answer
      case "drip":
        return HttpServerResponse.stream(
          Stream.fromIterable(bytesOf(answer)).pipe(
            Stream.map((byte) => Uint8Array.of(byte)),
            Stream.schedule(Schedule.spaced(fault.ms)),
          ),
          { status: answer.status, contentType: "application/json" },
        )
      case "malformed":
        return json(answer.status, bytesOf(answer).slice(0, bytesOf(answer).length / 2))
      case "huge": {
        const [head, tail] = [`{"status":"SUCCESS","message":"`, `"}`]
        return json(200, Buffer.from(head + "x".repeat(fault.bytes - head.length - tail.length) + tail))
      }
      case "overlay":
        return json(
          answer.status,
          Buffer.from(Json.stringify(overlay(Result.getOrUndefined(Json.parse(bytesOf(answer))), fault.json))),
        )
    }
  })

const cut = (request: HttpServerRequest.HttpServerRequest) =>
  Effect.andThen(
    Effect.sync(() => NodeHttpServerRequest.toIncomingMessage(request).socket.destroy()),
    Effect.never,
  )

const bytesOf = (response: HttpServerResponse.HttpServerResponse): Uint8Array =>
  response.body._tag === "Uint8Array" ? response.body.body : new Uint8Array()

const json = (status: number, bytes: Uint8Array) =>
  HttpServerResponse.uint8Array(bytes, { status, contentType: "application/json" })
