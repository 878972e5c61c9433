import { layer } from "@effect/vitest"
import { Layer } from "effect"
import { laws } from "../src/conformance/EventStoreLaws.ts"
import { storeLayer } from "./support/stores.ts"
import { World } from "./support/World.ts"

const store = (options: { readonly pooler: boolean }) =>
  Layer.unwrap(World.useSync(({ url }) => storeLayer(url, options))).pipe(Layer.provide(World.layer))

for (const pooler of [false, true]) {
  layer(store({ pooler }), { excludeTestServices: true })(
    `on Postgres${pooler ? ", as behind a pooler" : ""}`,
    (it) => {
      for (const { title, check } of laws) it.effect(title, () => check)
    },
  )
}
