/** One seed: a shop, a hostile provider, a store with faults and processes that die; then calm, in which all must come right. */
import type * as Invoice from "@paylog/domain/Invoice"
import * as Polls from "@paylog/payments/Polls"
import * as Work from "@paylog/payments/Work"
import type { Patch } from "@paylog/wallet-pay-simulator/Settings"
import type { StoreKey } from "@paylog/wallet-pay/Signature"
import { Cause, Clock, Context, DateTime, Effect, Exit, Fiber, Logger, Random, Redacted, References } from "effect"
import { Cluster } from "./Cluster.ts"
import { type Seen, understood, unfinished, wrong } from "./convergence.ts"
import { customer, type Shop, stranger } from "./customers.ts"
import { dice, type Dice } from "./Dice.ts"
import * as Network from "./Network.ts"
import * as Process from "./Process.ts"
import * as Provider from "./Provider.ts"
import * as Server from "./Server.ts"
import { storm } from "./storm.ts"
import { Time } from "./Time.ts"
import { bad, calm, Tally, type Weather } from "./Weather.ts"
import { Witness } from "./Witness.ts"

/** Planted faults, each in one place. */
export interface Sabotage extends Process.Sabotage {
  readonly log?: Server.Options["spoil"]
  /** How long after the last fault all must be well: less than usual, where nothing will ever be. */
  readonly withinMs?: number
  /** Whoever's lease has ended may still say how it went. */
  readonly noFencing?: boolean
}

export interface Result {
  readonly seed: string
  /** What did not hold; empty for a good seed. */
  readonly broken: ReadonlyArray<string>
  readonly tally: Tally
  readonly steps: number
  /** Of the log, to the byte. */
  readonly hash: string
  /** How long it took in the simulation's time, in milliseconds. */
  readonly lasted: number
}

/** Longer than any seed needs: one that takes more turns goes in circles. */
const mostTurns = 3_000_000
/** How long after the last fault all must be well. */
const mostMs = 60 * 60_000

const webhookUrl = `http://merchant.test${Process.webhookPath}`

/** `tell` is told what happens, a line each. */
export const simulate = (seed: string, sabotage: Sabotage = {}, tell: (line: string) => void = () => {}): Result => {
  const time = new Time(dice(`${seed} turns`))
  const clock = () => DateTime.formatIso(DateTime.makeUnsafe(time.currentTimeMillisUnsafe()))
  const trace = (line: string) => tell(`${clock()} ${line}`)
  const tally = new Tally(trace)
  const witness = new Witness(trace)
  const began = time.currentTimeMillisUnsafe()
  const services = time.services.pipe(
    Context.add(Random.Random, randomOf(dice(`${seed} jitter`))),
    Context.add(Logger.CurrentLoggers, new Set()),
    Context.add(References.MinimumLogLevel, "None" as const),
  )
  const fiber = Effect.runForkWith(services)(Effect.scoped(run(seed, time, tally, witness, sabotage)))
  const broken: Array<string> = []
  try {
    time.runUntil(fiber, mostTurns)
    const exit = fiber.pollUnsafe()
    if (exit !== undefined && Exit.isFailure(exit)) broken.push(Cause.pretty(exit.cause))
    if (exit !== undefined && Exit.isSuccess(exit)) broken.push(...exit.value)
  } catch (error) {
    broken.push(String(error))
  }
  tally.count("turns", time.steps)
  tally.count("appends", witness.appends)
  tally.count("events", witness.events)
  return {
    seed,
    broken: [...witness.broken, ...broken],
    tally,
    steps: time.steps,
    hash: witness.hash(),
    lasted: time.currentTimeMillisUnsafe() - began,
  }
}

const randomOf = ({ next }: Dice): typeof Random.Random.Service => ({
  nextIntUnsafe: () => Math.floor((next() - 0.5) * 2 * Number.MAX_SAFE_INTEGER),
  nextDoubleUnsafe: next,
})

const key = (id: string): StoreKey => ({ id, secret: Redacted.make(`a-store-key-of-the-simulation-${id}`) })

const run = Effect.fnUntraced(function* (seed: string, time: Time, tally: Tally, witness: Witness, sabotage: Sabotage) {
  const chance = dice(`${seed} what happens`)
  let weather: Weather = chance.percent(20) ? calm : bad(chance)
  const now = () => weather
  const scope = yield* Effect.scope

  const server = yield* Server.make({
    dice: dice(`${seed} server`),
    tally,
    weather: now,
    onAppend: witness.onAppend,
    fencing: sabotage.noFencing !== true,
    ...(sabotage.log === undefined ? {} : { spoil: sabotage.log }),
  })

  const keys: readonly [StoreKey, StoreKey] = [key("key_1"), key("key_2")]
  const settings = settingsOf(chance)
  const faultPercent = settings.answers?.faultPercent ?? 0
  const provider = yield* Provider.make({
    seed,
    settings,
    keys: [keys[0].secret],
    webhookUrl,
    http: Network.client({
      dice: dice(`${seed} webhooks`),
      tally,
      weather: now,
      route: () => {
        const process = cluster.any()
        return process === undefined
          ? undefined
          : {
              handler: process.handler,
              scope: process.scope,
              stopsWithClient: true,
              onAnswer: ({ body }, { status }) => {
                tally.count(`delivery answered ${status}`)
                if (body._tag === "Uint8Array" && isBatch(body.body)) tally.count("delivery of several")
                witness.onDelivered(status, body._tag === "Uint8Array" ? body.body : new Uint8Array())
              },
            }
      },
    }),
  })
  witness.watch(provider)

  const cluster = new Cluster(
    {
      dice: dice(`${seed} processes`),
      connect: server.connect,
      onDefect: (cause) => witness.broken.push(`a process ended: ${Cause.pretty(cause)}`),
      follows: (name) => name === Work.follower.name,
      http: ({ isAlive, standsStillUntil }) =>
        Network.client({
          dice: dice(`${seed} calls ${tally.get("process started")}`),
          tally,
          weather: now,
          isAlive,
          wait: Effect.flatMap(Clock.currentTimeMillis, (at) =>
            standsStillUntil() > at ? Effect.sleep(standsStillUntil() - at) : Effect.void,
          ),
          route: () => ({
            handler: provider.handler,
            scope,
            stopsWithClient: false,
            onAnswer: ({ method }) => {
              if (method === "POST") witness.onCreate()
            },
          }),
        }),
      sabotage,
    },
    [keys[0]],
    tally,
  )
  const places = chance.percent(25) ? 1 : 2
  for (let place = 0; place < places; place++) yield* cluster.start(place)

  // -- The storm.

  const issued: Array<Invoice.InvoiceId> = []
  const shop: Shop = {
    dice: dice(`${seed} people`),
    tally,
    tables: server.tables,
    provider,
    process: () => cluster.any(),
    onIssued: (id) => issued.push(id),
    onBelieved: (what) => witness.broken.push(what),
  }
  const storming = yield* Effect.forkChild(
    storm({
      dice: dice(`${seed} storm`),
      tally,
      cluster,
      provider,
      setWeather: (next) => void (weather = next),
      faultPercent,
      newKeys: keys,
      everyMs: chance.pick([8_000, 20_000, 60_000]),
    }),
  )
  const customers = Array.from({ length: chance.between(3, 8) }, (_, number) => customer(shop, number, 120_000))
  const strangers = Array.from({ length: chance.percent(30) ? 1 : 0 }, (_, number) => stranger(shop, number))
  yield* Effect.all([...customers, ...strangers], { concurrency: "unbounded", discard: true })
  if (witness.broken.length > 0) return []

  // -- Calm.

  yield* Fiber.interrupt(storming)
  witness.trace("calm")
  weather = calm
  const { control } = provider
  yield* control.clearFaults
  yield* Effect.orDie(
    control.configure({
      answers: { faultPercent: 0, version: "1.2.0" },
      webhooks: { mode: "deliver", dropPercent: 0, duplicatePercent: 0 },
    }),
  )
  yield* cluster.settle
  time.isUnfair = false

  const calmAtMs = yield* Clock.currentTimeMillis
  const seen: Seen = {
    witness,
    calmAtMs,
    provider,
    tables: server.tables,
    issued,
    queues: [Work.openOrders, Work.expiries, Polls.queue],
  }
  for (;;) {
    yield* Effect.sleep("20 seconds")
    // Time passes at the provider too.
    yield* control.world
    const missing = unfinished(seen)
    if (witness.broken.length > 0) return []
    if (missing.length === 0) return [...wrong(seen), ...(yield* understood(seen, server.log))]
    if ((yield* Clock.currentTimeMillis) - calmAtMs > (sabotage.withinMs ?? mostMs)) return [...missing, ...wrong(seen)]
  }
})

const isBatch = (body: Uint8Array): boolean =>
  (Buffer.from(body)
    .toString("latin1")
    .match(/"eventId"/g)?.length ?? 0) > 1

const settingsOf = (chance: Dice): Patch => ({
  orders: {
    largestIdStep: chance.pick([1, 1_000_000]),
    repeatAfterClose: chance.pick(["ALREADY", "CONFLICT", "INVALID_REQUEST"]),
    nullIsAbsent: chance.percent(50),
    amountsByValue: chance.percent(50),
    rateLock: chance.pick(["payment", "creation"]),
    rounding: chance.pick(["halfUp", "up", "down"]),
    currencies: { NOT: { enabled: true } },
  },
  answers: {
    already: chance.pick([200, 409]),
    conflict: chance.pick([200, 409]),
    errorBody: chance.pick(["envelope", "empty", "text", "html"]),
    faultPercent: chance.percent(30) ? 0 : chance.between(1, 40),
  },
  webhooks: {
    dropPercent: chance.percent(50) ? 0 : chance.between(1, 100),
    delayMs: { least: 0, most: chance.pick([0, 2_000, 60_000, 400_000]) },
    duplicatePercent: chance.percent(50) ? 0 : chance.between(1, 60),
    duplicates: chance.percent(80) ? 0 : 1,
    order: chance.pick(["oldestFirst", "newestFirst", "random"]),
    batch: chance.pick([1, 3, 10]),
    concurrency: chance.pick([1, 4, 16]),
    timeoutMs: chance.pick([1_000, 5_000]),
  },
})
