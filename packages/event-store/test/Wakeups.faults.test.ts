import { assert, it } from "@effect/vitest"
import { Clock, Context, Effect, Layer, Logger, Stream } from "effect"
import { layerListen, Wakeups } from "../src/Wakeups.ts"
import { proxyTo } from "./support/Proxy.ts"
import { eventually, World } from "./support/World.ts"

it.live("notices a connection that has fallen silent, and listens again on another", () =>
  Effect.gen(function* () {
    const { url } = yield* World
    const proxy = yield* proxyTo(url)
    const here = Context.get(yield* Layer.build(layerListen(proxy.url, "1 hour")), Wakeups)
    const there = Context.get(yield* Layer.build(layerListen(url, "1 hour")), Wakeups)
    let told = 0
    yield* Effect.forkScoped(Stream.runForEach(here.changes, () => Effect.sync(() => told++)))
    const signalled = Effect.gen(function* () {
      const before = told
      yield* there.signal
      yield* Effect.sleep("100 millis")
      return told > before
    })
    yield* eventually(signalled, (heard) => heard)
    proxy.silence(true)
    yield* eventually(signalled, (heard) => !heard)
    // The conversation that was cut off stays silent for ever; only a new one hears anything.
    proxy.silence(false)
    const from = yield* Clock.currentTimeMillis
    yield* eventually(signalled, (heard) => heard, "20 seconds")
    assert.isBelow((yield* Clock.currentTimeMillis) - from, 10_000)
  }).pipe(Effect.scoped, Effect.provide([World.layer, Logger.layer([])])),
)
