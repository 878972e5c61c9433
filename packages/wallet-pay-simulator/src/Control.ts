/** The control of a running simulator, in process. The HTTP APIs and the pay page go through it too. */
import {
  Clock,
  Context,
  Data,
  Duration,
  Effect,
  FiberSet,
  Latch,
  Layer,
  Option,
  Queue,
  Random,
  Redacted,
  Result,
  Semaphore,
} from "effect"
import { HttpClient } from "effect/http"
import type { Fault } from "./Faults.ts"
import { type Instant, second } from "./Instant.ts"
import type { OrderRequest } from "./OrderRequest.ts"
import type { Deviation, NotOffered, Order, OrderClosed } from "./Orders.ts"
import * as Orders from "./Orders.ts"
import * as Settings from "./Settings.ts"
import type { Created, Profile } from "./Store.ts"
import { Store } from "./Store.ts"
import type { Delivery } from "./Webhooks.ts"
import { post, signedPath } from "./Webhooks.ts"
import type { Attempt, Message, Sent } from "./World.ts"
import { NotFound, World } from "./World.ts"

export interface Options {
  /** Where it listens. */
  readonly baseUrl: string
  /** The base of the pay links, when the outside sees another address than the one listened on. */
  readonly publicUrl?: string
  /** One store of default values when left out. */
  readonly stores?: ReadonlyArray<ProfilePatch>
  readonly settings?: Settings.Patch
  /** Decides every choice that is left to chance: ids, numbers, timestamps, the random key, and which calls and messages are spoiled. Without it Effect's `Random` draws one. */
  readonly seed?: string | undefined
  /**
   * `virtual` time starts at 2026 and stands still but for `advance`, and one POST is sent at a time, so that the same
   * seed and commands give the same deliveries to the byte and in the same order. `real` when left out.
   */
  readonly clock?: "real" | "virtual"
}

/** What is left out stays as it is; in a new store it has the default given here. */
export interface ProfilePatch {
  /** `default` */
  readonly name?: string
  /** One random key. */
  readonly apiKeys?: Profile["apiKeys"]
  /** None, which null says too: no webhooks are sent. */
  readonly webhookUrl?: string | null
  /** Yes. */
  readonly mayCreateOrders?: boolean
}

/** A setting, a store's address or a fault that cannot be. */
export class Invalid extends Data.TaggedError("Invalid")<{ readonly reason: string }> {
  override readonly message = this.reason
}

/** What is wrong with one payment: the currency, the amounts, or its time. */
export interface Payment extends Deviation {
  /** The first that is offered, when left out. */
  readonly currency?: string
  /**
   * Pays an order that expired or was cancelled. One whose time has not run out ends at its time, and is paid a second later, as it
   * says: no clock is moved, and other orders go on as before.
   */
  readonly late?: boolean
}

export interface Redelivery {
  readonly times?: number
  /** `same` repeats the last attempt byte for byte, headers included. */
  readonly timestamp?: "new" | "same"
  readonly tamper?: Delivery["tamper"]
}

type Closing = Effect.Effect<Order, NotFound | OrderClosed>

export class Control extends Context.Service<
  Control,
  {
    /** Where it listens: the merchant API's base. */
    readonly baseUrl: string
    /** The base of the pay links. */
    readonly publicUrl: string
    /** The simulator's time: Effect's clock plus all that `advance` added. */
    readonly now: Effect.Effect<Instant>
    /** The seed in force: what replays this run. */
    readonly seed: string
    /**
     * The POSTs after the one with this number, oldest first. Without any, waits up to `patience` for one. Only the last
     * 10,000 or so are kept.
     */
    readonly sent: (after: number, patience?: Duration.Input) => Effect.Effect<ReadonlyArray<Sent>>
    /** All that the simulator remembers, with every order that is due expired. To be read, not changed. */
    readonly world: Effect.Effect<World>
    /** Adds a store, or gives an existing one new keys or another address; its orders stay. */
    readonly putStore: (patch: ProfilePatch) => Effect.Effect<void, Invalid>
    readonly create: (store: Store, request: OrderRequest) => Effect.Effect<Created>
    /** The order with this id, externalId or number; so for each `ref` below. */
    readonly order: (ref: string) => Effect.Effect<Order, NotFound>
    readonly pay: (ref: string, payment?: Payment) => Effect.Effect<Order, NotFound | OrderClosed | NotOffered>
    /** What the payer's Decline does: cancels the order, or nothing, as the settings say. */
    readonly decline: (ref: string) => Closing
    readonly cancel: (ref: string) => Closing
    /** Ends the order's time now. */
    readonly expire: (ref: string) => Closing
    /**
     * Lets time pass: each expiry and webhook that falls due on the way happens at its own time, in order, before this
     * returns. Takes as long as the receiver takes to answer.
     */
    readonly advance: (duration: Duration.Input) => Effect.Effect<void>
    /** Waits until no webhook is being sent or due. */
    readonly idle: Effect.Effect<void>
    /** Sends all messages of the order, or the message with this event id, again, whatever became of them. */
    readonly redeliver: (ref: string, how?: Redelivery) => Effect.Effect<ReadonlyArray<Attempt>, NotFound>
    readonly inject: (fault: Fault) => Effect.Effect<void>
    readonly clearFaults: Effect.Effect<void>
    readonly configure: (patch: unknown) => Effect.Effect<Settings.Settings, Invalid>
    /** Forgets orders, messages, faults, advanced time, and all changes of settings and stores; a seeded simulator starts its sequence anew. */
    readonly reset: Effect.Effect<void>
  }
>()("wallet-pay-simulator/Control") {
  /** Sends webhooks in the background for as long as its scope is open. */
  static readonly layer = (options: Options) => Layer.effect(Control, make(options))
}

const make = Effect.fnUntraced(function* (options: Options) {
  const client = yield* HttpClient.HttpClient
  const seed = options.seed ?? String(yield* Random.nextIntBetween(0, 2 ** 31))
  const newRandom = Random.Random.useSync((random) => () => random.nextDoubleUnsafe()).pipe(Random.withSeed(seed))

  const isVirtual = options.clock === "virtual"
  const base = isVirtual ? Settings.oneAtATime : Settings.defaults
  const settings = yield* fromResult(Settings.patched(base, options.settings ?? {}))
  const keys = yield* newRandom
  const profiles = yield* Effect.forEach(options.stores ?? [{}], (patch) => fromResult(patched(patch, undefined, keys)))

  let offset = 0
  const now = isVirtual
    ? Effect.sync(() => virtualStart + offset)
    : Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos / 1000n) + offset)
  const newWorld = Effect.map(
    Effect.all([newRandom, now]),
    ([random, now]) => new World(random, settings, profiles, now),
  )
  let world = yield* newWorld

  // -- Changes. Each sees the orders that are due already expired, and wakes the sender.

  const wake = yield* Queue.sliding<void>(1)
  const change = <A>(f: (now: Instant) => A): Effect.Effect<A> =>
    Effect.map(now, (now) => {
      world.expire(now)
      const result = f(now)
      Queue.offerUnsafe(wake, undefined)
      return result
    })
  const tryChange = <A, E>(f: (now: Instant) => Result.Result<A, E>): Effect.Effect<A, E> =>
    Effect.flatMap(change(f), Effect.fromResult)
  const close = (ref: string, next: (order: Order, now: Instant) => Result.Result<Order, OrderClosed>): Closing =>
    tryChange((now) =>
      Result.flatMap(world.find(ref), ({ store, order }) =>
        Result.map(next(order, now), (closed) => {
          world.closed(store, closed, now)
          return closed
        }),
      ),
    )

  // -- The sender.

  const sends = yield* FiberSet.make()
  const newlySent = yield* Latch.make()
  const send = Effect.fnUntraced(function* (from: World, messages: ReadonlyArray<Message>, delivery: Delivery) {
    const { attempt, sent } = yield* post(client, from, messages, delivery, yield* now)
    const answered = yield* now
    from.posted(sent)
    yield* newlySent.release
    for (const message of messages) from.attempted(message, attempt, answered)
    yield* Effect.logInfo(
      `webhook ${messages.map(({ type, orderId }) => `${type} ${orderId}`).join(", ")} → ${attempt.code ?? attempt.failure}`,
    )
    Queue.offerUnsafe(wake, undefined)
    return attempt
  })
  /** Expires what is due and starts the POSTs that are due, as far as `concurrency` allows. Returns the next moment to look. */
  const step = Effect.gen(function* () {
    const at = yield* now
    world.expire(at)
    const room = world.settings.webhooks.concurrency - (yield* FiberSet.size(sends))
    for (const { url, messages } of world.take(at, room))
      yield* FiberSet.run(sends, send(world, messages, { url, reason: "schedule" }))
    return { at, next: world.nextChange(at) }
  })
  yield* step.pipe(
    Effect.flatMap(({ at, next }) =>
      // Messages that are due but found no room wait for a POST to end, which wakes this.
      next <= at || next === Infinity || isVirtual
        ? Queue.take(wake)
        : Effect.raceFirst(Queue.take(wake), Effect.sleep(Duration.millis(Math.ceil((next - at) / 1000)))),
    ),
    Effect.forever,
    Effect.forkScoped,
  )

  const idle = Effect.gen(function* () {
    for (;;) {
      yield* step
      yield* FiberSet.awaitEmpty(sends)
      const at = yield* now
      if (world.nextChange(at) > at) break
    }
  })
  const oneAtATime = yield* Semaphore.make(1)
  const advance = (duration: Duration.Input) =>
    oneAtATime.withPermit(
      Effect.gen(function* () {
        const target = (yield* now) + Duration.toMillis(duration) * 1000
        for (;;) {
          yield* idle
          const next = Math.min(target, world.nextChange(yield* now))
          offset += Math.max(0, next - (yield* now))
          if (next === target) break
        }
        yield* idle
      }),
    )

  const redeliver = Effect.fnUntraced(function* (ref: string, how: Redelivery = {}) {
    const one = world.messages.get(ref)
    const messages =
      one === undefined
        ? yield* Effect.fromResult(world.find(ref)).pipe(
            Effect.map(({ order }) =>
              Array.from(world.messages.values()).filter((message) => message.orderId === order.id),
            ),
          )
        : [one]
    const attempts: Array<Attempt> = []
    for (const message of messages) {
      const url = message.store.profile.webhookUrl
      if (url === undefined) return yield* new NotFound({ what: "webhook address for", ref })
      const last = how.timestamp === "same" ? message.attempts.at(-1)?.timestamp : undefined
      for (let i = 0; i < (how.times ?? 1); i++)
        attempts.push(
          yield* send(world, [message], {
            url,
            reason: "byHand",
            ...(last === undefined ? {} : { timestamp: last }),
            ...(how.tamper === undefined ? {} : { tamper: how.tamper }),
          }),
        )
    }
    return attempts
  })

  return Control.of({
    baseUrl: options.baseUrl,
    publicUrl: options.publicUrl ?? options.baseUrl,
    now,
    seed,
    sent: Effect.fnUntraced(function* (after, patience = 0) {
      const there = () => {
        const last = world.sent.at(-1)?.number ?? 0
        // A number from before a reset says nothing about what came after it.
        return world.sent.filter(({ number }) => number > (after > last ? 0 : after))
      }
      if (there().length === 0) yield* Effect.timeoutOption(newlySent.await, patience)
      return there()
    }),
    world: change(() => world),
    putStore: (patch) =>
      tryChange(() => {
        const store = world.stores.get(patch.name ?? "default")
        return Result.map(toInvalid(patched(patch, store?.profile, keys)), (profile) => {
          if (store === undefined) world.stores.set(profile.name, new Store(profile))
          else store.profile = profile
        })
      }),
    create: (store, request) => change((now) => world.create(store, request, now)),
    order: (ref) => tryChange(() => Result.map(world.find(ref), ({ order }) => order)),
    pay: (ref, payment = {}) =>
      tryChange((now) =>
        Result.gen(function* () {
          const { store, order } = yield* world.find(ref)
          const paid = yield* Orders.payment(order, world.settings.orders, payment.currency, payment)
          const runsOut = payment.late === true && order.state.status === "ACTIVE"
          const ended = runsOut ? yield* Orders.close(order, "EXPIRED", order.expiresAt) : order
          if (runsOut) world.closed(store, ended, now)
          const next = yield* Orders.pay(ended, paid, runsOut ? order.expiresAt + second : now, payment.late)
          world.closed(store, next, now)
          return next
        }),
      ),
    decline: (ref) =>
      Effect.suspend(() =>
        world.settings.orders.declineCancels
          ? close(ref, (order, now) => Orders.close(order, "CANCELLED", now))
          : tryChange(() => Result.map(world.find(ref), ({ order }) => order)),
      ),
    cancel: (ref) => close(ref, (order, now) => Orders.close(order, "CANCELLED", now)),
    expire: (ref) => close(ref, (order, now) => Orders.close({ ...order, expiresAt: now }, "EXPIRED", now)),
    advance,
    idle,
    redeliver,
    inject: (fault) => change(() => void world.faults.push(fault)),
    clearFaults: change(() => void world.faults.splice(0)),
    configure: (patch) =>
      tryChange(() =>
        toInvalid(Result.map(Settings.patched(world.settings, patch), (settings) => (world.settings = settings))),
      ),
    reset: Effect.gen(function* () {
      yield* FiberSet.clear(sends)
      offset = 0
      world = yield* newWorld
      Queue.offerUnsafe(wake, undefined)
    }),
  })
})

/** Where virtual time starts: 1 January 2026. */
const virtualStart: Instant = Date.UTC(2026, 0, 1) * 1000

const patched = (
  patch: ProfilePatch,
  old: Profile | undefined,
  random: () => number,
): Result.Result<Profile, string> => {
  const webhookUrl = patch.webhookUrl === undefined ? old?.webhookUrl : (patch.webhookUrl ?? undefined)
  const problem = webhookUrl === undefined ? undefined : Result.getFailure(signedPath(webhookUrl, false))
  return problem !== undefined && Option.isSome(problem)
    ? Result.fail(`the webhook URL ${problem.value}`)
    : Result.succeed({
        name: patch.name ?? "default",
        apiKeys: patch.apiKeys ?? old?.apiKeys ?? [randomKey(random)],
        webhookUrl,
        mayCreateOrders: patch.mayCreateOrders ?? old?.mayCreateOrders ?? true,
      })
}

const toInvalid = <A>(result: Result.Result<A, string>): Result.Result<A, Invalid> =>
  Result.mapError(result, (reason) => new Invalid({ reason }))

const fromResult = <A>(result: Result.Result<A, string>): Effect.Effect<A, Invalid> =>
  Effect.fromResult(toInvalid(result))

/** A key for a store that was given none. It guards nothing but a simulation. */
const randomKey = (random: () => number) => {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
  return Redacted.make(Array.from({ length: 48 }, () => alphabet[Math.floor(random() * alphabet.length)]).join(""))
}
