/** One running ingester: the webhook's route, the followers and the workers, wired as `main.ts` wires them, on simulated ports. */
import * as Money from "@paylog/domain/Money"
import { PaymentProvider } from "@paylog/domain/PaymentProvider"
import type { Database } from "@paylog/event-store/Database"
import { EventStore } from "@paylog/event-store/EventStore"
import { FollowerRunner } from "@paylog/event-store/FollowerRunner"
import { WorkQueue } from "@paylog/event-store/WorkQueue"
import * as WorkQueuePostgres from "@paylog/event-store/WorkQueuePostgres"
import * as guarded from "@paylog/payments/guarded"
import * as OrderListPostgres from "@paylog/payments/OrderListPostgres"
import type { StoreKey } from "@paylog/wallet-pay/Signature"
import * as WalletPayProvider from "@paylog/wallet-pay/WalletPayProvider"
import { Cause, Clock, Context, Data, Duration, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { SecureRandom } from "effect/crypto"
import { HttpClient, HttpRouter } from "effect/http"
import { asksNormally } from "../../src/environment.ts"
import { webhook } from "../../src/webhook.ts"
import { workers } from "../../src/workers.ts"
import type { Dice } from "./Dice.ts"
import type { Handler } from "./Network.ts"
import { baseUrl } from "./Provider.ts"
import type { Client, Services as ServerServices } from "./Server.ts"

export const webhookPath = "/hooks/wallet"

/** The process died while it was at it. What it had sent to others still arrives. */
export class Died extends Data.TaggedError("Died")<{}> {}

export type Services = EventStore | Database | WorkQueue | FollowerRunner | PaymentProvider | SecureRandom.SecureRandom

export interface Process {
  readonly isAlive: () => boolean
  /** Takes deliveries. */
  readonly handler: Handler
  readonly scope: Scope.Scope
  /** Runs a use case in the process, as a bot's handler would. */
  readonly call: <A, E>(effect: Effect.Effect<A, E, Services>) => Effect.Effect<A, E | Died>
  /** No word more from it: nothing is given back, nothing is said. */
  readonly kill: Effect.Effect<void>
  /** As on SIGTERM: handlers are interrupted, leases are given up. */
  readonly stop: Effect.Effect<void>
  /** Stands still: what it wants to say it says later, however long it has held a lease. */
  readonly standStill: (forMs: number) => Effect.Effect<void>
}

export interface Options {
  readonly dice: Dice
  readonly keys: readonly [StoreKey, ...Array<StoreKey>]
  readonly connect: (client: Client) => Effect.Effect<Context.Context<ServerServices>, never, Scope.Scope>
  readonly http: (client: Client) => HttpClient.HttpClient
  /** The followers that run; the rows of others are of no concern here. */
  readonly follows: (name: string) => boolean
  /** A defect ends a process in earnest; here it ends the simulation. */
  readonly onDefect: (cause: Cause.Cause<unknown>) => void
  readonly sabotage: Sabotage
}

/** Planted faults of our own code: what stands in the place of a part that is right. */
export interface Sabotage {
  readonly provider?: (provider: PaymentProvider["Service"]) => PaymentProvider["Service"]
  readonly store?: (store: EventStore["Service"], process: Scope.Scope) => EventStore["Service"]
  readonly queue?: (queue: WorkQueue["Service"]) => WorkQueue["Service"]
}

/** The closed orders are read again after minutes, so that a simulation sees it. */
const asking = { ...asksNormally, sweeps: { ...asksNormally.sweeps, rereadEvery: Duration.minutes(10) } }

/** Longer than the wait for a wake-up, as the runner's lease must be. */
const lease = "25 seconds"

export const start = Effect.fnUntraced(function* (options: Options) {
  const { dice, keys, follows, sabotage } = options
  const scope = yield* Scope.make()
  let alive = true
  let standsStillUntil = 0
  const client: Client = { isAlive: () => alive, standsStillUntil: () => standsStillUntil }

  const provider = guarded.layer(
    Layer.effect(
      PaymentProvider,
      Effect.map(
        WalletPayProvider.make({ baseUrl, keys, webhookPath, scales: Money.scales }),
        sabotage.provider ?? ((made) => made),
      ),
    ),
  )
  const followers = Layer.effect(
    FollowerRunner,
    Effect.map(FollowerRunner, (runner) => ({
      ...runner,
      run: (follower) => (follows(follower.name) ? runner.run(follower) : Effect.never),
    })),
  ).pipe(Layer.provide(FollowerRunner.layer({ lease, retake: "6 seconds", batch: 20 })))
  const queue = Layer.effect(
    WorkQueue,
    Effect.map(WorkQueue, (made) => {
      // It looks when something is due, and at each wake-up: looking in vain every 10 s besides only takes turns.
      const patient: WorkQueue["Service"] = { ...made, awaitDue: (name) => made.awaitDue(name, "1 minute") }
      return sabotage.queue?.(patient) ?? patient
    }),
  ).pipe(Layer.provide(WorkQueuePostgres.layer))
  const services = Layer.mergeAll(provider, followers, queue, OrderListPostgres.layer).pipe(
    Layer.provideMerge([
      Layer.effectContext(
        Effect.map(options.connect(client), (server) =>
          sabotage.store === undefined
            ? server
            : Context.add(server, EventStore, sabotage.store(Context.get(server, EventStore), scope)),
        ),
      ),
      Layer.succeed(SecureRandom.SecureRandom, SecureRandom.make(dice.bytes)),
      Layer.succeed(HttpClient.HttpClient, options.http(client)),
    ]),
  )
  const context = yield* Layer.buildWithScope(Layer.fresh(services), scope)
  const route = yield* HttpRouter.toHttpEffect(
    webhook({ path: webhookPath, allowed: { sources: [], trustedProxyHops: 0 } }),
  ).pipe(Effect.provide(context), Effect.provideService(Scope.Scope, scope))
  const handler: Handler = Effect.provide(route, context)

  const working = yield* workers({}, asking).pipe(
    Effect.provide(context),
    Effect.onExit((exit) =>
      Effect.sync(() => {
        if (Exit.isFailure(exit) && Cause.hasDies(exit.cause)) options.onDefect(exit.cause)
      }),
    ),
    Effect.forkIn(scope),
  )

  return {
    isAlive: () => alive,
    handler,
    scope,
    call: <A, E>(effect: Effect.Effect<A, E, Services>) =>
      Effect.gen(function* () {
        if (!alive) return yield* new Died()
        const fiber = yield* Effect.forkIn(Effect.provide(effect, context), scope)
        const exit = yield* Effect.onInterrupt(Fiber.await(fiber), () => Fiber.interrupt(fiber))
        const interrupted = Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
        return alive && !interrupted ? yield* exit : yield* new Died()
      }),
    kill: Effect.gen(function* () {
      alive = false
      yield* Effect.forkDetach(Scope.close(scope, Exit.void))
    }),
    stop: Effect.gen(function* () {
      yield* Fiber.interrupt(working)
      yield* Scope.close(scope, Exit.void)
      alive = false
    }),
    standStill: (forMs) => Effect.map(Clock.currentTimeMillis, (now) => void (standsStillUntil = now + forMs)),
  } satisfies Process
})
