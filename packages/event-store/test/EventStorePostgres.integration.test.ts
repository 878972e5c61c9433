import { layer } from "@effect/vitest"
import { Layer } from "effect"
import { laws } from "../src/conformance/EventStoreLaws.ts"
import * as DatabasePostgres from "../src/DatabasePostgres.ts"
import * as EventStorePostgres from "../src/EventStorePostgres.ts"
import { layerPolling } from "../src/Wakeups.ts"
import { World } from "./support/World.ts"

const store = (options: { readonly pooler: boolean }) =>
  Layer.unwrap(
    World.useSync(({ url }) =>
      EventStorePostgres.layer({ url, ...options }).pipe(
        Layer.provide(DatabasePostgres.layer({ url, ...options })),
        Layer.provide(layerPolling()),
      ),
    ),
  ).pipe(Layer.provide(World.layer))

for (const pooler of [false, true]) {
  layer(store({ pooler }), { excludeTestServices: true })(
    `on Postgres${pooler ? ", as behind a pooler" : ""}`,
    (it) => {
      for (const { title, check } of laws) it.effect(title, () => check)
    },
  )
}
