import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration, Effect, Exit } from "effect"
import type { Control } from "../src/Control.ts"
import * as Faults from "../src/Faults.ts"
import type { Patch } from "../src/Settings.ts"
import { call, request, running } from "./merchant.ts"

/** All that is left to chance, at once. */
const chances: Patch = {
  answers: { faultPercent: 30 },
  webhooks: {
    delayMs: { least: 0, most: 60_000 },
    dropPercent: 20,
    duplicatePercent: 30,
    order: "random",
    batch: 3,
    retryDelaysMs: [1000, 30_000],
  },
}

/** Creates an order past the merchant API, and so past its faults. */
const create = (control: Control["Service"], externalId: string) =>
  call("POST", `${control.baseUrl}/simulator/orders`, JSON.stringify({ externalId }))

/** What a run with this seed does: each answer to a merchant who repeats, and each POST in order, to the byte. */
const run = Effect.fnUntraced(function* (
  seed: string,
  settings: Patch = chances,
  clock: "virtual" | "real" = "virtual",
) {
  const { api, control, received } = yield* running({ seed, settings, clock }, [500, 200, 503, 200, 200])
  const answers: Array<string> = []
  for (let i = 0; i < 30; i++) {
    for (let tries = 0; tries < 2; tries++) {
      const answer = yield* Effect.exit(api.create(request(`tea-${i}`)))
      answers.push(Exit.isSuccess(answer) ? `${answer.value.code} ${answer.value.json.status}` : "cut")
      if (Exit.isFailure(answer)) assert.isTrue(Cause.hasDies(answer.cause))
    }
    yield* Effect.ignore(i % 3 === 0 ? control.cancel(`tea-${i}`) : control.pay(`tea-${i}`))
    yield* control.advance("7 seconds")
  }
  // Many at once, in small batches.
  yield* control.configure({ webhooks: { mode: "hold", batch: 1 } })
  yield* Effect.forEach(Array(20).keys(), (i) =>
    Effect.andThen(create(control, `pot-${i}`), Effect.ignore(control.pay(`pot-${i}`))),
  )
  yield* control.advance("2 minutes")
  yield* control.configure({ webhooks: { mode: "deliver" } })
  yield* control.advance("1 hour")
  const sent = received.map(({ body, timestamp, signature }) => ({ body, timestamp, signature }))
  return { answers, sent, control }
})

const events = ({ sent }: { readonly sent: ReadonlyArray<{ readonly body: string }> }) =>
  sent.map(({ body }) => body.match(/(?<="eventId":)[0-9]+/g)?.join("+"))

describe("chance", () => {
  it.effect(
    "follows from the seed: the same commands get the same answers and the same deliveries, to the byte and in order",
    () =>
      Effect.gen(function* () {
        const { control: _, ...first } = yield* run("7")
        const { control: __, ...again } = yield* run("7")
        const { control: ___, ...other } = yield* run("8")
        assert.deepStrictEqual(again, first)
        assert.notDeepEqual(other.answers, first.answers)
        assert.notDeepEqual(events(other), events(first))
        // There was something to decide.
        assert.isAbove(new Set(first.answers).size, 4)
        assert.isAbove(first.sent.length, 10)
      }),
  )

  it.effect("is off unless a setting asks for it: no seed changes what happens", () =>
    Effect.gen(function* () {
      const settings: Patch = { webhooks: { retryDelaysMs: [1000] } }
      const [first, other] = [yield* run("7", settings), yield* run("8", settings)]
      assert.deepStrictEqual(other.answers, first.answers)
      assert.deepStrictEqual(new Set(first.answers), new Set(["200 SUCCESS", "200 ALREADY"]))
      assert.strictEqual(other.sent.length, first.sent.length)
    }),
  )

  it.effect("has a seed that is told even when none was given", () =>
    Effect.gen(function* () {
      const { control, api } = yield* running({ seed: undefined })
      yield* api.create(request("tea-1"))
      const { id } = yield* control.order("tea-1")
      const replay = yield* running({ seed: control.seed })
      yield* replay.api.create(request("tea-1"))
      assert.strictEqual((yield* replay.control.order("tea-1")).id, id)
    }),
  )

  it.effect("drops, repeats and delays as many messages as the settings say", () =>
    Effect.gen(function* () {
      const sent = Effect.fnUntraced(function* (webhooks: Patch["webhooks"] & {}) {
        return yield* run("7", { webhooks: { retryDelaysMs: [1000], ...webhooks } })
      })
      const plain = yield* sent({})
      assert.lengthOf((yield* sent({ dropPercent: 100 })).sent, 0)
      const some = events(yield* sent({ dropPercent: 50 }))
      assert.isTrue(some.length > 0 && some.length < plain.sent.length)
      const often = events(yield* sent({ duplicatePercent: 100 }))
      assert.isAbove(often.length, plain.sent.length)
      assert.strictEqual(new Set(often).size, 50)
      const late = events(yield* sent({ delayMs: { least: 0, most: 60_000 } }))
      assert.notDeepEqual(
        [...new Set(late)],
        [...new Set(late)].toSorted((a = "", b = "") => (a < b ? -1 : 1)),
      )
    }),
  )

  it.effect("spoils calls in each way that it may, and never lets one take effect twice", () =>
    Effect.gen(function* () {
      const { answers, control } = yield* run("7", { answers: { faultPercent: 60 } })
      const seen = new Set(answers)
      for (const expected of [
        "cut",
        "500 INTERNAL_ERROR",
        "429 INVALID_REQUEST",
        "502 undefined",
        "307 INVALID_REQUEST",
      ])
        assert.isTrue(seen.has(expected), `${expected} of ${[...seen].join(", ")}`)
      const { orders } = (yield* control.world).stores.get("default")!
      assert.isTrue(orders.length <= 50)
      assert.strictEqual(new Set(orders.map((order) => order.request.externalId)).size, orders.length)
    }),
  )

  it("has no way that waits: a storm slows nothing down", () => {
    for (const { kind } of Faults.storm) assert.notInclude(["stall", "delay", "drip"], kind)
  })
})

describe("virtual time", () => {
  it.live("starts at 2026 and stands still but for what is advanced", () =>
    Effect.gen(function* () {
      const { api, control, received } = yield* running({ clock: "virtual" }, [500, 200])
      assert.strictEqual(yield* control.now, Date.UTC(2026, 0, 1) * 1000)
      // POSTs that overlap arrive in any order.
      assert.strictEqual((yield* control.world).settings.webhooks.concurrency, 1)
      yield* api.create(request("tea-1", { timeoutSeconds: 60 }))
      yield* control.pay("tea-1")
      yield* control.idle
      yield* Effect.sleep(Duration.millis(30))
      assert.strictEqual(yield* control.now, Date.UTC(2026, 0, 1) * 1000)
      assert.lengthOf(received, 1)
      yield* control.advance("1 second")
      assert.lengthOf(received, 2)
    }),
  )
})
