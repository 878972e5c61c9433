/** What goes wrong, one thing after the other and several at once, until it is told to stop. */
import type { Fault } from "@paylog/wallet-pay-simulator/Faults"
import type { StoreKey } from "@paylog/wallet-pay/Signature"
import { Effect, Semaphore } from "effect"
import type { Cluster } from "./Cluster.ts"
import type { Dice } from "./Dice.ts"
import type { Provider } from "./Provider.ts"
import { bad, calm, type Tally, type Weather } from "./Weather.ts"

export interface Sky {
  readonly dice: Dice
  readonly tally: Tally
  readonly cluster: Cluster
  readonly provider: Provider
  readonly setWeather: (weather: Weather) => void
  /** What the provider's settings are between its bad times. */
  readonly faultPercent: number
  /** How often something happens, on average. */
  readonly everyMs: number
  readonly newKeys: readonly [StoreKey, StoreKey]
}

/** For ever. */
export const storm = Effect.fnUntraced(function* (sky: Sky) {
  const { dice, tally, cluster, provider, setWeather } = sky
  const { control } = provider
  const rotation = rotate(sky)
  const acts = {
    "weather changed": Effect.sync(() => setWeather(dice.percent(30) ? calm : bad(dice))),
    "killed and started": Effect.gen(function* () {
      const place = dice.below(cluster.size)
      yield* cluster.kill(place)
      yield* Effect.sleep(dice.between(1, 8000))
      yield* cluster.start(place)
    }),
    "stopped and started": Effect.gen(function* () {
      const place = dice.below(cluster.size)
      yield* cluster.stop(place)
      yield* Effect.sleep(dice.between(1, 3000))
      yield* cluster.start(place)
    }),
    "all killed": Effect.gen(function* () {
      for (let place = 0; place < cluster.size; place++) yield* cluster.kill(place)
      yield* Effect.sleep(dice.between(1, 30_000))
      for (let place = 0; place < cluster.size; place++) yield* cluster.start(place)
    }),
    "stood still past its leases": Effect.suspend(
      () => cluster.at(dice.below(cluster.size))?.standStill(dice.between(20_000, 120_000)) ?? Effect.void,
    ),
    "provider down": Effect.gen(function* () {
      yield* Effect.ignore(control.configure({ answers: { faultPercent: 95 } }))
      yield* Effect.sleep(dice.between(5_000, 60_000))
      yield* Effect.ignore(control.configure({ answers: { faultPercent: sky.faultPercent } }))
    }),
    "provider's answer spoiled": Effect.suspend(() => {
      const [what, fault] = dice.pick(spoiled)
      tally.count(`answer ${what}`)
      return control.inject(fault)
    }),
    "webhooks held": Effect.gen(function* () {
      yield* Effect.ignore(control.configure({ webhooks: { mode: "hold" } }))
      yield* Effect.sleep(dice.between(5_000, 240_000))
      yield* Effect.ignore(control.configure({ webhooks: { mode: "deliver" } }))
    }),
    "webhooks dropped": Effect.gen(function* () {
      yield* Effect.ignore(control.configure({ webhooks: { mode: "drop" } }))
      yield* Effect.sleep(dice.between(5_000, 240_000))
      yield* Effect.ignore(control.configure({ webhooks: { mode: "deliver" } }))
    }),
    "old version of the document": Effect.gen(function* () {
      yield* Effect.ignore(control.configure({ answers: { version: "1.0.0" } }))
      yield* Effect.sleep(dice.between(5_000, 120_000))
      yield* Effect.ignore(control.configure({ answers: { version: "1.2.0" } }))
    }),
    "key rotated a step further": rotation,
  } as const
  while (true) {
    yield* Effect.sleep(dice.between(500, 2 * sky.everyMs))
    const name = dice.pick(often)
    for (const [each, act] of Object.entries(acts))
      if (each === name) {
        tally.count(each)
        yield* Effect.forkChild(act)
      }
  }
})

/** Some more often than others. */
const often: readonly [string, ...Array<string>] = [
  "weather changed",
  "weather changed",
  "weather changed",
  "killed and started",
  "killed and started",
  "stopped and started",
  "all killed",
  "stood still past its leases",
  "stood still past its leases",
  "provider down",
  "provider's answer spoiled",
  "provider's answer spoiled",
  "provider's answer spoiled",
  "provider's answer spoiled",
  "webhooks held",
  "webhooks dropped",
  "old version of the document",
  "key rotated a step further",
  "key rotated a step further",
]

const create = { on: "create", times: 1 } as const

/** What the provider's own chance does not do, since it takes time or is worse than chance. */
const spoiled: readonly [readonly [string, Fault], ...Array<readonly [string, Fault]>] = [
  ["never came, before", { ...create, when: "before", kind: "stall" }],
  ["never came, after", { ...create, when: "after", kind: "stall" }],
  ["came late", { ...create, when: "after", kind: "delay", ms: 8_000 }],
  ["came too late", { ...create, when: "after", kind: "delay", ms: 14_000 }],
  ["came in drips", { ...create, when: "after", kind: "drip", ms: 40 }],
  ["was cut", { ...create, when: "after", kind: "reset" }],
  ["was half", { ...create, when: "after", kind: "malformed" }],
  [
    "was about another amount",
    { ...create, when: "after", kind: "overlay", json: { data: { amount: { amount: "0.01" } } } },
  ],
  [
    "was CONFLICT",
    { ...create, when: "after", kind: "answer", code: 200, body: `{"status":"CONFLICT","message":"no"}` },
  ],
  [
    "was an error within a success",
    { ...create, when: "after", kind: "answer", code: 200, body: `{"status":"INTERNAL_ERROR"}` },
  ],
  ["of the list never came", { on: "list", when: "before", times: 3, kind: "stall" }],
  ["of the list was refused", { on: "list", when: "before", times: 2, kind: "answer", code: 400 }],
]

/** Without an outage: both keys are known everywhere before the new one signs, and the old one goes last. */
const rotate = ({ dice, cluster, provider, newKeys: [old, fresh] }: Sky) => {
  let step = 0
  const restart = (keys: readonly [StoreKey, ...Array<StoreKey>]) =>
    Effect.gen(function* () {
      cluster.keys = keys
      for (let place = 0; place < cluster.size; place++) {
        yield* dice.percent(50) ? cluster.kill(place) : cluster.stop(place)
        yield* cluster.start(place)
      }
    })
  const steps = [
    restart([old, fresh]),
    Effect.ignore(provider.control.putStore({ apiKeys: [old.secret, fresh.secret] })),
    Effect.ignore(provider.control.configure({ webhooks: { signingKey: dice.pick(["last", "alternating"]) } })),
    restart([fresh, old]),
    Effect.ignore(provider.control.putStore({ apiKeys: [fresh.secret] })),
    restart([fresh]),
  ]
  const oneAtATime = Semaphore.makeUnsafe(1)
  return oneAtATime.withPermit(Effect.suspend(() => steps[step++] ?? Effect.void))
}
