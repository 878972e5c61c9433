import { NodeHttpClient } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { DevPostgres } from "@paylog/dev-postgres/DevPostgres"
import { freshDatabase } from "@paylog/dev-postgres/FreshDatabase"
import { prepareSchema } from "@paylog/event-store/environment"
import { type Append, EventStore } from "@paylog/event-store/EventStore"
import * as EventStorePostgres from "@paylog/event-store/EventStorePostgres"
import { layerPostgres } from "@paylog/event-store/layerPostgres"
import { migrations } from "@paylog/payments/migrations"
import { Effect, Layer, Ref } from "effect"
import { request } from "node:http"
import { pageServer } from "../src/PageServer.ts"
import { freePort } from "../src/processes.ts"
import { readOnlyLog } from "../src/readOnlyLog.ts"
import { allOff, Faults } from "../src/Switches.ts"

const append = (key: string): Append => ({
  key,
  streams: [
    {
      stream: `test-${key}`,
      expected: "none",
      events: [
        {
          id: crypto.randomUUID(),
          type: "SomethingHappened",
          schemaVersion: 1,
          data: `{"link":"https://pay.example/secret"}`,
          metadata: "{}",
        },
      ],
    },
  ],
})

/** The page over a log of its own, with switches that switch nothing. */
const served = Effect.gen(function* () {
  const { url } = yield* freshDatabase()
  const urls = { url, ownerUrl: undefined, directUrl: url }
  yield* prepareSchema(urls, [EventStorePostgres.migrations, migrations])
  const log = yield* Layer.build(layerPostgres(urls))
  const state = yield* Ref.make(allOff)
  const switches = Layer.succeed(Faults, {
    now: Ref.get(state),
    set: (change) => Ref.updateAndGet(state, (before) => ({ ...before, ...change })),
  })
  const port = yield* freePort(0)
  const nowhere = "http://127.0.0.1:1"
  yield* Layer.build(
    pageServer({ port, emulator: nowhere, simulator: nowhere, ingester: nowhere, customer: 1 }).pipe(
      Layer.provide([switches, readOnlyLog(url), NodeHttpClient.layerUndici]),
    ),
  )
  return { url, log, port, address: `http://127.0.0.1:${port}` }
})

/** Reads the feed until it holds `words`; gives all that was read. */
const readFeed = (address: string, words: string, headers: Record<string, string> = {}) =>
  Effect.promise(async (signal) => {
    const response = await fetch(`${address}/feed`, { headers, signal })
    const decoder = new TextDecoder()
    let text = ""
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      if (text.includes(words)) break
    }
    return text
  }).pipe(Effect.timeout("20 seconds"))

layer(DevPostgres.layer, { excludeTestServices: true })("the page's server", (it) => {
  it.effect("tells what was recorded before, and what is recorded while somebody looks, once", () =>
    Effect.gen(function* () {
      const { address, log } = yield* served
      const store = EventStore.use((store) => store.append(append("one"))).pipe(Effect.provide(log))
      yield* store
      const first = yield* readFeed(address, "test-one")
      assert.match(first, /event: here\ndata: \{"head":"1","anew":true\}/)
      assert.match(first, /event: event\nid: 1\ndata: /)
      assert.notInclude(first, "secret")

      yield* EventStore.use((store) => store.append(append("two"))).pipe(Effect.provide(log))
      const later = yield* readFeed(address, "test-two", { "last-event-id": "1" })
      assert.include(later, `"anew":false`)
      assert.notInclude(later, "test-one")
    }),
  )

  it.effect("cannot write to the log", () =>
    Effect.gen(function* () {
      const { url } = yield* served
      const refused = yield* EventStore.use((store) => store.append(append("x"))).pipe(
        Effect.exit,
        Effect.provide(readOnlyLog(url)),
      )
      assert.strictEqual(refused._tag, "Failure")
      assert.include(JSON.stringify(refused), "read-only")
    }),
  )

  it.effect("flips only the switches there are, and answers to no other host name", () =>
    Effect.gen(function* () {
      const { address, port } = yield* served
      const patch = (body: string) =>
        Effect.promise(async () => {
          const headers = { "content-type": "application/json" }
          const response = await fetch(`${address}/switches`, { method: "PATCH", headers, body })
          return [response.status, response.ok ? await response.json() : undefined]
        })
      assert.deepStrictEqual(yield* patch(`{"payLate":true}`), [200, { ...allOff, payLate: true }])
      assert.deepStrictEqual(yield* patch(`{"payLate":"yes"}`), [400, undefined])
      const status = yield* Effect.callback<number | undefined>((resume) => {
        const options = { host: "127.0.0.1", port, path: "/feed", headers: { host: "evil.example" } }
        request(options, (response) => resume(Effect.succeed(response.statusCode))).end()
      })
      assert.strictEqual(status, 421)
      const page = yield* Effect.promise(() => fetch(`${address}/`))
      const policy = page.headers.get("content-security-policy") ?? ""
      assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/)
      assert.notMatch(policy, /unsafe|\*/)
    }),
  )
})
