import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { TestClock } from "effect/testing"
import { laws } from "../src/conformance/EventStoreLaws.ts"
import { several, to } from "../src/conformance/law.ts"
import { EventStore } from "../src/EventStore.ts"
import * as EventStoreMemory from "../src/EventStoreMemory.ts"

layer(EventStoreMemory.layer, { excludeTestServices: true })("in memory", (it) => {
  for (const { title, check } of laws) it.effect(title, () => check)
})

describe("in memory, with time standing still", () => {
  it.effect("a subscription reads on without waiting for a wake-up while there is more", () =>
    Effect.gen(function* () {
      const store = yield* EventStore
      for (const part of [1, 2, 3]) yield* store.append(to(`s-${part}`, "none", ...several(1000)))
      const read = yield* store.subscribe(0n).pipe(Stream.take(3000), Stream.runCollect)
      assert.strictEqual(read.at(-1)?.position, 3000n)
    }).pipe(Effect.provide(EventStoreMemory.layer)),
  )

  it.effect("recorded times do not follow a clock that is set back", () =>
    Effect.gen(function* () {
      const store = yield* EventStore
      for (const now of [1000, 500, 1500]) {
        yield* TestClock.setTime(now)
        yield* store.append(to("s", "any"))
      }
      const times = (yield* store.readAll(0n, 10)).map((event) => event.recordedAtMs)
      assert.deepStrictEqual(times, [1000, 1000, 1500])
    }).pipe(Effect.provide(EventStoreMemory.layer)),
  )
})
