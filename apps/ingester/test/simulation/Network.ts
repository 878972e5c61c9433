/** HTTP without sockets: a request's bytes go to a handler in this process, late, and its answer's bytes come back, or not. */
import { Deferred, Effect, Exit, Fiber, Result, type Scope, Stream } from "effect"
import {
  HttpClient,
  HttpClientError,
  type HttpClientRequest,
  HttpClientResponse,
  HttpServerRequest,
  type HttpServerResponse,
} from "effect/http"
import type { Dice } from "./Dice.ts"
import type { Tally, Weather } from "./Weather.ts"

export type Handler = Effect.Effect<
  HttpServerResponse.HttpServerResponse,
  unknown,
  HttpServerRequest.HttpServerRequest | Scope.Scope
>

export interface Answer {
  readonly status: number
  readonly body: Uint8Array
}

export interface Route {
  readonly handler: Handler
  /** Where the handler runs: it ends with this scope. */
  readonly scope: Scope.Scope
  /** Whether a client that goes away stops the handler. */
  readonly stopsWithClient: boolean
  /** Told of each answer in the moment in which it leaves the handler. */
  readonly onAnswer?: (request: HttpClientRequest.HttpClientRequest, answer: Answer) => void
}

export interface Options {
  readonly dice: Dice
  readonly tally: Tally
  readonly weather: () => Weather
  /** Who takes this request; `undefined` when nobody listens. */
  readonly route: (request: HttpClientRequest.HttpClientRequest) => Route | undefined
  /** How long a request waits before it leaves: a client that stands still. */
  readonly wait?: Effect.Effect<void>
  /** False when the client is dead: it hears nothing more. */
  readonly isAlive?: () => boolean
}

export const client = ({ dice, tally, weather, route, wait, isAlive }: Options): HttpClient.HttpClient => {
  const cut = (request: HttpClientRequest.HttpClientRequest) =>
    new HttpClientError.HttpClientError({
      reason: new HttpClientError.TransportError({
        request,
        cause: Object.assign(new Error("cut"), { code: "ECONNRESET" }),
      }),
    })
  const latency = Effect.suspend(() => {
    if (dice.percent(weather().providerSlow)) {
      tally.count("network slow")
      return Effect.sleep(dice.between(1000, 30_000))
    }
    return Effect.sleep(dice.between(2, 120))
  })
  const dead = (request: HttpClientRequest.HttpClientRequest) =>
    isAlive?.() === false ? Effect.andThen(Effect.sleep(1000), cut(request)) : Effect.void

  const exchange = Effect.fnUntraced(function* (request: HttpClientRequest.HttpClientRequest) {
    yield* wait ?? Effect.void
    yield* dead(request)
    if (dice.percent(weather().cut)) {
      tally.count("connection cut on the way there")
      return yield* cut(request)
    }
    yield* latency
    const to = route(request)
    if (to === undefined) return yield* cut(request)
    const destroyed = yield* Deferred.make<never, HttpClientError.HttpClientError>()
    const socket = { destroy: () => void Deferred.doneUnsafe(destroyed, Exit.fail(cut(request))) }
    const arrived: HttpClientRequest.HttpClientRequest = Object.create(request, { socket: { value: socket } })
    const handling = yield* Effect.forkIn(
      Effect.scoped(
        Effect.provideService(
          to.handler,
          HttpServerRequest.HttpServerRequest,
          HttpServerRequest.fromClientRequest(arrived),
        ),
      ).pipe(
        Effect.tap((response) =>
          Effect.sync(() => to.onAnswer?.(arrived, { status: response.status, body: bytesOf(response) })),
        ),
      ),
      to.scope,
    )
    const exit = yield* Effect.raceFirst(Fiber.await(handling), Deferred.await(destroyed)).pipe(
      Effect.onExit(() => (to.stopsWithClient ? Effect.forkDetach(Fiber.interrupt(handling)) : Effect.void)),
    )
    // Its server has died, or has no such path.
    if (Exit.isFailure(exit)) return yield* cut(request)
    yield* latency
    yield* wait ?? Effect.void
    yield* dead(request)
    if (dice.percent(weather().cut)) {
      tally.count("connection cut on the way back")
      return yield* cut(request)
    }
    return responseOf(request, exit.value)
  })
  const all = (request: Effect.Effect<HttpClientRequest.HttpClientRequest, HttpClientError.HttpClientError>) =>
    Effect.flatMap(request, exchange)
  return HttpClient.makeWith(all, Effect.succeed)
}

const bytesOf = ({ body }: HttpServerResponse.HttpServerResponse): Uint8Array =>
  body._tag === "Uint8Array" ? body.body : new Uint8Array()

const responseOf = (
  request: HttpClientRequest.HttpClientRequest,
  answer: HttpServerResponse.HttpServerResponse,
): HttpClientResponse.HttpClientResponse => {
  const head = new Response(null, { status: answer.status, headers: { ...answer.headers } })
  const bytes = bytesOf(answer)
  const stream = answer.body._tag === "Stream" ? answer.body.stream : Stream.make(bytes)
  // The body without a web stream, whose promises are none of the simulation's turns.
  return Object.defineProperties(HttpClientResponse.fromWeb(request, head), {
    stream: { value: stream },
    text: { value: Effect.sync(() => new TextDecoder().decode(bytes)) },
  })
}

export const urlOf = (request: HttpClientRequest.HttpClientRequest): URL | undefined =>
  Result.getOrUndefined(Result.try(() => new URL(request.url)))
